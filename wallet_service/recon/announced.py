"""The matching rule of what a bank has announced: a line is the operator's for whom its reference was named. Pure.

Source: domain facts A2.1 (a virtual account names its operator; a bad operator part is booked to suspense).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise, rupees_for_people


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a bank announced of one reference: *amount* in paise, *operator* None where its account names nobody.

    Whether the operator has a wallet is not known here.
    """

    reference: str
    operator: OperatorCode | None
    amount: Paise
    day: date


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a line whose reference was announced is a person's to decide, in words."""

    reason: str


def whose(
    amount: Paise,
    days: frozenset[date],
    told: Sequence[Announcement],
    *,
    wallets: Mapping[OperatorCode, str],
    named: frozenset[OperatorCode],
    spoken_for: frozenset[OperatorCode],
) -> OperatorCode | Doubt | None:
    """Return for whom a line that came in was announced, or why that cannot be told; None where nothing was announced.

    *amount* and *days* are the line's; *told* is all that was announced of its references. *wallets* are the states of
    those operators' wallets, *named* the operators whom its narration names, and *spoken_for* those who have told of
    another deposit of its amount and date.
    """
    if not told:
        return None
    operators = sorted({each.operator or "nobody" for each in told})
    if len(operators) > 1:
        return Doubt(f"Its reference was announced for {' and for '.join(operators)}: a person decides.")
    if not any(each.amount == amount and each.day in days for each in told):
        return Doubt(_otherwise(amount, told))
    operator = told[0].operator
    if operator is None:
        return Doubt("It was announced on a virtual account that names no operator.")
    if operator not in wallets:
        return Doubt(f"It was announced for {operator}, who has no wallet.")
    if wallets[operator] == "closed":
        return Doubt(f"It was announced for {operator}, whose wallet is closed.")
    if others := sorted(named - {operator}):
        return Doubt(f"It was announced for {operator} and names {', '.join(others)}: a person decides.")
    if operator in spoken_for:
        return Doubt(f"It was announced for {operator}, who also advised or claimed this amount and date.")
    return operator


def _otherwise(amount: Paise, told: Sequence[Announcement]) -> str:
    """Return in words how the line differs from what was announced."""
    others = sorted({each.amount for each in told} - {amount})
    if all(each.amount != amount for each in told):
        said, shown = rupees_for_people(others[0]), rupees_for_people(amount)
        return f"Its reference was announced with {said}; the bank shows {shown}."
    day = min(each.day for each in told if each.amount == amount)
    return f"Its reference was announced for {day:%d/%m/%Y}; the bank booked it on another day."
