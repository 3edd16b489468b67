"""What the bank takes back, gives back and charges for, as the rules decide it: one line of one number, or a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.recon.test_rules import ADVICE, DAY, DEPOSIT, HOWRAH, PARKED, SECOND, another, credit, debit, outcome
from wallet_service.money import Paise
from wallet_service.recon.announced import Announcement
from wallet_service.recon.candidates import Became, Candidates, ClaimCandidate, Line, OtherLine
from wallet_service.recon.rules import decide
from wallet_service.recon.statements import Direction

WITHDRAWAL = replace(DEPOSIT, direction=Direction.OUTFLOW)
SAME = replace(WITHDRAWAL, same_own=True)
IN_WALLET = replace(DEPOSIT, became=Became.MATCHED, in_wallet=True)
CLAIM = ClaimCandidate(
    "BSKOP0071010-L000001", HOWRAH, Paise(59_00), DAY, "04292", by_number=False, claimed_first=True, wallet_open=True
)


@pytest.mark.parametrize(
    ("line", "others", "rule", "disposition", "target"),
    [
        (debit("NEFT RETURN"), (), "reversal", "difference", "suspense:differences"),
        (debit("REVERSAL"), (DEPOSIT,), "returned", "undo", "line 17"),
        (debit("BACK"), (replace(IN_WALLET, same_own=True),), "returned", "undo", "line 17"),
        (debit("REVERSAL"), (IN_WALLET,), "returned", "undo", "line 17"),
        (debit("BACK"), (IN_WALLET,), "returned", "difference", "suspense:differences"),
        (debit("BACK"), (replace(DEPOSIT, amount=Paise(1)),), "returned", "difference", "suspense:differences"),
        (debit("BACK"), (DEPOSIT, replace(DEPOSIT, line=18)), "returned", "difference", "suspense:differences"),
        (debit("BACK"), (replace(DEPOSIT, became=Became.SETTLED),), "returned", "difference", "suspense:differences"),
        (debit("BACK"), (replace(DEPOSIT, became=Became.MATCHED),), "returned", "difference", "suspense:differences"),
        (credit("UPI/REV/609212345678/X", 59_00), (WITHDRAWAL,), "reversal", "undo", "line 17"),
        (credit("UPI/CR/609212345678/X", 59_00), (WITHDRAWAL,), "reversal", *PARKED),
        (credit("UPI/CR/609212345678/X", 59_00), (replace(WITHDRAWAL, same_own=True),), "reversal", *PARKED),
        (credit("UPI/REV/609212345678/X", 58_00), (WITHDRAWAL,), "reversal", *PARKED),
        (credit("UPI/CR/609212345678/X", 58_00), (WITHDRAWAL,), "reversal", *PARKED),
        (credit("UPI/REV/609212345678/X", 59_00), (replace(WITHDRAWAL, became=Became.SETTLED),), "reversal", *PARKED),
        (credit("UPI/REV/609212345678/X", 59_00), (replace(WITHDRAWAL, earlier=False),), "reversal", *PARKED),
    ],
)
def test_the_bank_undoes_the_one_line_of_the_same_reference_and_amount_that_went_the_other_way(
    line: Line, others: tuple[OtherLine, ...], rule: str, disposition: str, target: str
) -> None:
    decision = decide(line, Candidates(operators={HOWRAH: "open"}, others=others))

    assert outcome(decision) == (rule, disposition, target)


@pytest.mark.parametrize(
    ("facts", "rule", "disposition", "target"),
    [
        ({}, "reversal", "undo", "line 17"),
        ({"operators": {HOWRAH: "open"}}, "reversal", *PARKED),
        ({"operators": {HOWRAH: "closed"}}, "reversal", *PARKED),
        ({"announced": (Announcement("609212345678", HOWRAH, Paise(59_00), DAY),)}, "reversal", *PARKED),
        ({"claims": (CLAIM,)}, "reversal", *PARKED),
        ({"claims": (replace(CLAIM, by_number=True),)}, "claimed-by-number", "claim", CLAIM.claim_id),
        ({"others": (WITHDRAWAL,)}, "reversal", *PARKED),
        ({"others": (SAME, replace(SAME, line=18))}, "reversal", *PARKED),
    ],
)
def test_money_in_explains_a_debit_without_such_words_only_by_its_own_number_and_where_it_is_nobodys(
    facts: dict[str, Any], rule: str, disposition: str, target: str
) -> None:
    line = credit("UPI/CR/609212345678/X", 59_00)

    assert outcome(decide(line, Candidates(**({"others": (SAME,)} | facts)))) == (rule, disposition, target)


@pytest.mark.parametrize(
    ("own", "words", "disposition", "target"),
    [
        ({ADVICE.credit_id}, "BACK", "return", ADVICE.credit_id),
        ({SECOND.credit_id}, "BACK", "difference", "suspense:differences"),
        (set(), "BACK", "difference", "suspense:differences"),
        (set(), "REVERSAL", "return", ADVICE.credit_id),
    ],
)
def test_an_advised_credit_goes_back_under_the_number_that_the_debit_shows_or_by_its_words(
    own: set[str], words: str, disposition: str, target: str
) -> None:
    advice = replace(ADVICE, amount=Paise(59_00), state="tied")

    decision = decide(debit(words), Candidates((advice, SECOND), own_credits=frozenset(own)))

    assert outcome(decision) == ("returned", disposition, target)


@pytest.mark.parametrize(
    ("candidates", "rule", "disposition", "target"),
    [
        (Candidates((ADVICE,), others=(another(),)), "charge", "charge", "bank:charges"),
        (
            Candidates(others=(replace(DEPOSIT, became=Became.SETTLED),)),
            "returned",
            "difference",
            "suspense:differences",
        ),
        (Candidates((replace(ADVICE, amount=Paise(59_00)),)), "returned", "difference", "suspense:differences"),
    ],
)
def test_a_charge_under_the_number_of_a_deposit_of_another_amount_is_a_charge(
    candidates: Candidates, rule: str, disposition: str, target: str
) -> None:
    assert outcome(decide(debit("COMM-YESAP60920012345"), candidates)) == (rule, disposition, target)


def test_what_was_credited_twice_goes_back_from_suspense_before_the_wallet_is_touched() -> None:
    advice = replace(ADVICE, amount=Paise(59_00), state="tied")

    matched = replace(DEPOSIT, became=Became.MATCHED)

    one = decide(
        debit("BACK"), Candidates((advice,), others=(matched, DEPOSIT), own_credits=frozenset({advice.credit_id}))
    )
    none = decide(debit("BACK"), Candidates((advice,), others=(matched,), own_credits=frozenset({advice.credit_id})))

    assert outcome(one) == ("returned", "undo", "line 17")
    assert outcome(none) == ("returned", "return", ADVICE.credit_id)
