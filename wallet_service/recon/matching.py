"""What is known while the lines of a batch are matched: it follows what the batch itself does, line by line. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from wallet_service.identifiers import OperatorCode, banks_differ, undated
from wallet_service.money import Paise
from wallet_service.recon.announced import Announcement
from wallet_service.recon.answers import Disposition
from wallet_service.recon.candidates import (
    AdviceCandidate,
    Became,
    Candidates,
    ClaimCandidate,
    Gathering,
)
from wallet_service.recon.known_lines import KnownLine, OpenAdvice, Unposted
from wallet_service.recon.parts import WAITING, are_its_deposit
from wallet_service.recon.rules import Decision
from wallet_service.recon.settled import Payouts
from wallet_service.recon.waiting import Deposit, Waiting

_BECOMES = {
    Disposition.TIE: Became.MATCHED,
    Disposition.TIE_TOGETHER: Became.MATCHED,
    Disposition.TIE_IN_PARTS: Became.MATCHED,
    Disposition.CLAIM: Became.MATCHED,
    Disposition.WALLET: Became.MATCHED,
    Disposition.SUSPENSE: Became.PARKED,
    Disposition.DIFFERENCE: Became.PARKED,
}
_OPEN = frozenset({"credited", "awaiting-bank"})


def offered(line: Unposted, decision: Decision, candidates: Candidates) -> list[str]:
    """Return the claims that fit a parked line, and are told that a person decides on it."""
    if decision.disposition is not Disposition.SUSPENSE or decision.rule not in {"claimed", "claimed-by-number"}:
        return []
    branch, by_place = line.facts.narration.branch, decision.rule == "claimed"
    return [
        claim.claim_id
        for claim in candidates.claims
        if "-L" in claim.claim_id
        and (claim.by_number or (by_place and claim.fits_branch(branch) and not claim.numbered_elsewhere))
    ]


class Known:
    """Everything that the rules may go by for one batch.

    *advices* are found by the strong reference, *operators* are the wallets' states, *open_advices* those of the
    operators named, *lines* all of the bank's lines that have a number of the batch's lines or of these advices and
    deposits, *alike* how many lines amount, date and branch do not tell apart, by line of cash, *payouts* the
    settlements that the batch's lines may pay.
    """

    def __init__(
        self,
        *,
        advices: Mapping[str, AdviceCandidate],
        operators: Mapping[OperatorCode, str],
        open_advices: Iterable[OpenAdvice],
        waiting: Waiting,
        lines: Iterable[KnownLine],
        alike: Mapping[int, int],
        announced: Mapping[str, tuple[Announcement, ...]] | None = None,
        payouts: Payouts | None = None,
    ) -> None:
        self._advices = dict(advices)
        self._references_of: dict[str, list[str]] = defaultdict(list)
        for reference, advice in advices.items():
            self._references_of[advice.credit_id].append(reference)
        self._operators = operators
        self._open = {each.credit_id: each for each in open_advices}
        self._open_at: dict[tuple[OperatorCode, Paise, date], list[str]] = defaultdict(list)
        for each in self._open.values():
            self._open_at[each.wallet, each.amount, each.booked_on].append(each.credit_id)
        self._waiting = waiting
        self._lines: dict[int, KnownLine] = {}
        self._lines_of: dict[str, list[KnownLine]] = defaultdict(list)
        for line in lines:
            self._lines[line.id] = line
            for reference in set(line.references):
                self._lines_of[reference].append(line)
        self._alike = alike
        self._announced = announced or {}
        self._payouts = payouts or Payouts()

    def candidates(self, line: Unposted) -> Candidates:
        """Return what there is for a line: by its references, the operators it names, its amount and date."""
        advices = {each.credit_id: each for number in line.references if (each := self._advice(number, line))}
        others = self._akin(line)
        left_out = (each for number in line.references for each in self._others(number, line) if each.id not in others)
        named = self._named(line)
        announced = tuple(each for number in line.references for each in self._announced.get(number, ()))
        told_of = {each.operator for each in announced if each.operator is not None}
        announced_to = {code: self._operators[code] for code in sorted(told_of) if code in self._operators}
        waiting = self._waiting.of_line(line.facts, line.references)
        return Candidates(
            advices=tuple(advices.values()),
            operators={code: self._operators[code] for code in named},
            others=tuple([others[each].for_line(line) for each in sorted(others)]),
            claims=tuple([self._claim(each, line) for each in waiting]),
            alike=self._alike.get(line.id, 1),
            spoken_for=frozenset([code for code in {*named, *announced_to} if self._is_spoken_for(code, line)]),
            announced=announced,
            announced_to=announced_to,
            crowded=any(each.is_deposit for each in left_out),
            own_credits=self._own_credits(line),
            gathering=self._gathering(line.references) if advices else None,
            line=line.id,
            payouts=self._payouts.of_line(line.facts, line.references, line.words),
        )

    def note(self, line: Unposted, decision: Decision, offered: Sequence[str]) -> None:
        """Remember that a line is posted: what it became, what it ties or undoes, and whom it was *offered*."""
        own = self._lines[line.id]
        own.became = _BECOMES.get(decision.disposition, Became.SETTLED)
        own.in_wallet = decision.disposition in {Disposition.CLAIM, Disposition.WALLET}
        own.waits = own.became is Became.PARKED and decision.rule == WAITING
        for claim_id in offered:
            self._waiting.offered(claim_id)
        match decision.disposition:
            case Disposition.RETURN:
                self._credit_becomes(decision.target, "withdrawn")
                for other in self._akin(line).values():
                    if other.became is Became.MATCHED and other.amount == own.amount:
                        other.became = Became.SETTLED
                for part in self._lines.values():
                    if part.part_of == decision.target:
                        part.became = Became.SETTLED
            case Disposition.UNDO:
                self._lines[int(decision.target.removeprefix("line "))].became = Became.SETTLED
            case Disposition.TIE | Disposition.TIE_TOGETHER:
                for credit in decision.targets:
                    self._credit_becomes(credit, "tied")
                    self._waiting.advice_tied(credit)
            case Disposition.TIE_IN_PARTS:
                credit, *others = decision.targets
                self._credit_becomes(credit, "tied")
                for part in (own, *(self._lines[int(each.removeprefix("line "))] for each in others)):
                    part.became, part.waits, part.part_of = Became.MATCHED, False, credit
            case Disposition.SETTLEMENT:
                for number in decision.targets:
                    self._payouts.paid(number)
            case Disposition.CLAIM:
                if twin := self._waiting.claim_tied(decision.target):
                    self._credit_becomes(twin, "tied")

    def _claim(self, deposit: Deposit, line: Unposted) -> ClaimCandidate:
        elsewhere = self._is_shown(deposit.deposit_number, line)
        return deposit.candidate(line.references, line.read_at, numbered_elsewhere=elsewhere)

    def _named(self, line: Unposted) -> list[OperatorCode]:
        return sorted(code for token in line.facts.narration.tokens if (code := OperatorCode(token)) in self._operators)

    def _others(self, number: str, line: Unposted) -> Iterable[KnownLine]:
        return [each for each in self._lines_of.get(number, ()) if each.id != line.id]

    def _advice(self, number: str, line: Unposted) -> AdviceCandidate | None:
        """Return the advice of a line's number, unless its bank's letters are another bank's than the line's."""
        advice = self._advices.get(number)
        return None if advice is None or banks_differ(number, advice.written, line.words) else advice

    def _own_credits(self, line: Unposted) -> frozenset[str]:
        """Return the credits advised under the number that a line's description shows."""
        own = [number for number in line.references if undated(number) == line.facts.narration.own]
        return frozenset([each.credit_id for number in own if (each := self._advice(number, line))])

    def _gathering(self, numbers: Iterable[str]) -> Gathering | None:
        """Return the one open advice of some numbers, with all lines that the bank shows under its reference.

        It is the same for each of these lines, whichever is decided first. None where it is not the only advice, where
        one line or none is shown, or one may be of another deposit.
        """
        found = [(number, each) for number in numbers if (each := self._advices.get(number))]
        if len(found) != 1 or len(self._lines_of.get(found[0][0], ())) < 2:
            return None
        ((number, advice),) = found
        if advice.by_cash or advice.state not in _OPEN:
            return None
        shown = [
            each
            for each in self._lines_of[number]
            if each.is_deposit
            and each.became is not Became.SETTLED
            and not banks_differ(number, advice.written, each.words)
        ]
        if len(shown) < 2 or any(self._may_be_another(each, number) for each in shown):
            return None
        lines = sorted(shown, key=lambda each: each.id)
        return Gathering(advice, number, tuple(each.as_part() for each in lines))

    def _may_be_another(self, shown: KnownLine, number: str) -> bool:
        """Say whether a line with a number may be a deposit of its own: it shows another, or another was advised."""
        others = (each for each in shown.references if each != number)
        return shown.own not in {None, undated(number)} or any(each in self._advices for each in others)

    def _akin(self, line: Unposted) -> dict[int, KnownLine]:
        """Return the other lines that a number makes one with a line, by their ids."""
        own = line.facts.narration.own
        return {
            each.id: each
            for number in line.references
            for each in self._others(number, line)
            if each.is_akin(own, number)
        }

    def _is_shown(self, number: str | None, line: Unposted) -> bool:
        """Say whether another line is the deposit of this number."""
        return number is not None and any(each.is_deposit for each in self._others(number, line))

    def _is_spoken_for(self, code: OperatorCode, line: Unposted) -> bool:
        """Say whether the operator told of a deposit of the line's amount and date that no other line can be."""
        places = ((code, line.facts.amount, day) for day in line.facts.days)
        advised = (self._open[credit] for place in places for credit in self._open_at.get(place, ()))
        if any(not self._pays(each, line) for each in advised):
            return True
        told = self._waiting.fitting(line.facts, line.references)
        return any(each.wallet == code and not self._is_shown(each.deposit_number, line) for each in told)

    def _pays(self, advice: OpenAdvice, line: Unposted) -> bool:
        """Say whether another line is the deposit of an advice, or several are: its reference, amount and date."""
        if advice.reference is None:
            return False
        return are_its_deposit(self._gathering([advice.reference])) or any(
            each.is_deposit and each.amount == advice.amount and advice.booked_on in {each.booked_on, each.value_date}
            for each in self._others(advice.reference, line)
        )

    def _credit_becomes(self, credit_id: str, state: str) -> None:
        told = self._open.pop(credit_id, None)
        if told is not None:
            self._open_at[told.wallet, told.amount, told.booked_on].remove(credit_id)
        for reference in self._references_of[credit_id]:
            self._advices[reference] = replace(self._advices[reference], state=state)
