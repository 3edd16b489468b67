"""What a field may hold."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any

import pytest
from marshmallow import ValidationError
from marshmallow.fields import Field

from tests.api.hostile import AMOUNTS
from wallet_service.api.fields import (
    Amount,
    Code,
    Count,
    Day,
    Narration,
    OneOf,
    PositiveAmount,
    Text,
    Truth,
    Whole,
    masked,
    number_of_theirs,
    operator,
)


@pytest.mark.parametrize("hostile", AMOUNTS)
def test_an_amount_is_a_string_of_rupees_with_two_decimals_and_nothing_else(hostile: object) -> None:
    field = PositiveAmount()

    with pytest.raises(ValidationError):
        field.deserialize(hostile)


@pytest.mark.parametrize(
    ("wire", "paise"), [("0.00", 0), ("0.05", 5), ("12.50", 1250), ("9999999999999.99", 10**15 - 1)]
)
def test_an_amount_comes_back_as_it_was_written(wire: str, paise: int) -> None:
    field = Amount()

    found: Any = field.deserialize(wire)

    assert found == paise
    assert field._serialize(found, "amount", None) == wire


@pytest.mark.parametrize(
    "words", ["a\x00b", "a\nb", "\u202eabc", "a\u2066b", "\u200ba", "\ud800", "a\ufeffb", "\u2028", "", "  "]
)
def test_words_hold_nothing_invisible(words: str) -> None:
    field = Text(80)

    with pytest.raises(ValidationError):
        field.deserialize(words)


@pytest.mark.parametrize("value", [1, True, None, ["a"], {"a": 1}, "x" * 81, "x" * 100_000])
def test_words_are_a_string_of_bounded_length(value: object) -> None:
    field = Text(80)

    with pytest.raises(ValidationError):
        field.deserialize(value)


def test_words_are_kept_in_one_form() -> None:
    spelt_apart = unicodedata.normalize("NFD", "কো é")

    found = Text(80).deserialize(f" {spelt_apart} ")

    assert found == unicodedata.normalize("NFC", "কো é")


def test_bengali_keeps_its_joiners() -> None:
    words = "র\u200c্যাব ক্\u200dষ"

    assert Text(80).deserialize(words) == unicodedata.normalize("NFC", words)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Aadhaar 123456789012 seen", "Aadhaar XXXXXXXXXXXX seen"),
        ("1234 5678 9012", "XXXX XXXX XXXX"),
        ("1234-5678-9012.", "XXXX-XXXX-XXXX."),
        ("১২৩৪৫৬৭৮৯০১২", "XXXXXXXXXXXX"),
        ("PAN ABCDE1234F", "PAN XXXXXXXXXX"),
        ("pan abcde1234f", "pan XXXXXXXXXX"),
        ("call 9876543210", "call XXXXXXXXXX"),
        ("call +91 98765 43210", "call +91 XXXXX XXXXX"),
        ("919876543210", "XXXXXXXXXXXX"),
        ("৯৮৭৬৫৪৩২১০", "XXXXXXXXXX"),
        ("bill 5876543210", "bill 5876543210"),
        ("ticket 1234567890123", "ticket 1234567890123"),
        ("meter ABCDE12345", "meter ABCDE12345"),
    ],
)
def test_what_could_name_a_person_is_masked_before_it_is_kept(written: str, kept: str) -> None:
    assert Narration().deserialize(written) == kept
    assert masked(kept) == kept


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Truth(), "yes"),
        (Truth(), 1),
        (Truth(), "true"),
        (Truth(), None),
        (Whole(1, 100), True),
        (Whole(1, 100), 1.0),
        (Whole(1, 100), 1.9),
        (Whole(1, 100), "5"),
        (Whole(1, 100), "১২"),
        (Whole(1, 100), 0),
        (Whole(1, 100), 101),
        (Count(1, 200), "০"),
        (Count(1, 200), "1_0"),
        (Count(1, 200), " 1"),
        (Count(1, 200), "+1"),
        (Count(1, 200), "1.0"),
        (Count(1, 200), "0"),
        (Count(1, 200), "201"),
        (Count(1, 200), "9" * 5000),
        (Day(), "2026-1-5"),
        (Day(), "20260105"),
        (Day(), "2026-W01-1"),
        (Day(), "2026-02-30"),
        (Day(), "0001-01-01"),
        (Day(), "2026-01-05T00:00:00"),
        (Day(), "২০২৬-০১-০৫"),
        (Day(), "2026-01-05\n"),
        (Day(), 20260105),
        (OneOf("a", "b"), "A"),
        (OneOf("a", "b"), ["a"]),
        (OneOf("a", "b"), {}),
        (operator(), "bskop0071010"),
        (operator(), "BSK"),
        (operator(), "BSKOP0071010\n"),
        (operator(), "BSKOP007101০"),
        (operator(), 7),
        (number_of_theirs(), "T\x00"),
        (number_of_theirs(), ""),
        (number_of_theirs(), " T1"),
        (number_of_theirs(), "T" * 65),
        (number_of_theirs(), "টিকিট"),
        (Code("^[a-z]+$", "letters"), "abc\n"),
    ],
)
def test_what_resembles_a_value_is_not_one(field: Field[Any], value: object) -> None:
    with pytest.raises(ValidationError):
        field.deserialize(value)


def test_a_day_is_read_and_told_in_one_way() -> None:
    assert Day().deserialize("2026-02-28") == date(2026, 2, 28)
    assert Day()._serialize(date(2026, 2, 28), "day", None) == "2026-02-28"
