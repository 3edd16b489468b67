"""The matching rules: what becomes of one line of a bank statement, strongest rule first. Pure.

A rule is automatic only where exactly one answer fits; what contradicts itself, or fits twice, is a person's to decide.
A rule goes by all lines of the bank that are known, posted or not: the order of lines decides nothing.
Source: domain facts section 0, A1.6, and C (a reference that fits with another amount or date stays open).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wallet_service.identifiers import OperatorCode
from wallet_service.money import rupees_for_people
from wallet_service.recon import announced, parts, returns, settled
from wallet_service.recon.answers import Answer, Disposition, answered, parked
from wallet_service.recon.candidates import AdviceCandidate, Candidates, Line
from wallet_service.recon.narration import Kind
from wallet_service.recon.statements import Direction
from wallet_service.recon.subsets import Choice, only_choice


@dataclass(frozen=True)
class Decision:
    """What becomes of a line, by which rule and version, from what the rule saw, and why, in words.

    *targets* is the credit of a `TIE` or `RETURN`, the credits of a `TIE_TOGETHER`, the credit of a `TIE_IN_PARTS` and
    ``line N`` of each of its other lines, the claim of a `CLAIM`, the
    advices of a `SETTLEMENT`, the operator code of a `WALLET`, ``line N`` of an
    `UNDO`, and the account's code otherwise.
    """

    rule: str
    version: int
    disposition: Disposition
    targets: tuple[str, ...]
    seen: tuple[str, ...]
    reason: str

    @property
    def target(self) -> str:
        """Return the one thing that it is aimed at, or the first of several."""
        return self.targets[0]


@dataclass(frozen=True, slots=True)
class Rule:
    """A matching rule: its name, its version (raised with each change of what it decides), and its question."""

    name: str
    version: int
    ask: Callable[[Line, Candidates], Answer | None]


def decide(line: Line, candidates: Candidates) -> Decision:
    """Return what becomes of a line: the answer of the first rule of `RULES` that has one. The last rule always has."""
    for rule in RULES:
        if answer := rule.ask(line, candidates):
            return Decision(
                rule.name, rule.version, answer.disposition, answer.targets, candidates.names, answer.reason
            )
    raise AssertionError("the last rule has an answer for every line")


def _advised(line: Line, candidates: Candidates) -> Answer | None:
    fitting, choice = _choice(line, candidates)
    if len(choice.places) != 1:
        return None
    advice = fitting[choice.places[0]]
    if other := _announced_to_another(advice.wallet, candidates):
        return parked(line, f"It was advised to {advice.wallet} and announced for {other}: a person decides.")
    words = f"Reference, amount and date are those of the credit advised to {advice.wallet}."
    return answered(Disposition.TIE, advice.credit_id, words)


def _advised_together(line: Line, candidates: Candidates) -> Answer | None:
    """One line pays several advices, to the paisa, where nothing else has any of their references."""
    fitting, choice = _choice(line, candidates)
    chosen = [fitting[place] for place in choice.places]
    if len(chosen) < 2 or candidates.crowded or any(each.is_deposit for each in candidates.others):
        return None
    if any(advice.state != "credited" for advice in chosen):
        return None
    wallets = ", ".join(sorted({advice.wallet for advice in chosen}))
    words = f"{len(chosen)} advised credits ({wallets}) have its references and date and make its amount exactly."
    return Answer(Disposition.TIE_TOGETHER, tuple(advice.credit_id for advice in chosen), words)


def _advised_otherwise(line: Line, candidates: Candidates) -> Answer | None:
    """The reference fits and the advice as a whole does not: it stays open."""
    if line.direction is not Direction.INFLOW or not candidates.advices:
        return None
    _, choice = _choice(line, candidates)
    if choice.several:
        return parked(line, "More than one choice of the credits advised with its references makes its amount.")
    if not choice.told:
        return parked(line, "Too many credits are advised with its references to tell which make its amount.")
    if choice.places:
        return parked(
            line, "Several credits advised with its references make its amount, and not all wait for it alone."
        )
    advice = candidates.advices[0]
    if advice.state == "withdrawn":
        return parked(line, f"The credit advised with its reference, {advice.credit_id}, was withdrawn.")
    if advice.amount != line.amount:
        told, found = rupees_for_people(advice.amount), rupees_for_people(line.amount)
        rest = parts.what_is_missing(line, candidates)
        return parked(
            line, f"Its reference was advised as {advice.credit_id} with {told}; the bank shows {found}.{rest}"
        )
    return parked(
        line,
        f"Its reference was advised as {advice.credit_id} for {advice.booked_on:%d/%m/%Y}; the bank booked it on "
        f"{line.booked_on:%d/%m/%Y}.",
    )


def _choice(line: Line, candidates: Candidates) -> tuple[list[AdviceCandidate], Choice]:
    """Return the advices of a line's references and days that were not withdrawn, and which of them make its amount.

    What is tied already counts too: it may be this line's, so that another choice beside it is not the only one.
    """
    if line.direction is not Direction.INFLOW or not candidates.advices:
        return [], Choice()
    fitting = [each for each in candidates.advices if each.state != "withdrawn" and each.booked_on in line.days]
    return fitting, only_choice([each.amount for each in fitting], line.amount)


def _announced_to_another(wallet: OperatorCode, candidates: Candidates) -> str:
    """Return for whom else the bank announced the line's reference; nobody is empty."""
    return ", ".join(sorted({each.operator for each in candidates.announced if each.operator} - {wallet}))


