"""Amounts are never floats and never rounded; keys begin with the time; the client stands alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wallet_service.client
from wallet_service.client import Portal, new_key, rupees
from wallet_service.money import Paise
from wallet_service.money import rupees as wire

NOWHERE = "http://127.0.0.1:1"


@given(st.integers(0, 10**15 - 1))
def test_every_amount_goes_over_the_wire_as_it_is(amount: int) -> None:
    text = wire(Paise(amount))

    assert rupees(text) == text
    assert rupees(Decimal(amount) / 100) == text


@pytest.mark.parametrize("amount", [1.5, 100, True, None, b"1.00", float("nan")])
def test_a_float_is_no_amount(amount: Any) -> None:
    with pytest.raises(TypeError, match="Decimal or a string"):
        rupees(amount)
    with Portal(NOWHERE, "t") as portal, pytest.raises(TypeError):
        portal.pay("BSKT0000001", "POD", "001", amount, "T")


@pytest.mark.parametrize(
    "amount",
    [
        *("1", "1.5", "1.005", "1e3", "-1.00", " 1.00", "1.00\n", "01.00", "১.০০", "1,000.00", "NaN", ""),
        *map(Decimal, ("1.005", "-0.01", "-0.00", "NaN", "sNaN", "Infinity", "1E+400000", "1E-400000", "1E+13")),
    ],
)
def test_what_is_no_amount_is_refused_before_it_is_sent(amount: str | Decimal) -> None:
    with pytest.raises(ValueError, match=r"paise|rupees"):
        rupees(amount)


def test_an_amount_is_not_rounded_by_the_callers_context() -> None:
    with localcontext() as context:
        context.prec = 3
        assert rupees(Decimal("1234567.89")) == "1234567.89"


def test_keys_are_of_version_7_in_the_order_of_time_and_never_the_same() -> None:
    before = time.time_ns() // 1_000_000
    keys = [new_key() for _ in range(10_000)]
    after = time.time_ns() // 1_000_000

    assert len(set(keys)) == 10_000
    found = [UUID(key) for key in keys]
    assert {(each.version, each.variant) for each in found} == {(7, "specified in RFC 4122")}
    stamps = [each.int >> 80 for each in found]
    assert stamps == sorted(stamps)
    assert (before <= stamps[0], stamps[-1] <= after) == (True, True)


@pytest.mark.parametrize("key", ["", "a#1", "é", "a\nb", "k" * 129])
def test_a_key_that_cannot_be_one_is_refused_before_it_is_sent(key: str) -> None:
    with Portal(NOWHERE, "t") as portal, pytest.raises(ValueError, match="a key is 1 to 128"):
        portal.pay("BSKT0000001", "POD", "001", "1.00", "T", key=key)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host", "http://", ""])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not the address of a service"):
        Portal(url, "t")


def test_the_client_is_copied_alone_and_needs_nothing_else(tmp_path: Path) -> None:
    shutil.copytree(Path(wallet_service.client.__file__).parent, tmp_path / "their_wallet")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import their_wallet; print(their_wallet.new_key())"

    result = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True)

    assert (result.returncode, result.stderr) == (0, "")
    assert UUID(result.stdout.strip()).version == 7
