"""What pays a settlement out: a debit that names its advice, or has the reference of its payout. Pure.

Exact, or a person's: a line pays all the advices that it names, of one department, to the paisa, or none of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from wallet_service.identifiers import banks_differ
from wallet_service.money import Paise, rupees_for_people
from wallet_service.recon.answers import Answer, Disposition, parked
from wallet_service.recon.candidates import Candidates, Line, PayoutCandidate
from wallet_service.recon.narration import Kind
from wallet_service.recon.statements import Direction

_NUMBERS = re.compile(r"(?<![A-Z0-9])SA[0-9]{10}(?![A-Z0-9])", re.ASCII)


def settled(line: Line, candidates: Candidates) -> Answer | None:
    """Money goes out under the number of an advice, or the reference of its payout: the settlement is paid.

    What it costs to pay out is a charge. Words that say that the bank takes back, or the reference of a deposit, say
    otherwise than the advice, and a person decides.
    """
    payouts = candidates.payouts
    if line.direction is not Direction.OUTFLOW or not payouts:
        return None
    advised = Paise(sum(each.amount for each in payouts))
    if line.narration.kind is Kind.CHARGE and line.amount != advised:
        return None
    named = ", ".join(each.number for each in payouts)
    if closed := [each for each in payouts if each.state != "advised"]:
        return parked(line, f"It names the advice {closed[0].number}, which is {closed[0].state} already.")
    if len({each.department for each in payouts}) > 1:
        return parked(line, f"It names advices of several departments ({named}): a person decides.")
    if line.narration.reversal or candidates.advices or any(each.is_deposit for each in candidates.others):
        return parked(line, f"It names {named}, and takes a deposit back by its words or its reference.")
    if line.amount != advised:
        apart = rupees_for_people(Paise(abs(advised - line.amount)))
        told, found = rupees_for_people(advised), rupees_for_people(line.amount)
        how = "short" if line.amount < advised else "in excess"
        return parked(line, f"{named}: {told} advised, and the bank paid {found}: {apart} {how}.")
    words = f"It pays what was advised to {payouts[0].department} by {named}, to the paisa."
    return Answer(Disposition.SETTLEMENT, tuple(each.number for each in payouts), words)


def numbers(words: str, tokens: Iterable[str] = ()) -> set[str]:
    """Return the numbers of advices among a line's words as the bank wrote them, and the *tokens* of its narration."""
    return {*_NUMBERS.findall(words.upper()), *(each for each in tokens if _NUMBERS.fullmatch(each))}


class Payouts:
    """The advices that the lines of a batch may pay; it follows what the batch itself pays."""

    def __init__(self, advices: Iterable[PayoutCandidate] = ()) -> None:
        self._advices = {each.number: each for each in advices}
        self._by_utr: dict[str, list[str]] = defaultdict(list)
        for each in self._advices.values():
            if each.strong_utr is not None:
                self._by_utr[each.strong_utr].append(each.number)

    def of_line(self, line: Line, references: Iterable[str], words: str) -> tuple[PayoutCandidate, ...]:
        """Return the advices that a line that went out names by their number, or has the reference of."""
        if line.direction is not Direction.OUTFLOW or not self._advices:
            return ()
        found = numbers(words, line.narration.tokens) & self._advices.keys()
        for reference in references:
            found |= {
                each
                for each in self._by_utr.get(reference, ())
                if not banks_differ(reference, self._advices[each].utr or "", words)
            }
        return tuple([self._advices[each] for each in sorted(found)])

    def paid(self, number: str) -> None:
        """Remember that an advice is paid."""
        self._advices[number] = replace(self._advices[number], state="paid")
