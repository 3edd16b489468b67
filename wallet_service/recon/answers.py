"""What a matching rule may answer: what becomes of a line, what that is aimed at, and why, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wallet_service.recon.candidates import Line
from wallet_service.recon.statements import Direction


class Disposition(StrEnum):
    """What becomes of a line."""

    TIE = "tie"
    TIE_TOGETHER = "together"
    TIE_IN_PARTS = "parts"
    WALLET = "wallet"
    CHARGE = "charge"
    INTEREST = "interest"
    CLAIM = "claim"
    RETURN = "return"
    UNDO = "undo"
    SUSPENSE = "suspense"
    DIFFERENCE = "difference"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of a line.

    *targets* are the credits of a `TIE_TOGETHER`, the credit and the other lines of a `TIE_IN_PARTS`, the advices of a
    `SETTLEMENT`, else it is one.
    """

    disposition: Disposition
    targets: tuple[str, ...]
    reason: str


def answered(disposition: Disposition, target: str, reason: str) -> Answer:
    """Return the answer that is aimed at one thing."""
    return Answer(disposition, (target,), reason)


def parked(line: Line, reason: str) -> Answer:
    """Return the answer that leaves a line to a person: a credit and a debit have different suspense accounts."""
    if line.direction is Direction.INFLOW:
        return answered(Disposition.SUSPENSE, "suspense:bank-credits", reason)
    return answered(Disposition.DIFFERENCE, "suspense:differences", reason)