def _claimed_by_number(line: Line, candidates: Candidates) -> Answer | None:
    numbered = [claim for claim in candidates.claims if claim.by_number]
    if not numbered or line.direction is not Direction.INFLOW:
        return None
    fitting = [claim for claim in numbered if claim.amount == line.amount and claim.deposited_on in line.days]
    others = {claim.wallet for claim in fitting} | set(candidates.operators)
    if len(fitting) != 1 or len(others) != 1:
        return parked(line, f"{len(numbered)} claims have its number and do not all fit; a person decides.")
    if not fitting[0].wallet_open:
        return parked(line, f"It was claimed by {fitting[0].wallet}, whose wallet is closed.")
    if other := _announced_to_another(fitting[0].wallet, candidates):
        return parked(line, f"It was claimed by {fitting[0].wallet} and announced for {other}: a person decides.")
    return answered(Disposition.CLAIM, fitting[0].claim_id, f"It has the number that {fitting[0].wallet} claimed.")


def _claimed(line: Line, candidates: Candidates) -> Answer | None:
    """Amount, date and branch decide alone only for the one claim of one line, and only if it was made first."""
    if line.direction is not Direction.INFLOW or line.narration.kind not in {Kind.BRANCH_CASH, Kind.CDM_CASH}:
        return None
    fitting = [
        claim
        for claim in candidates.claims
        if claim.fits_branch(line.narration.branch) and not claim.numbered_elsewhere
    ]
    if not fitting:
        return None
    claim = fitting[0]
    if len(fitting) > 1 or candidates.alike > 1:
        told = f"{len(fitting)} claims and {candidates.alike} lines have its amount, date and branch"
        return parked(line, f"{told}: a person decides.")
    if claim.branch is None or line.narration.branch is None:
        unknown = f"{claim.claim_id} has its amount and date, and the branch is not known: a person decides."
        return parked(line, unknown)
    if not claim.claimed_first:
        late = f"{claim.claim_id} fits, and was made after the line was read, or offered before: a person decides."
        return parked(line, late)
    if not claim.wallet_open:
        return parked(line, f"It was claimed by {claim.wallet}, whose wallet is closed.")
    words = f"Amount, date and branch are those that {claim.wallet} claimed before it was read, and of nobody else."
    return answered(Disposition.CLAIM, claim.claim_id, words)


def _announced(line: Line, candidates: Candidates) -> Answer | None:
    """A bank told for whom the line's reference is, in a file that moves nothing by itself."""
    if line.direction is not Direction.INFLOW:
        return None
    found = announced.whose(
        line.amount,
        line.days,
        candidates.announced,
        wallets=candidates.announced_to,
        named=frozenset(candidates.operators),
        spoken_for=candidates.spoken_for,
    )
    if found is None or isinstance(found, announced.Doubt):
        return None if found is None else parked(line, found.reason)
    return answered(Disposition.WALLET, found, f"The bank announced its reference, amount and date for {found}.")


def _operator_named(line: Line, candidates: Candidates) -> Answer | None:
    if line.direction is not Direction.INFLOW or not candidates.operators:
        return None
    if len(candidates.operators) > 1:
        return parked(line, f"It names {len(candidates.operators)} operators; a person decides which is meant.")
    (operator, state), *_ = candidates.operators.items()
    if state == "closed":
        return parked(line, f"It names {operator}, whose wallet is closed.")
    if operator in candidates.spoken_for:
        spoken = f"It names {operator}, who also advised or claimed this amount and date: a person decides."
        return parked(line, spoken)
    return answered(Disposition.WALLET, operator, f"It names {operator} and no other operator.")


def _charge(line: Line, _: Candidates) -> Answer | None:
    if (line.direction, line.narration.kind) != (Direction.OUTFLOW, Kind.CHARGE):
        return None
    return answered(Disposition.CHARGE, "bank:charges", "The description is that of a charge of the bank.")


def _interest(line: Line, _: Candidates) -> Answer | None:
    if (line.direction, line.narration.kind) != (Direction.INFLOW, Kind.INTEREST):
        return None
    return answered(Disposition.INTEREST, "bank:interest", "The description is that of interest credited by the bank.")


def _unexplained(line: Line, _: Candidates) -> Answer | None:
    nobody = "Nobody can be found for it: no advised reference, and no operator named."
    return parked(line, nobody if line.direction is Direction.INFLOW else "Nothing in the books explains this debit.")


RULES: tuple[Rule, ...] = (
    Rule("settled", 1, settled.settled),
    Rule("returned", 4, returns.returned),
    Rule("reversal", 3, returns.reversed_),
    Rule("twice-credited", 3, returns.twice_credited),
    Rule("advised", 3, _advised),
    Rule("advised-together", 1, _advised_together),
    Rule("advised-in-parts", 1, parts.advised_in_parts),
    Rule(parts.WAITING, 3, _advised_otherwise),
    Rule("claimed-by-number", 2, _claimed_by_number),
    Rule("shared-reference", 2, returns.shared_reference),
    Rule("announced", 1, _announced),
    Rule("operator-named", 3, _operator_named),
    Rule("claimed", 3, _claimed),
    Rule("charge", 1, _charge),
    Rule("interest", 1, _interest),
    Rule("unexplained", 1, _unexplained),
)
