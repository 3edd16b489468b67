"""What the matching rules go by: a line, and everything that the books and the bank's other lines have for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from wallet_service.identifiers import DepartmentCode, OperatorCode
from wallet_service.money import Paise
from wallet_service.recon.announced import Announcement
from wallet_service.recon.narration import Narration
from wallet_service.recon.statements import Direction


class Became(StrEnum):
    """What became of another line: nothing yet, credited to a wallet by a match, parked and still there, or settled."""

    UNPOSTED = "unposted"
    MATCHED = "matched"
    PARKED = "parked"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Line:
    """What the rules know of a statement line; *amount* in paise."""

    booked_on: date
    value_date: date
    direction: Direction
    amount: Paise
    narration: Narration

    @property
    def days(self) -> frozenset[date]:
        """Return the days that an advice or claim of it may name."""
        return frozenset((self.booked_on, self.value_date))


@dataclass(frozen=True, slots=True)
class OtherLine:
    """Another line of the bank that has one of the line's references, whenever it comes; *amount* in paise.

    *earlier* says that it stands before the line in the chain; *in_wallet* that it was credited to a wallet by its
    entry, and not through an advice; *same_own* that the descriptions of both show one and the same number.
    """

    line: int
    booked_on: date
    value_date: date
    direction: Direction
    amount: Paise
    reversal: bool
    earlier: bool
    became: Became
    in_wallet: bool = False
    same_own: bool = False

    @property
    def days(self) -> frozenset[date]:
        """Return the days that an advice or claim of it may name."""
        return frozenset((self.booked_on, self.value_date))

    @property
    def is_deposit(self) -> bool:
        """Say whether money came by it, and not back."""
        return self.direction is Direction.INFLOW and not self.reversal

    def repeats(self, line: Line) -> bool:
        """Say whether the bank shows a deposit by both: the same date and amount, besides the reference."""
        return self.is_deposit and (self.booked_on, self.amount) == (line.booked_on, line.amount)


@dataclass(frozen=True, slots=True)
class AdviceCandidate:
    """An advised credit whose bank reference is one of the line's; *credit_id* as callers see it, *state* its own.

    *written* is the reference as it was advised, with the letters of its bank; *by_cash* says that it was told of as
    a deposit of cash or a cheque.
    """

    credit_id: str
    wallet: OperatorCode
    amount: Paise
    booked_on: date
    state: str
    written: str = ""
    by_cash: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A line by which money came under the reference of an advice; *amount* in paise.

    *waits* says that it lies whole in suspense because the advice tells of another amount, and for nobody else; *comes*
    that it is not posted yet.
    """

    line: int
    booked_on: date
    value_date: date
    amount: Paise
    waits: bool
    comes: bool = False

    @property
    def days(self) -> frozenset[date]:
        """Return the days that an advice of it may name."""
        return frozenset((self.booked_on, self.value_date))


@dataclass(frozen=True, slots=True)
class Gathering:
    """The open advice of a *reference*, and all lines by which money came under that, if there are several.

    Only where the advice is of a bank transfer, and nothing tells that one of the lines is of another deposit.
    """

    advice: AdviceCandidate
    reference: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ClaimCandidate:
    """An operator's claim of the line's amount and date, or with its number.

    *by_number* says that the deposit's number is the line's; *claimed_first* that it was made before the line was read
    and was offered no other line yet; *numbered_elsewhere* that its number is another line's.
    An awaiting advice of a cash deposit stands here too, without a branch, where its wallet has no claim of its own.
    """

    claim_id: str
    wallet: OperatorCode
    amount: Paise
    deposited_on: date
    branch: str | None
    by_number: bool
    claimed_first: bool
    wallet_open: bool
    numbered_elsewhere: bool = False

    def fits_branch(self, branch: str | None) -> bool:
        """Return whether a line of *branch* may be of this deposit; where either names none, it may."""
        return branch is None or self.branch in {None, branch}


@dataclass(frozen=True, slots=True)
class PayoutCandidate:
    """An advice of settlement that a line names by its *number*, or has the payout's reference of; *amount* in paise.

    *state* is ``advised``, ``paid``, ``returned`` or ``called off``.
    """

    number: str
    department: DepartmentCode
    amount: Paise
    state: str
    utr: str | None = None
    strong_utr: str | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that there is for a line.

    *operators* are those of the narration's tokens that are operator codes, each with its wallet's state. *others* are
    the bank's other lines with one of its references; one that they merely have beside different numbers of their own
    does not count, and *crowded* says that a deposit was left out so. *own_credits* are those advised under the
    number that the line's description shows. *alike* counts the bank's lines, this one among them, that
    amount, date and branch do not tell apart. *spoken_for* are the operators named who have an open advice or claim of
    the line's amount and date, which no other line has the number of. *announced* is what a bank announced of its
    references, and *announced_to* the states of the wallets of those operators; in *spoken_for* they stand too.
    *gathering* is the advice that several lines may make together, and *line* which of them this one is.
    *payouts* are the settlements that the line may pay out.
    """

    advices: tuple[AdviceCandidate, ...] = ()
    operators: Mapping[OperatorCode, str] = field(default_factory=dict)
    others: tuple[OtherLine, ...] = ()
    claims: tuple[ClaimCandidate, ...] = ()
    alike: int = 1
    spoken_for: frozenset[OperatorCode] = frozenset()
    announced: tuple[Announcement, ...] = ()
    announced_to: Mapping[OperatorCode, str] = field(default_factory=dict)
    crowded: bool = False
    own_credits: frozenset[str] = frozenset()
    gathering: Gathering | None = None
    line: int = 0
    payouts: tuple[PayoutCandidate, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return what a rule saw, as it is kept beside what the rule decided."""
        return (
            *[advice.credit_id for advice in self.advices],
            *[claim.claim_id for claim in self.claims],
            *sorted({*self.operators, *self.announced_to}),
            *[payout.number for payout in self.payouts],
            *[f"line {other.line}" for other in self.others],
        )
