"""Money: whole paise inside, rupees at the edges. Indian rupees only; a float is a bug."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NewType

Paise = NewType("Paise", int)

RUPEES_PATTERN = r"^(0|[1-9][0-9]{0,12})\.[0-9]{2}$"
_RUPEES = re.compile(RUPEES_PATTERN, re.ASCII)
_BENGALI_DIGITS = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")


def paise(rupees: str) -> Paise:
    """Return the paise of a string of rupees with exactly two decimals, such as ``"12.50"``.

    Raises:
        ValueError: the string is anything else (``"12.5"``, ``"1e3"``, ``"১২.৫০"``, ``"-1.00"``, ``" 1.00"`` …).
    """
    if not isinstance(rupees, str) or len(rupees) > 16 or not _RUPEES.match(rupees) or rupees.endswith("\n"):
        raise ValueError("not an amount in rupees with two decimals")
    whole, _, part = rupees.partition(".")
    return Paise(int(whole) * 100 + int(part))


def paise_of_decimal(amount: Decimal) -> Paise:
    """Return the paise of an exact decimal number of rupees, as a file's reader has parsed it.

    Raises:
        ValueError: it is not finite, or has a fraction of a paisa (nothing is ever rounded).
    """
    if not amount.is_finite():
        raise ValueError("not a finite amount")
    hundredfold = amount * 100
    if hundredfold != hundredfold.to_integral_value():
        raise ValueError("an amount with a fraction of a paisa")
    return Paise(int(hundredfold))


def rupees(amount: Paise) -> str:
    """Return the wire form of an amount in paise: ``"1250.00"``, ``"-0.05"``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def rupees_for_people(amount: Paise, *, language: str = "en") -> str:
    """Return an amount as people read it, grouped 3;2;2: ``₹12,34,567.00``; in Bengali with Bengali digits, sign first.

    The sign stands before the number in both languages, as the State writes it; CLDR's ``bn`` pattern puts it after.
    """
    sign = "-" if amount < 0 else ""
    whole, part = str(abs(amount) // 100), f"{abs(amount) % 100:02d}"
    groups, rest = [whole[-3:]], whole[:-3]
    while rest:
        groups.insert(0, rest[-2:])
        rest = rest[:-2]
    text = f"{sign}₹{','.join(groups)}.{part}"
    return text.translate(_BENGALI_DIGITS) if language == "bn" else text
