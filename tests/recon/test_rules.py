"""What becomes of a line, by which rule, and that a person decides wherever more than one answer fits."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.recon.bank_files import FIXTURES, GIVES, read
from wallet_service.identifiers import OperatorCode, strong_reference
from wallet_service.money import Paise, paise
from wallet_service.recon.answers import Disposition
from wallet_service.recon.candidates import AdviceCandidate, Became, Candidates, ClaimCandidate, Line, OtherLine
from wallet_service.recon.narration import parse
from wallet_service.recon.rules import RULES, Decision, decide
from wallet_service.recon.statements import Direction, StatementLine

DAY = date(2026, 4, 2)
HOWRAH, SHIBPUR = OperatorCode("BSKOP0071010"), OperatorCode("BSKOP0071011")
ADVICE = AdviceCandidate("BSKOP0071010-C000001", HOWRAH, Paise(500_00), DAY, "credited")


def credit(description: str = "UPI/CR/609212345678/TEST", amount: int = 500_00) -> Line:
    return Line(DAY, DAY, Direction.INFLOW, Paise(amount), parse(description, ""))


SECOND = replace(ADVICE, credit_id="BSKOP0071011-C000002", wallet=SHIBPUR, amount=Paise(300_00))
DEPOSIT = OtherLine(17, DAY, DAY, Direction.INFLOW, Paise(59_00), reversal=False, earlier=True, became=Became.PARKED)


def another(**facts: Any) -> OtherLine:
    return replace(DEPOSIT, **({"amount": Paise(500_00)} | facts))


def debit(description: str) -> Line:
    return Line(DAY, DAY, Direction.OUTFLOW, Paise(59_00), parse(description, ""))


def outcome(decision: Decision) -> tuple[str, str, str]:
    return decision.rule, decision.disposition.value, decision.target


PARKED = ("suspense", "suspense:bank-credits")


def advices_for(references: tuple[str, ...], tied: set[str]) -> tuple[AdviceCandidate, ...]:
    return tuple(
        AdviceCandidate(
            advice["name"],
            advice["wallet"],
            paise(advice["amount"]),
            date.fromisoformat(advice["booked_on"]),
            "tied" if advice["name"] in tied else "credited",
        )
        for advice in GIVES["advices"]
        if strong_reference(advice["bank_reference"]) in references
    )


def claims_for(line: StatementLine) -> tuple[ClaimCandidate, ...]:
    claims = (
        ClaimCandidate(
            claim["name"],
            claim["wallet"],
            paise(claim["amount"]),
            date.fromisoformat(claim["deposited_on"]),
            claim["branch"],
            by_number=False,
            claimed_first=True,
            wallet_open=True,
        )
        for claim in GIVES["claims"]
    )
    return tuple(claim for claim in claims if (claim.amount, claim.deposited_on) == (line.amount, line.booked_on))


@pytest.mark.parametrize("name", GIVES["statements"])
def test_each_line_of_the_fixtures_becomes_what_they_say(name: str) -> None:
    statement = read((FIXTURES / name).read_bytes())
    places = Counter((line.amount, line.booked_on, line.branch) for line in statement.lines)

    found: list[Decision] = []
    for line in statement.lines:
        told = replace(parse(line.description, line.reference), branch=line.branch)
        candidates = Candidates(
            advices_for(told.references, {decision.target for decision in found}),
            {OperatorCode(code): "open" for code in told.tokens & set(GIVES["operators"])},
            claims=claims_for(line),
            alike=places[line.amount, line.booked_on, line.branch],
            own_credits=frozenset(each.credit_id for each in advices_for((told.own or "",), set())),
        )
        found.append(decide(Line(line.booked_on, line.value_date, line.direction, line.amount, told), candidates))

    expected = [(line["rule"], line["disposition"], line["target"]) for line in GIVES["statements"][name]["lines"]]
    assert [outcome(decision) for decision in found] == expected


@pytest.mark.parametrize("state", ["credited", "awaiting-bank"])
def test_a_reference_with_equal_amount_and_date_ties(state: str) -> None:
    decision = decide(credit(), Candidates((replace(ADVICE, state=state),)))

    assert outcome(decision) == ("advised", "tie", ADVICE.credit_id)
    assert decision.seen == (ADVICE.credit_id,)


def test_the_value_date_is_as_good_as_the_day_of_booking() -> None:
    line = replace(credit(), booked_on=DAY + timedelta(days=1))

    assert decide(line, Candidates((ADVICE,))).disposition is Disposition.TIE


@pytest.mark.parametrize(
    ("advice", "says"),
    [
        (replace(ADVICE, amount=Paise(500_01)), "₹500.01; the bank shows ₹500.00"),
        (replace(ADVICE, booked_on=date(2026, 4, 1)), "for 01/04/2026; the bank booked it on 02/04/2026"),
        (replace(ADVICE, state="withdrawn"), "was withdrawn"),
    ],
)
def test_a_reference_with_another_amount_or_date_stays_open(advice: AdviceCandidate, says: str) -> None:
    decision = decide(credit(), Candidates((advice,), {HOWRAH: "open"}))

    assert outcome(decision) == ("advised-otherwise", *PARKED)
    assert says in decision.reason


def test_two_advices_that_fit_are_a_persons_to_decide() -> None:
    decision = decide(credit(), Candidates((ADVICE, replace(ADVICE, credit_id="BSKOP0071011-C000001", wallet=SHIBPUR))))

    assert outcome(decision) == ("advised-otherwise", *PARKED)
    assert len(decision.seen) == 2


@pytest.mark.parametrize(
    "candidates",
    [
        Candidates((ADVICE,), others=(another(became=Became.MATCHED),)),
        Candidates((), {HOWRAH: "open"}, others=(another(became=Became.MATCHED, earlier=False),)),
        Candidates((), {HOWRAH: "open"}, others=(another(became=Became.PARKED),)),
        Candidates((replace(ADVICE, state="tied"),)),
    ],
)
def test_the_same_reference_amount_and_date_credit_nobody_again(candidates: Candidates) -> None:
    assert outcome(decide(credit(), candidates)) == ("twice-credited", *PARKED)


def test_a_line_in_suspense_with_the_same_reference_does_not_take_what_an_advice_tells_of_another() -> None:
    other = another(became=Became.PARKED, amount=Paise(300_00))

    assert outcome(decide(credit(), Candidates((ADVICE,), others=(other,)))) == ("advised", "tie", ADVICE.credit_id)


@pytest.mark.parametrize("other", [{"amount": 300_00}, {"booked_on": DAY - timedelta(days=9)}, {"earlier": False}])
def test_a_reference_of_two_lines_credits_nobody_by_name(other: dict[str, Any]) -> None:
    candidates = Candidates((), {HOWRAH: "open"}, others=(another(**other),))

    assert outcome(decide(credit(), candidates)) == ("shared-reference", *PARKED)


def test_one_line_pays_the_advices_of_its_references_together() -> None:
    decision = decide(credit(amount=800_00), Candidates((ADVICE, SECOND)))

    assert outcome(decision) == ("advised-together", "together", ADVICE.credit_id)
    assert decision.targets == (ADVICE.credit_id, SECOND.credit_id)


@pytest.mark.parametrize(
    "candidates",
    [
        Candidates((ADVICE, replace(SECOND, amount=Paise(299_99)))),
        Candidates((ADVICE, replace(SECOND, booked_on=date(2026, 4, 1)))),
        Candidates((ADVICE, replace(SECOND, state="awaiting-bank"))),
        Candidates((ADVICE, replace(SECOND, state="tied"))),
        Candidates((ADVICE, replace(SECOND, state="withdrawn"))),
        Candidates((ADVICE, SECOND, replace(SECOND, credit_id="BSKOP0071011-C000009"))),
        Candidates((ADVICE, SECOND, replace(SECOND, credit_id="BSKOP0071011-C000009", amount=Paise(800_00)))),
        Candidates((ADVICE, SECOND), others=(another(amount=Paise(1)),)),
        Candidates((ADVICE, SECOND), crowded=True),
    ],
)
def test_a_sum_that_is_not_the_only_one_or_not_alone_stays_open(candidates: Candidates) -> None:
    assert outcome(decide(credit(amount=800_00), candidates)) == ("advised-otherwise", *PARKED)


@pytest.mark.parametrize(
    ("operators", "rule", "disposition", "target"),
    [
        ({HOWRAH: "open"}, "operator-named", "wallet", HOWRAH),
        ({HOWRAH: "frozen"}, "operator-named", "wallet", HOWRAH),
        ({HOWRAH: "closed"}, "operator-named", *PARKED),
        ({HOWRAH: "open", SHIBPUR: "open"}, "operator-named", *PARKED),
        ({HOWRAH: "open", SHIBPUR: "closed"}, "operator-named", *PARKED),
        ({}, "unexplained", *PARKED),
    ],
)
def test_only_one_operator_named_is_credited(
    operators: dict[OperatorCode, str], rule: str, disposition: str, target: str
) -> None:
    decision = decide(credit("CASH DEPOSIT-CASH DEPOSIT SELF"), Candidates(operators=operators))

    assert outcome(decision) == (rule, disposition, target)


@pytest.mark.parametrize(
    ("line", "rule", "disposition", "target"),
    [
        (debit("CASH HANDLING CHARGES--"), "charge", "charge", "bank:charges"),
        (credit("CASH HANDLING CHARGES--"), "unexplained", *PARKED),
        (credit("CREDIT INTEREST---"), "interest", "interest", "bank:interest"),
        (debit("CREDIT INTEREST---"), "unexplained", "difference", "suspense:differences"),
        (debit("REVERSAL OF CREDIT"), "reversal", "difference", "suspense:differences"),
        (debit("TO TRANSFER-INB GST PAYMENT"), "unexplained", "difference", "suspense:differences"),
    ],
)
def test_charges_and_interest_count_on_their_own_side_only(
    line: Line, rule: str, disposition: str, target: str
) -> None:
    assert outcome(decide(line, Candidates())) == (rule, disposition, target)


def test_a_reversal_credits_nobody_whatever_it_names() -> None:
    line = credit("UPI/REV/609212345678/TEST")

    decision = decide(line, Candidates((ADVICE,), {HOWRAH: "open"}))

    assert outcome(decision) == ("reversal", *PARKED)


def test_a_debit_with_the_reference_of_an_advice_is_never_tied_to_it() -> None:
    decision = decide(debit("UPI/DR/609212345678/TEST"), Candidates((replace(ADVICE, amount=Paise(59_00)),)))

    assert outcome(decision) == ("returned", "difference", "suspense:differences")


def test_rules_have_names_of_their_own_and_versions() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.version >= 1 for rule in RULES)
