"""Nobody resolves alone: one proposes, another decides on exactly what was shown, and it happens once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import psycopg
import pytest

from tests.at_once import answers, at_once, connect, refusals
from tests.books import Books
from tests.payments.desk import CHECKER, MAKER, Finance
from wallet_service.errors import (
    AlreadyDecided,
    NotYourProposal,
    ProposalChanged,
    ResolutionNotPossible,
    SamePerson,
)
from wallet_service.money import paise


@pytest.fixture
def finance(books: Books) -> Finance:
    return Finance(books)


def test_money_in_suspense_is_credited_by_two_persons(finance: Finance, books: Books) -> None:
    howrah, line = books.wallet(), finance.parked("7500.00")

    proposed = finance.propose(finance.about(line), "credit-wallet", wallet=howrah)
    assert (proposed.state, books.current(howrah)) == ("proposed", "0.00")
    approved = finance.approve(proposed)

    assert (approved.state, approved.entries, approved.decided_by) == ("approved", [f"{howrah}-000001"], CHECKER)
    assert books.entries(howrah) == [("suspense-cleared", "suspense:bank-credits", f"wallet:{howrah}", "7500.00")]
    assert finance.breaks() == []
    assert books.faults() == {}


@pytest.mark.parametrize("spelling", [MAKER, MAKER.upper()])
def test_who_proposed_does_not_approve_or_reject(finance: Finance, books: Books, spelling: str) -> None:
    howrah, line = books.wallet(), finance.parked("7500.00")
    proposed = finance.propose(finance.about(line), "credit-wallet", wallet=howrah)

    for decide in (finance.approve, finance.reject):
        with pytest.raises(SamePerson):
            decide(proposed, by=spelling)

    assert finance.approval(proposed).state == "proposed"
    assert books.current(howrah) == "0.00"


def test_the_database_itself_keeps_no_decision_by_the_maker(finance: Finance, books: Books) -> None:
    line = finance.parked("7500.00")
    proposed = finance.propose(finance.about(line), "return-to-sender")
    decision = (
        "INSERT INTO decisions SELECT id, {hash}, proposed_by, '{decision}', '{by}', instant(), NULL"
        f" FROM approvals WHERE id = {proposed.id}"
    )

    refused = []
    for hash_, decided, by in (
        ("payload_hash", "approved", MAKER.upper()),
        ("payload_hash", "stale", MAKER),
        ("payload_hash", "withdrawn", CHECKER),
        ("sha256('another')", "approved", CHECKER),
    ):
        with pytest.raises(psycopg.errors.IntegrityError) as error:
            books.as_owner(decision.format(hash=hash_, decision=decided, by=by))
        refused.append(error.value.diag.constraint_name)

    assert refused == [*["who_proposes_does_not_decide"] * 3, "a_decision_is_on_what_was_proposed"]


def test_a_decision_on_another_payload_than_the_one_proposed_is_refused(finance: Finance, books: Books) -> None:
    howrah, line = books.wallet(), finance.parked("7500.00")
    shown = finance.propose(finance.about(line), "credit-wallet", wallet=howrah, amount="100.00")
    finance.withdraw(shown)
    changed = finance.propose(finance.about(line), "credit-wallet", wallet=howrah, amount="7500.00")

    with pytest.raises(ProposalChanged) as error:
        finance.approve(changed, payload_sha256=shown.payload_sha256)
    with pytest.raises(AlreadyDecided):
        finance.approve(shown)

    assert error.value.facts["payload_sha256"] == changed.payload_sha256
    assert books.current(howrah) == "0.00"
    assert finance.approval(changed).state == "proposed"


def test_checkers_at_once_execute_once(finance: Finance, books: Books) -> None:
    connect(books.database, 8)
    howrah, line = books.wallet(), finance.parked("1000.00")

    for _ in range(5):
        proposed = finance.propose(finance.about(line), "credit-wallet", wallet=howrah, amount="10.00")
        deciding = [finance.approve, finance.approve, finance.approve, finance.reject]
        outcomes = at_once([partial(decide, proposed, by=f"checker-{at}") for at, decide in enumerate(deciding)])

        assert (len(answers(outcomes)), refusals(outcomes)) == (1, ["already-decided"] * 3)
    executed = [entry for each in finance.approvals() if each.state == "approved" for entry in each.entries]
    assert len(books.entries(howrah)) == len(set(executed)) == len(executed)
    assert books.faults() == {}


def test_parts_approved_at_once_never_clear_more_than_there_is(finance: Finance, books: Books) -> None:
    connect(books.database, 8)
    wallets = [books.wallet() for _ in range(3)]
    line = finance.parked("100.00")
    parts = [
        finance.propose(finance.about(line), "credit-wallet", wallet=wallet, amount=amount)
        for amount in ("40.00", "35.00")
        for wallet in wallets
    ]

    outcomes = answers(at_once([partial(finance.approve, part) for part in parts]))

    credited = sum(paise(str(each.payload["amount"])) for each in outcomes if each.state == "approved")
    assert {each.state for each in outcomes} == {"approved", "stale"}
    assert credited <= paise("100.00")
    assert sum(books.balance(wallet).current for wallet in wallets) == credited
    assert books.faults() == {}


def test_a_part_larger_than_what_is_open_cannot_be_proposed(finance: Finance, books: Books) -> None:
    howrah, line = books.wallet(), finance.parked("100.00")
    finance.approve(finance.propose(finance.about(line), "credit-wallet", wallet=howrah, amount="60.00"))

    with pytest.raises(ResolutionNotPossible) as error:
        finance.propose(finance.about(line), "credit-wallet", wallet=howrah, amount="40.01")

    assert "no more than 40.00 is open" in error.value.facts["reason"]


def test_a_proposal_whose_money_an_advice_took_meanwhile_is_stale_and_moves_nothing(
    finance: Finance, books: Books
) -> None:
    howrah, bally = books.wallet(), books.wallet()
    line = finance.parked("500.00", reference="SBIN400000000001")
    proposed = finance.propose(finance.about(line), "credit-wallet", wallet=howrah)

    books.advise(bally, "500.00", reference="SBIN400000000001")
    stale = finance.approve(proposed)

    assert (stale.state, stale.entries) == ("stale", [])
    assert "no more than 0.00 is open" in str(stale.reason)
    assert (books.current(howrah), books.current(bally)) == ("0.00", "500.00")
    assert books.faults() == {}


def test_an_advice_and_an_approval_at_once_credit_once(finance: Finance, books: Books) -> None:
    connect(books.database, 6)
    howrah, bally = books.wallet(), books.wallet()

    for number in range(8):
        reference = f"SBIN40000001{number:04d}"
        line = finance.parked("10.00", reference=reference)
        proposed = finance.propose(finance.about(line), "credit-wallet", wallet=howrah)
        calls: list[Callable[[], object]] = [
            partial(finance.approve, proposed),
            partial(books.advise, bally, "10.00", reference=reference),
        ]
        outcomes = at_once(calls)

        assert (finance.approval(proposed).state, refusals(outcomes)) in [
            ("approved", ["already-credited"]),
            ("stale", []),
        ]
    assert books.balance(howrah).current + books.balance(bally).current == paise("80.00")
    assert books.faults() == {}


def test_only_who_proposed_withdraws(finance: Finance) -> None:
    line = finance.parked("10.00")
    proposed = finance.propose(finance.about(line), "return-to-sender")

    with pytest.raises(NotYourProposal):
        finance.withdraw(proposed, by=CHECKER)
    assert finance.withdraw(proposed).state == "withdrawn"
