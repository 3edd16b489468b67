"""A line that is to be posted, the bank's lines as others see them, and what operators named have advised. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from wallet_service.identifiers import OperatorCode, undated
from wallet_service.money import Paise
from wallet_service.recon.candidates import Became, Line, OtherLine, Part
from wallet_service.recon.statements import Direction


@dataclass(frozen=True)
class Unposted:
    """A line that is not posted yet: what the rules go by, its references and deposit number, and when it was read.

    *words* are its description and reference column as the bank wrote them.
    """

    id: int
    facts: Line
    references: tuple[str, ...]
    read_at: datetime
    words: str = ""


@dataclass(slots=True)
class KnownLine:
    """A line of the bank as others see it, whether it is posted or not; *amount* in paise.

    *own* is the number that its description shows (`Narration.own`), *words* are as in `Unposted`. *waits* says that it
    lies whole in suspense for an advice of another amount, and *part_of* which credit it was then a part of.
    """

    id: int
    booked_on: date
    value_date: date
    direction: Direction
    amount: Paise
    references: tuple[str, ...]
    reversal: bool
    became: Became
    in_wallet: bool = False
    own: str | None = None
    words: str = ""
    waits: bool = False
    part_of: str | None = None

    @property
    def is_deposit(self) -> bool:
        """Say whether money came by it, and not back."""
        return self.direction is Direction.INFLOW and not self.reversal

    def is_akin(self, own: str | None, by: str) -> bool:
        """Say whether the number *by* makes it one with a line whose description shows the number *own*.

        A number that two lines have beside different numbers of their own is no deposit's: banks print the customer's
        or the account's there, the same on many lines.
        """
        return own is None or self.own is None or own == self.own or undated(by) in {own, self.own}

    def as_part(self) -> Part:
        """Return it as one of the lines that may make an advice together."""
        comes = self.became is Became.UNPOSTED
        return Part(self.id, self.booked_on, self.value_date, self.amount, self.waits, comes)

    def for_line(self, line: Unposted) -> OtherLine:
        """Return it as another line's rules see it."""
        own = line.facts.narration.own
        return OtherLine(
            line=self.id,
            booked_on=self.booked_on,
            value_date=self.value_date,
            direction=self.direction,
            amount=self.amount,
            reversal=self.reversal,
            earlier=self.id < line.id,
            became=self.became,
            in_wallet=self.in_wallet,
            same_own=own is not None and own == self.own,
        )


@dataclass(frozen=True)
class OpenAdvice:
    """An advice that the bank has not shown yet, of an operator whom a line names; *reference* is its strong one."""

    credit_id: str
    wallet: OperatorCode
    amount: Paise
    booked_on: date
    reference: str | None
