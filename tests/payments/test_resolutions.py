"""What each resolution does once it is approved: its entries, what stays open, and what no longer can be done."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.books import Books, set_clock
from tests.payments.desk import MAKER, Finance
from tests.payments.test_claims import CASH, statement
from tests.recon.test_bank_files import OPERATORS, Desk
from wallet_service.errors import (
    BeingReturned,
    BreakNotFound,
    InvalidRequest,
    RefundNeedsApproval,
    ResolutionNotPossible,
)
from wallet_service.identifiers import ClaimId
from wallet_service.money import paise
from wallet_service.payments import adjustments, claims


@pytest.fixture
def finance(books: Books) -> Finance:
    return Finance(books)


def test_money_ordered_back_stays_open_until_the_bank_shows_it_going(finance: Finance, books: Books) -> None:
    howrah = books.wallet()
    line = finance.parked("500.00", reference="SBIN400000000001")

    ordered = finance.approve(finance.propose(finance.about(line), "return-to-sender"))

    assert (ordered.state, ordered.entries) == ("approved", [])
    assert books.account("suspense:bank-credits") == "-500.00"
    with pytest.raises(BeingReturned):
        books.advise(howrah, "500.00", reference="SBIN400000000001")
    with pytest.raises(ResolutionNotPossible):
        finance.propose(finance.about(line), "credit-wallet", wallet=howrah)
    assert finance.breaks() == [("unmatched-credit", "500.00")]
    finance.goes_out("500.00", reference="SBIN400000000001")
    assert (finance.breaks(), books.account("suspense:bank-credits")) == ([], "0.00")
    assert books.faults() == {}


def test_a_return_that_was_called_off_can_be_credited(finance: Finance, books: Books) -> None:
    howrah = books.wallet()
    line = finance.parked("500.00", reference="SBIN400000000001")
    finance.approve(finance.propose(finance.about(line), "return-to-sender"))

    finance.approve(finance.propose(finance.about(line), "call-off-return"))
    books.advise(howrah, "500.00", reference="SBIN400000000001")

    assert books.current(howrah) == "500.00"
    assert books.faults() == {}


def test_a_return_under_another_number_is_explained_by_two_persons(finance: Finance, books: Books) -> None:
    line = finance.parked("500.00")
    howrah = books.wallet()
    finance.approve(finance.propose(finance.about(line), "credit-wallet", wallet=howrah, amount="200.00"))
    outflow = finance.goes_out("300.00")

    explained = finance.approve(finance.propose(f"unexplained-debit:bank-line-{outflow}", "explain-return", line=line))

    posted = books.entries("house")
    assert explained.entries == [f"house-{len(posted):06d}"]
    assert posted[-1][:3] == ("difference-explained", "suspense:bank-credits", "suspense:differences")
    assert finance.breaks() == []
    assert books.faults() == {}


def test_what_nobody_can_explain_is_written_off_in_parts(finance: Finance, books: Books) -> None:
    outflow = finance.goes_out("59.00", opening="1000.00")
    about = f"unexplained-debit:bank-line-{outflow}"

    for amount in ("9.00", None):
        assert finance.approve(finance.propose(about, "write-off", amount=amount)).state == "approved"

    assert (books.account("bank:charges"), books.account("suspense:differences")) == ("59.00", "0.00")
    assert finance.breaks() == []
    assert books.faults() == {}


def test_an_untied_advice_is_withdrawn_and_what_is_spent_is_owed(finance: Finance, books: Books) -> None:
    shift = set_clock(books)
    howrah = books.wallet()
    credit = books.advise(howrah, "500.00").credit.id
    books.pay(howrah, "200.00")
    shift("7 days")

    withdrawn = finance.approve(finance.propose(f"untied-advice:{credit}", "withdraw-advice"))

    assert withdrawn.entries == [f"{howrah}-000003", "house-000001"]
    assert (books.current(howrah), books.account(f"receivable:{howrah}")) == ("0.00", "200.00")
    assert finance.breaks() == [("owed-by-operator", "200.00")]
    assert books.faults() == {}


def test_an_advice_that_the_bank_showed_meanwhile_is_not_withdrawn(finance: Finance, books: Books) -> None:
    shift = set_clock(books)
    howrah = books.wallet()
    credit = books.advise(howrah, "500.00", reference="SBIN400000000001").credit.id
    shift("7 days")
    proposed = finance.propose(f"untied-advice:{credit}", "withdraw-advice")

    finance.comes_in("500.00", reference="SBIN400000000001")

    assert finance.approve(proposed).state == "stale"
    assert books.current(howrah) == "500.00"
    assert books.faults() == {}


def test_a_break_waits_until_a_day_and_moves_nothing(finance: Finance, books: Books) -> None:
    line = finance.parked("10.00")
    next_year = books.today() + timedelta(days=365)

    waits = finance.approve(finance.propose(finance.about(line), "wait", until=next_year))

    assert (waits.state, waits.entries) == ("approved", [])
    assert waits.payload["until"] == next_year.isoformat()
    assert finance.breaks() == [("unmatched-credit", "10.00")]


def test_a_claim_takes_the_line_that_two_persons_chose_and_the_other_is_put_aside(books: Books) -> None:
    desk = Desk(books)
    finance = Finance(books)
    claims_ = [books.claim(wallet, "7500.00").claim.id for wallet in OPERATORS[:2]]
    file = desk.release(desk.receive(statement((CASH, "4292", 7500))))
    line = desk.lines(file)[0].id

    finance.approve(finance.propose(f"offered-claim:{claims_[0]}", "credit-wallet", line=line))
    finance.approve(finance.propose(f"offered-claim:{claims_[1]}", "mark-as-duplicate"))

    assert [books.current(wallet) for wallet in OPERATORS[:2]] == ["7500.00", "0.00"]
    with books.database.statement() as connection:
        states = [claims.get(connection, ClaimId.parse(each), client_id=None).state for each in claims_]
    assert states == ["tied", "withdrawn"]
    assert finance.breaks() == []
    assert books.faults() == {}


def test_a_repeated_line_is_marked_as_the_duplicate_of_an_equal_one_only(finance: Finance, books: Books) -> None:
    first, other = finance.parked("300.00"), finance.parked("10.00")
    second = finance.parked("300.00")

    with pytest.raises(ResolutionNotPossible):
        finance.propose(finance.about(second), "mark-as-duplicate", line=other)
    marked = finance.approve(finance.propose(finance.about(second), "mark-as-duplicate", line=first))

    assert (marked.state, marked.entries) == ("approved", [])
    with pytest.raises(ResolutionNotPossible):
        finance.propose(finance.about(second), "credit-wallet", wallet=books.wallet())


def test_a_break_is_resolved_only_in_ways_that_fit_it_and_with_what_they_need(finance: Finance) -> None:
    about = finance.about(finance.parked("10.00"))

    with pytest.raises(ResolutionNotPossible):
        finance.propose(about, "write-off")
    with pytest.raises(InvalidRequest) as error:
        finance.propose(about, "credit-wallet", line=1)
    with pytest.raises(BreakNotFound):
        finance.propose("unmatched-credit:bank-line-999", "return-to-sender")

    assert set(error.value.facts["errors"]) == {"wallet", "line"}


def test_a_refund_by_order_is_finances_and_counts_with_the_others(finance: Finance, books: Books) -> None:
    howrah = books.wallet("500.00")
    paid = books.pay(howrah, "300.00").debit.id
    with pytest.raises(RefundNeedsApproval):
        books.refund(paid, "300.00", cause="paid")
    orders = [finance.order_refund(paid, amount) for amount in ("200.00", "150.00")]

    refunded, stale = (finance.approve(order) for order in orders)

    assert (refunded.state, stale.state) == ("approved", "stale")
    assert refunded.entries == [f"{howrah}-000003"]
    assert books.entries(howrah)[-1] == ("refund", "department:POD:001", f"wallet:{howrah}", "200.00")
    assert books.debit(paid).refunded == paise("200.00")
    assert books.faults() == {}


def test_a_balance_from_before_and_a_limit_are_two_persons_matters(finance: Finance, books: Books) -> None:
    howrah = books.wallet()
    with books.database.transaction() as connection:
        balance = adjustments.propose_balance(connection, howrah, amount=paise("250.00"), reason="list", by=MAKER)
        limits = [
            adjustments.propose_limit(connection, "advice", to=paise(to), reason="season", by=MAKER)
            for to in ("60000.00", "70000.00")
        ]

    done = [finance.approve(each).state for each in (balance, *limits)]

    assert done == ["approved", "approved", "stale"]
    assert finance.approval(balance).entries == [f"{howrah}-000001"]
    assert books.advise(howrah, "60000.00").credit.state == "credited"
    assert books.advise(howrah, "60000.01").credit.reason == "limit-of-an-advice"
    assert books.faults() == {}


def test_a_proposal_of_an_entry_that_nobody_approved_is_found(finance: Finance, books: Books) -> None:
    howrah, line = books.wallet(), finance.parked("10.00")
    finance.approve(finance.propose(finance.about(line), "credit-wallet", wallet=howrah))
    assert books.faults() == {}

    books.spoil("UPDATE decisions SET decision = 'stale'")

    assert any("has no source" in row for row in books.faults()[10])
