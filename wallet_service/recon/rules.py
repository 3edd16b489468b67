"""The matching rules: what becomes of one line of a bank statement, strongest rule first. Pure.

A rule is automatic only where exactly one answer fits; what contradicts itself, or fits twice, is a person's to decide.
Source: domain facts section 0, A1.6, and C (a reference that fits with another amount or date stays open).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise, rupees_for_people
from wallet_service.recon.narration import Kind, Narration
from wallet_service.recon.statements import Direction


class Disposition(StrEnum):
    """What becomes of a line."""

    TIE = "tie"
    WALLET = "wallet"
    CHARGE = "charge"
    INTEREST = "interest"
    CLAIM = "claim"
    RETURN = "return"
    SUSPENSE = "suspense"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Line:
    """What the rules know of a statement line; *amount* in paise."""

    booked_on: date
    value_date: date
    direction: Direction
    amount: Paise
    narration: Narration


@dataclass(frozen=True, slots=True)
class AdviceCandidate:
    """An advised credit whose bank reference is one of the line's; *credit_id* as callers see it, *state* its own."""

    credit_id: str
    wallet: OperatorCode
    amount: Paise
    booked_on: date
    state: str


@dataclass(frozen=True, slots=True)
class ClaimCandidate:
    """An operator's claim of the line's amount and date, or with its number.

    *by_number* says that the deposit's number is the line's; *claimed_first* that it was made before the line was read
    and was offered no other line yet.
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

    def fits_branch(self, branch: str | None) -> bool:
        """Say whether a line of *branch* may be of this deposit; where either names none, it may."""
        return branch is None or self.branch in {None, branch}


@dataclass(frozen=True, slots=True)
class Candidates:
    """All that the books have for a line.

    *operators* are those of the narration's tokens that are operator codes, each with its wallet's state.
    *reference_used_by_line* is another bank line that has used one of the line's references. *alike* counts the bank's
    lines, this one among them, that amount, date and branch do not tell apart. *spoken_for* are the operators named who
    have an open advice or claim of the line's amount and date.
    """

    advices: tuple[AdviceCandidate, ...] = ()
    operators: Mapping[OperatorCode, str] = field(default_factory=dict)
    reference_used_by_line: int | None = None
    claims: tuple[ClaimCandidate, ...] = ()
    alike: int = 1
    spoken_for: frozenset[OperatorCode] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a line, by which rule and version, from what the rule saw, and why, in words.

    *target* is the credit of a `TIE` or `RETURN`, the claim of a `CLAIM`, the operator code of a `WALLET`, and the
    account's code otherwise.
    """

    rule: str
    version: int
    disposition: Disposition
    target: str
    seen: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class _Answer:
    disposition: Disposition
    target: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A matching rule: its name, its version (raised with each change of what it decides), and its question."""

    name: str
    version: int
    ask: Callable[[Line, Candidates], _Answer | None]


def decide(line: Line, candidates: Candidates) -> Decision:
    """Return what becomes of a line: the answer of the first rule of `RULES` that has one. The last rule always has."""
    seen = (
        *(advice.credit_id for advice in candidates.advices),
        *(claim.claim_id for claim in candidates.claims),
        *sorted(candidates.operators),
        *([f"line {candidates.reference_used_by_line}"] if candidates.reference_used_by_line is not None else []),
    )
    for rule in RULES:
        if answer := rule.ask(line, candidates):
            return Decision(rule.name, rule.version, answer.disposition, answer.target, seen, answer.reason)
    raise AssertionError("the last rule has an answer for every line")


def _parked(line: Line, reason: str) -> _Answer:
    """Return the answer that leaves a line to a person: a credit and a debit have different suspense accounts."""
    if line.direction is Direction.INFLOW:
        return _Answer(Disposition.SUSPENSE, "suspense:bank-credits", reason)
    return _Answer(Disposition.DIFFERENCE, "suspense:differences", reason)


def _reversal(line: Line, _: Candidates) -> _Answer | None:
    if not line.narration.reversal:
        return None
    return _parked(line, "The bank takes back or returns another line; a person decides what it undoes.")


def _returned(line: Line, candidates: Candidates) -> _Answer | None:
    if line.direction is not Direction.OUTFLOW or not candidates.advices:
        return None
    tied = [each for each in candidates.advices if each.state == "tied" and each.amount == line.amount]
    if len(tied) == 1:
        words = f"The bank returned the credit {tied[0].credit_id}: same reference, same amount, the other way."
        return _Answer(Disposition.RETURN, tied[0].credit_id, words)
    credit = candidates.advices[0].credit_id
    return _parked(line, f"It has the reference of the credit {credit}: the bank may have returned it.")


def _twice_credited(line: Line, candidates: Candidates) -> _Answer | None:
    other = candidates.reference_used_by_line
    tied = [advice for advice in candidates.advices if advice.state == "tied"]
    if line.direction is not Direction.INFLOW or (other is None and not tied):
        return None
    used = f"bank line {other}" if other is not None else f"the line tied to {tied[0].credit_id}"
    return _parked(line, f"Its reference was used already, by {used}: the bank credited twice, or repeats itself.")


def _advised(line: Line, candidates: Candidates) -> _Answer | None:
    fitting = [advice for advice in _open(line, candidates) if _fits(line, advice)]
    if len(fitting) != 1:
        return None
    advice = fitting[0]
    words = f"Reference, amount and date are those of the credit advised to {advice.wallet}."
    return _Answer(Disposition.TIE, advice.credit_id, words)


def _advised_otherwise(line: Line, candidates: Candidates) -> _Answer | None:
    """The reference fits and the advice as a whole does not: it stays open."""
    if line.direction is not Direction.INFLOW or not candidates.advices:
        return None
    fitting = [advice for advice in _open(line, candidates) if _fits(line, advice)]
    if fitting:
        return _parked(line, f"{len(fitting)} advised credits fit its references; a person decides which.")
    advice = candidates.advices[0]
    if advice.state == "withdrawn":
        return _parked(line, f"The credit advised with its reference, {advice.credit_id}, was withdrawn.")
    if advice.amount != line.amount:
        told, found = rupees_for_people(advice.amount), rupees_for_people(line.amount)
        return _parked(line, f"Its reference was advised as {advice.credit_id} with {told}; the bank shows {found}.")
    return _parked(
        line,
        f"Its reference was advised as {advice.credit_id} for {advice.booked_on:%d/%m/%Y}; the bank booked it on "
        f"{line.booked_on:%d/%m/%Y}.",
    )


def _claimed_by_number(line: Line, candidates: Candidates) -> _Answer | None:
    numbered = [claim for claim in candidates.claims if claim.by_number]
    if not numbered or line.direction is not Direction.INFLOW:
        return None
    fitting = [claim for claim in numbered if claim.amount == line.amount and _on_its_day(line, claim.deposited_on)]
    others = {claim.wallet for claim in fitting} | set(candidates.operators)
    if len(fitting) != 1 or len(others) != 1:
        return _parked(line, f"{len(numbered)} claims have its number and do not all fit; a person decides.")
    if not fitting[0].wallet_open:
        return _parked(line, f"It was claimed by {fitting[0].wallet}, whose wallet is closed.")
    return _Answer(Disposition.CLAIM, fitting[0].claim_id, f"It has the number that {fitting[0].wallet} claimed.")


def _claimed(line: Line, candidates: Candidates) -> _Answer | None:
    """Amount, date and branch decide alone only for the one claim of one line, and only if it was made first."""
    if line.direction is not Direction.INFLOW or line.narration.kind not in {Kind.BRANCH_CASH, Kind.CDM_CASH}:
        return None
    fitting = [claim for claim in candidates.claims if claim.fits_branch(line.narration.branch)]
    if not fitting:
        return None
    claim = fitting[0]
    if len(fitting) > 1 or candidates.alike > 1:
        told = f"{len(fitting)} claims and {candidates.alike} lines have its amount, date and branch"
        return _parked(line, f"{told}: a person decides.")
    if claim.branch is None or line.narration.branch is None:
        unknown = f"{claim.claim_id} has its amount and date, and the branch is not known: a person decides."
        return _parked(line, unknown)
    if not claim.claimed_first:
        late = f"{claim.claim_id} fits, and was made after the line was read, or offered before: a person decides."
        return _parked(line, late)
    if not claim.wallet_open:
        return _parked(line, f"It was claimed by {claim.wallet}, whose wallet is closed.")
    words = f"Amount, date and branch are those that {claim.wallet} claimed before it was read, and of nobody else."
    return _Answer(Disposition.CLAIM, claim.claim_id, words)


def _operator_named(line: Line, candidates: Candidates) -> _Answer | None:
    if line.direction is not Direction.INFLOW or not candidates.operators:
        return None
    if len(candidates.operators) > 1:
        return _parked(line, f"It names {len(candidates.operators)} operators; a person decides which is meant.")
    (operator, state), *_ = candidates.operators.items()
    if state == "closed":
        return _parked(line, f"It names {operator}, whose wallet is closed.")
    if operator in candidates.spoken_for:
        spoken = f"It names {operator}, who also advised or claimed this amount and date: a person decides."
        return _parked(line, spoken)
    return _Answer(Disposition.WALLET, operator, f"It names {operator} and no other operator.")


def _charge(line: Line, _: Candidates) -> _Answer | None:
    if (line.direction, line.narration.kind) != (Direction.OUTFLOW, Kind.CHARGE):
        return None
    return _Answer(Disposition.CHARGE, "bank:charges", "The description is that of a charge of the bank.")


def _interest(line: Line, _: Candidates) -> _Answer | None:
    if (line.direction, line.narration.kind) != (Direction.INFLOW, Kind.INTEREST):
        return None
    return _Answer(Disposition.INTEREST, "bank:interest", "The description is that of interest credited by the bank.")


def _unexplained(line: Line, _: Candidates) -> _Answer | None:
    nobody = "Nobody can be found for it: no advised reference, and no operator named."
    return _parked(line, nobody if line.direction is Direction.INFLOW else "Nothing in the books explains this debit.")


def _open(line: Line, candidates: Candidates) -> list[AdviceCandidate]:
    if line.direction is not Direction.INFLOW:
        return []
    return [advice for advice in candidates.advices if advice.state in {"credited", "awaiting-bank"}]


def _fits(line: Line, advice: AdviceCandidate) -> bool:
    return advice.amount == line.amount and _on_its_day(line, advice.booked_on)


def _on_its_day(line: Line, day: date) -> bool:
    return day in {line.booked_on, line.value_date}


RULES: tuple[Rule, ...] = (
    Rule("reversal", 1, _reversal),
    Rule("returned", 2, _returned),
    Rule("twice-credited", 1, _twice_credited),
    Rule("advised", 1, _advised),
    Rule("advised-otherwise", 1, _advised_otherwise),
    Rule("claimed-by-number", 1, _claimed_by_number),
    Rule("operator-named", 2, _operator_named),
    Rule("claimed", 2, _claimed),
    Rule("charge", 1, _charge),
    Rule("interest", 1, _interest),
    Rule("unexplained", 1, _unexplained),
)
