"""MT940: what goes beyond what a bank writes is refused at once, and how far the reading is can be watched."""

from __future__ import annotations

import pytest

from tests.recon.bank_files import read, refusal
from tests.recon.mt940_messages import DAY
from wallet_service.recon.readers import mt940, pace

ONE = ":61:2604020402CR1,00NTRFNONREF\n"
OPEN = ":20:X\n:25:31234567890\n:28C:1/1\n:60F:C260401INR0,\n"


@pytest.mark.parametrize(
    ("booked", "says"),
    [
        pytest.param(ONE + ":86:X\n" * 11, "more than 10 of :86:", id="narrations of one line"),
        pytest.param(ONE + ":86:X\n" + "Y\n" * 60, "goes on for more than 60 lines", id="lines of a narration"),
        pytest.param(ONE + "\n" * 800_000, "more than 800,000 lines", id="lines"),
        pytest.param(
            (ONE + ONE.replace("CR", "DR")).replace("1,00", "9999999999999,99") * 101,
            "more than any bank account holds",
            id="what the lines come to",
        ),
    ],
)
def test_a_file_beyond_what_a_bank_writes_is_refused(booked: str, says: str) -> None:
    assert says in refusal(OPEN + booked + ":62F:C260402INR0,\n-\n")["reason"]


def test_a_file_of_too_many_booked_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mt940, "MOST_ROWS", 3)

    assert "more than 3 booked lines" in refusal(DAY)["reason"]


def test_how_far_the_reading_is_can_be_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "EVERY_SECONDS", 0.0)
    seen: list[int] = []

    with pace.watched(seen.append):
        read(DAY)

    assert seen == list(range(1, DAY.count("\n") + 1))
