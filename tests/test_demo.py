"""The demo: a day whose every figure can be asked for again, and nothing left of it afterwards."""

from __future__ import annotations

import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests import curl
from tests.books import Books
from tests.processes import descendants, running, wait_for_end
from wallet_service.dates import INDIA, days_between
from wallet_service.demo import morning, moved_files
from wallet_service.demo.own_service import DemoFailed
from wallet_service.demo.telling import money, must
from wallet_service.embedded import children
from wallet_service.embedded.children import wait_until
from wallet_service.ledger import bank_days
from wallet_service.money import Paise
from wallet_service.recon import chain, readers
from wallet_service.recon.statements import Direction, content_digest

FIXTURES = Path(__file__).parent.parent / "fixtures" / "sbi"
_DAY_SECONDS = 180.0
_AMOUNT = re.compile(r"₹([0-9,]+\.[0-9]{2})")


@dataclass(frozen=True)
class Told:
    """Some lines of the story, and the commands that show their figures again."""

    text: str
    commands: list[str]

    @property
    def amounts(self) -> set[str]:
        return set(_AMOUNT.findall(self.text))


@contextmanager
def _demo(folder: Path, *arguments: str | Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run the demo with its temporary files in *folder*; give its process and the file it writes to."""
    output = folder / "demo.txt"
    process = children.start(
        [sys.executable, "-m", "wallet_service", "demo", *arguments],
        folder=Path.cwd(),
        log=output,
        environment={**os.environ, "TMPDIR": str(folder), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
    )
    try:
        yield process, output
    finally:
        children.stop(process, ((signal.SIGTERM, 20.0),))


def _told(story: str) -> list[Told]:
    """Return the story in pieces that end with their commands."""
    pieces: list[Told] = []
    text: list[str] = []
    for line in story.splitlines():
        if line.startswith("   $ "):
            if text:
                pieces.append(Told("\n".join(text), []))
                text = []
            pieces[-1].commands.append(line.removeprefix("   $ "))
        else:
            text.append(line)
    return pieces


def _environment(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    return dict(word.split("=", 1) for line in lines if line.startswith("export ") for word in shlex.split(line)[1:])


def _shown(command: str, variables: dict[str, str]) -> str:
    """Run a command of the story and return what it shows."""
    if command.startswith("curl "):
        status, body = curl.send(curl.read(command, variables), variables["API"])
        assert status == _status(command), f"{command}: {status} {body}"
        return body
    words = shlex.split(command.replace("$TODAY", variables["TODAY"]))
    assert words[0] == "wallet", command
    surroundings = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    result = subprocess.run(
        [sys.executable, "-m", "wallet_service", *words[1:]],
        env={**surroundings, "WALLET_DIR": variables["WALLET_DIR"]},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, f"{command}: {result.stdout}{result.stderr}"
    return result.stdout


def _status(command: str) -> int:
    """Return the status that the story says the command gets."""
    if "$METER" in command:
        return 422
    if "$BILL" in command:
        return 201
    return 409 if "-F" in command else 200


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a temporary folder that the servers' own account may pass through, as a machine's usually is."""
    with tempfile.TemporaryDirectory(prefix="wallet demo ") as name:
        inside = Path(name)
        inside.chmod(0o755)
        yield inside


def test_every_figure_of_the_day_is_shown_again_by_the_command_below_it(folder: Path) -> None:
    with _demo(folder) as (process, output):
        ready = wait_until(
            lambda: "Ctrl-C stops it" in output.read_text() or process.poll() is not None, _DAY_SECONDS, interval=0.2
        )
        assert ready, output.read_text()
        assert process.poll() is None, output.read_text()
        story, started = output.read_text(), descendants(process.pid)
        pieces = _told(story)
        (directory,) = folder.glob("wallet-demo-*")
        variables = _environment(directory / "demo.env")
        missing = {}
        for piece in pieces:
            shown = "".join(_shown(each, variables) for each in piece.commands if not each.startswith("source"))
            lacking = {each for each in piece.amounts if each not in shown and each.replace(",", "") not in shown}
            if lacking:
                missing[piece.text.strip().splitlines()[0]] = lacking

        process.send_signal(signal.SIGINT)
        status = process.wait(20)

    assert missing == {}
    assert len(pieces) >= 30
    assert [line for line in story.splitlines() if len(line) > 100 and str(folder) not in line] == []
    assert (status, running(started), list(folder.glob("wallet-demo-*"))) == (0, {}, [])


def test_once_ends_well_after_the_day_and_keeps_a_folder_that_was_asked_for(folder: Path) -> None:
    state = folder / "state"

    with _demo(folder, "--once", "--dir", state) as (process, output):
        status = process.wait(_DAY_SECONDS)

    assert status == 0, output.read_text()
    assert "every figure was as it must be" in output.read_text()
    assert stat.S_IMODE((state / "demo.env").stat().st_mode) == 0o600
    assert list(state.glob("sbi-pool-*.xls"))


def test_a_folder_with_other_books_is_never_played_on(folder: Path) -> None:
    (folder / "books").write_text("ours")

    with _demo(folder, "--once", "--dir", folder) as (process, output):
        status = process.wait(_DAY_SECONDS)

    assert status == 1
    assert "is not empty" in output.read_text()


def test_nothing_is_left_when_the_demo_is_killed(folder: Path) -> None:
    with _demo(folder) as (process, output):
        assert wait_until(lambda: "Valkey" in output.read_text(), _DAY_SECONDS), output.read_text()
        started = descendants(process.pid)
        process.kill()
        process.wait()

        wait_for_end(started, 15)

    assert started


@pytest.mark.parametrize(
    "today", [date(2026, 4, 2), date(2026, 5, 1), date(2027, 1, 1), date(2028, 2, 29), date(2028, 3, 1)]
)
def test_the_statement_is_moved_to_any_day_and_differs_in_nothing_but_its_dates(today: date) -> None:
    moved = moved_files.statement(today)
    original = (FIXTURES / "sbi-pool-2026-04-02.xls").read_bytes()

    in_each_form = (moved, moved_files.statement_as_csv(today), moved_files.statement_of_the_evening(today))
    read, as_csv, later = (readers.read(each, today=today) for each in in_each_form)

    assert (read.period_last, (read.period_last - read.period_first).days) == (today, 1)
    assert {line.booked_on for line in read.lines} == {read.period_first, read.period_last}
    assert content_digest(read) == content_digest(as_csv)
    dates = re.compile(rb"[0-9]{2}/[0-9]{2}/[0-9]{4}")
    assert dates.sub(b"", moved) == dates.sub(b"", original)
    assert moved == original or today != date(2026, 4, 2)
    assert chain.places(later)[:7] == chain.places(read)
    assert (later.period_last, len(later.lines)) == (today, 11)


@pytest.mark.parametrize(("today", "days"), [(date(2026, 4, 2), 1), (date(2026, 12, 31), 1), (date(2028, 2, 25), 3)])
def test_the_mornings_statement_goes_on_where_the_evenings_ended(today: date, days: int) -> None:
    next_day = today + timedelta(days=days)
    evening = readers.read(moved_files.statement_of_the_evening(today), today=today)

    made = moved_files.statement_of_the_morning(
        today, next_day, words="TO SA2627000001", amount=Paise(221456), opening=evening.closing
    )
    read = readers.read(made, today=next_day)

    (line,) = read.lines
    assert (read.account_number, read.opening) == (evening.account_number, evening.closing)
    assert (read.period_first, read.period_last) == (today + timedelta(days=1), next_day)
    assert (line.booked_on, line.direction, line.amount) == (next_day, Direction.OUTFLOW, Paise(221456))
    assert (line.description, read.closing) == ("TO SA2627000001", Paise(evening.closing - 221456))


def test_on_any_day_of_a_year_the_clock_is_set_to_the_next_morning_on_which_the_bank_works(books: Books) -> None:
    year = days_between(date(2026, 1, 1), date(2027, 1, 10))
    with books.database.statement() as connection:
        holidays = {each.day for each in bank_days.list_holidays(connection, year[0], year[-1])}
        mornings = {day: morning.morning_after(connection, day) for day in year[:365]}

    closed = {day for day in year if day.weekday() == 6 or day in holidays}
    closed |= {day for day in year if day.weekday() == 5 and (day.day - 1) // 7 in {1, 3}}
    wanted = {day: min(later for later in year if later > day and later not in closed) for day in mornings}
    assert mornings == wanted
    assert max((later - day).days for day, later in mornings.items()) >= 3
    for day, later in mornings.items():
        for at in (time(0, 0), time(12, 0), time(23, 58), time(23, 59, 59, 500_000)):
            now = datetime.combine(day, at, INDIA)
            shown = (now + timedelta(seconds=morning.seconds_ahead(later, now.astimezone(UTC)))).astimezone(INDIA)
            assert (shown.date(), shown.hour, shown.minute, shown.second) == (later, 10, 30, 0)


def test_a_day_that_is_nearly_over_is_let_pass_first() -> None:
    assert moved_files.seconds_to_wait(datetime(2026, 4, 2, 18, 0, tzinfo=UTC)) == 0
    assert moved_files.seconds_to_wait(datetime(2026, 4, 2, 18, 26, 59, tzinfo=UTC)) == 0
    assert moved_files.seconds_to_wait(datetime(2026, 4, 2, 18, 27, 30, tzinfo=UTC)) == 151
    assert moved_files.seconds_to_wait(datetime(2026, 4, 2, 18, 29, 30, tzinfo=UTC)) == 31
    assert moved_files.seconds_to_wait(datetime(2026, 4, 2, 18, 30, 0, tzinfo=UTC)) == 0


def test_a_figure_that_is_not_as_it_must_be_ends_the_demo() -> None:
    with pytest.raises(DemoFailed, match=r"the balance: the demo found '1\.00', and it must be '2\.00'"):
        must("the balance", "1.00", "2.00")
    assert money("-59.00") == "-₹59.00"
