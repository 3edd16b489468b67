"""Deposits that operators told of and the bank has not shown yet, found by amount and day or by number. Pure.

It follows what a batch posts, so that each of its lines finds what the lines before it left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from wallet_service.identifiers import ClaimId, CreditId, OperatorCode
from wallet_service.money import Paise
from wallet_service.recon.candidates import ClaimCandidate, Line


@dataclass(slots=True)
class Deposit:
    """A claim, or an advice of a deposit in cash; *amount* in paise.

    *number* is its place in its wallet's book. *deposit_number* identifies it on a line; an advice *is_numbered* where
    its reference does, and is then found by that alone. *is_new*: it was offered no line yet.
    """

    book: int
    wallet: OperatorCode
    number: int
    amount: Paise
    day: date
    branch: str | None
    deposit_number: str | None
    told_at: datetime
    wallet_open: bool
    is_claim: bool
    is_numbered: bool
    is_new: bool
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Spell its id as callers see it."""
        self.id = str((ClaimId if self.is_claim else CreditId)(self.wallet, self.number))

    def fits_branch(self, branch: str | None) -> bool:
        """Return whether a line of *branch* may be of this deposit; where either names none, it may."""
        return branch is None or self.branch in {None, branch}

    def candidate(
        self, references: Iterable[str], read_at: datetime, *, numbered_elsewhere: bool = False
    ) -> ClaimCandidate:
        """Return it as the rules see it, for a line with *references* that was read at *read_at*."""
        return ClaimCandidate(
            claim_id=self.id,
            wallet=self.wallet,
            amount=self.amount,
            deposited_on=self.day,
            branch=self.branch,
            by_number=self.deposit_number is not None and self.deposit_number in references,
            claimed_first=self.is_new and self.told_at < read_at,
            wallet_open=self.wallet_open,
            numbered_elsewhere=numbered_elsewhere,
        )


class Waiting:
    """The deposits that wait for their lines."""

    def __init__(self, deposits: Iterable[Deposit]) -> None:
        self._all = {each.id: each for each in deposits}
        self._by_deposit: dict[tuple[Paise, date], list[Deposit]] = defaultdict(list)
        self._by_number: dict[str, list[Deposit]] = defaultdict(list)
        for each in self._all.values():
            self._by_deposit[each.amount, each.day].append(each)
            if each.deposit_number is not None:
                self._by_number[each.deposit_number].append(each)

    def of_line(self, line: Line, references: Iterable[str]) -> list[Deposit]:
        """Return what may be of a line, by wallet: claims, and advices for which no claim of their wallet speaks."""
        found = self._of_amount_or_number(line, references)
        claimed = {(each.wallet, each.amount, each.day) for each in found if each.is_claim}
        return [
            each
            for each in found
            if each.is_claim or not (each.is_numbered or (each.wallet, each.amount, each.day) in claimed)
        ]

    def fitting(self, line: Line, references: Iterable[str]) -> list[Deposit]:
        """Return everything that may be of a line that names its operator: advices with a number of their own apart."""
        found = self._of_amount_or_number(line, references)
        return [each for each in found if each.fits_branch(line.narration.branch) and not each.is_numbered]

    def offered(self, claim_id: str) -> None:
        """Note that a claim was offered a line."""
        self._all[claim_id].is_new = False

    def claim_tied(self, claim_id: str) -> str | None:
        """Note that a claim was tied, and return the id of the advice that is tied with it: they are one deposit."""
        claim = self._all.pop(claim_id)
        twins = [each for each in self._twins(claim.wallet, claim.amount, claim.day) if not each.is_claim]
        twin = min(twins, key=lambda each: each.number, default=None)
        if twin is None:
            return None
        del self._all[twin.id]
        return twin.id

    def advice_tied(self, credit_id: str) -> None:
        """Note that an advice was tied, and the claim of the same deposit in cash with it."""
        advice = self._all.pop(credit_id, None)
        if advice is None:
            return
        twins = [each for each in self._twins(advice.wallet, advice.amount, advice.day) if each.is_claim]
        if twins:
            del self._all[min(twins, key=lambda each: each.number).id]

    def _of_amount_or_number(self, line: Line, references: Iterable[str]) -> list[Deposit]:
        found = {each.id: each for day in {line.booked_on, line.value_date} for each in self._at(line.amount, day)}
        found |= {each.id: each for number in references for each in self._by_number.get(number, ())}
        if not found:
            return []
        waiting = (each for identity, each in found.items() if identity in self._all)
        return sorted(waiting, key=lambda each: (each.book, each.number, each.is_claim))

    def _twins(self, wallet: OperatorCode, amount: Paise, day: date) -> list[Deposit]:
        return [each for each in self._at(amount, day) if each.wallet == wallet and each.id in self._all]

    def _at(self, amount: Paise, day: date) -> list[Deposit]:
        return self._by_deposit.get((amount, day), [])
