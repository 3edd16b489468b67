"""A department gets what was collected for it: due by the day, never negative, advised by two persons, paid once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial

import pytest

from tests.at_once import answers, at_once, connect
from tests.books import Books
from tests.payments.desk import CHECKER, MAKER
from tests.payments.settling import MONDAY, Treasury
from wallet_service.embedded.children import wait_until
from wallet_service.errors import (
    NothingDue,
    RefundNeedsApproval,
    SamePerson,
)
from wallet_service.identifiers import DebitId
from wallet_service.ledger import bank_days
from wallet_service.ledger.bank_days import Holiday
from wallet_service.money import rupees
from wallet_service.payments import approvals, settlements

POWER = "department:POD:001"
DAY = timedelta(days=1)
_REFUND_IN_FLIGHT = """
SELECT (refund(%s, 'in-flight', sha256('in flight'), %s, %s, 3000, 'failed', 'not taken')).outcome
"""


@pytest.fixture
def treasury(books: Books) -> Treasury:
    return Treasury(books)


def test_what_a_day_collected_is_due_net_of_its_refunds_and_a_shortfall_is_carried_over(
    treasury: Treasury, books: Books
) -> None:
    howrah = books.wallet("1000.00")
    first = books.pay(howrah, "100.00").debit
    books.refund(first.id, "30.00")
    treasury.next_day()
    books.refund(first.id, "50.00")
    treasury.next_day()
    books.pay(howrah, "20.00")
    treasury.next_day()
    books.pay(howrah, "45.00")
    treasury.next_day()

    assert treasury.told() == [
        ("001", "70.00", "0.00", "due"),
        ("001", "0.00", "50.00", "nil"),
        ("001", "0.00", "30.00", "nil"),
        ("001", "15.00", "0.00", "due"),
    ]
    assert [(each.payments, each.refunds, rupees(each.brought_forward)) for each in treasury.settled()] == [
        (1, 1, "0.00"),
        (0, 1, "0.00"),
        (1, 0, "50.00"),
        (1, 0, "30.00"),
    ]
    assert books.faults() == {}


def test_drawing_up_many_days_at_once_gives_what_each_night_gives(treasury: Treasury, books: Books) -> None:
    howrah, paid = books.wallet("1000.00"), []
    for money in ("100.00", "40.00", "60.00", "10.00", "80.00"):
        paid.append(books.pay(howrah, money).debit)
        for each in paid[-2:-1]:
            books.refund(each.id, rupees(each.amount))
        treasury.next_day()
    one_by_one = treasury.told()
    books.pay(howrah, "5.00")  # In the open day, of which nothing is due.

    books.spoil("TRUNCATE settlement_days CASCADE")
    with books.database.transaction() as connection:
        drawn = settlements.draw_up(connection, treasury.today)
        again = settlements.draw_up(connection, treasury.today)

    assert (drawn, again) == (5, 0)
    assert treasury.told() == one_by_one
    assert books.faults() == {}


def test_an_advice_is_made_by_two_persons_and_paid_by_the_line_that_names_it(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    books.pay(howrah, "11.00", service="002")
    treasury.next_day()
    proposed = treasury.propose()
    with pytest.raises(SamePerson):
        treasury.approve(proposed, by=MAKER)

    approved = treasury.approve(proposed)
    advice = treasury.advice("SA2728000001")
    told = treasury.payable(POWER)
    _, rule, became = treasury.bank_shows("-111.00", f"TO TRANSFER-{advice.number} POWER--")

    assert proposed.payload["amount"] == "111.00"
    assert [each["service"] for each in proposed.payload["settlements"]] == ["001", "002"]
    assert (approved.state, advice.state, advice.proposed_by, advice.approved_by) == (
        *("approved", "advised", MAKER, CHECKER),
    )
    assert {name: amount for name, amount in told.items() if amount != "0.00"} == {
        "balance": "100.00",
        "advised": "100.00",
    }
    assert (rule, became) == ("settled", "settlement")
    paid = treasury.advice(advice.number)
    assert (paid.state, [each.entry for each in paid.settlements]) == ("paid", ["house-000002", "house-000003"])
    assert books.entries("house")[1:] == [
        ("settlement", POWER, "bank:sbi:pool", "100.00"),
        ("settlement", "department:POD:002", "bank:sbi:pool", "11.00"),
    ]
    assert books.account(POWER) == "0.00"
    assert {each.state for each in treasury.settled()} == {"paid"}
    assert books.faults() == {}


def test_of_two_proposals_for_one_settlement_the_second_is_stale(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    treasury.next_day()

    first, second = treasury.propose(), treasury.propose()
    treasury.approve(first)
    stale = treasury.approve(second)

    assert (stale.state, "advised already" in str(stale.reason)) == ("stale", True)
    with pytest.raises(NothingDue):
        treasury.propose()


@pytest.mark.parametrize(
    ("bank_days_", "payable"),
    [(0, MONDAY + 4 * DAY), (1, MONDAY + 7 * DAY), (2, MONDAY + 9 * DAY)],
)
def test_a_departments_term_counts_the_banks_working_days(
    treasury: Treasury, books: Books, bank_days_: int, payable: date
) -> None:
    with books.database.transaction() as connection:
        settlements.set_term(connection, "POD", bank_days_, by="test")
        bank_days.add_holiday(connection, Holiday(MONDAY + 8 * DAY, "Rath Yatra", None), by="test")
    howrah = books.wallet("1000.00")
    treasury.next_day(4)
    books.pay(howrah, "100.00")  # On a Friday; the second Saturday of July is no working day.
    treasury.next_day((payable - treasury.today).days or 1)

    assert [each.payable_on for each in treasury.settled()] == [payable]
    if bank_days_:
        assert treasury.advise().amount == 10_000
    treasury.next_day(10)
    (late,) = treasury.settled()
    assert late.overdue_bank_days > 5


def test_what_is_not_payable_yet_is_not_advised(treasury: Treasury, books: Books) -> None:
    with books.database.transaction() as connection:
        settlements.set_term(connection, "POD", 3, by="test")
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    treasury.next_day()

    with pytest.raises(NothingDue) as error:
        treasury.propose()

    assert error.value.facts == {"department": "POD", "payable_on": MONDAY + 3 * DAY}


def test_a_day_that_went_back_later_is_not_paid_with_other_peoples_money(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "30.00")
    treasury.next_day()
    whole = books.pay(howrah, "100.00").debit
    treasury.next_day()
    shown = treasury.propose()
    books.refund(whole.id, "100.00")
    stale = treasury.approve(shown)
    books.pay(howrah, "7.00", service="002")
    treasury.next_day()

    advice = treasury.advise()
    treasury.next_day(2)
    books.pay(howrah, "100.00")
    with pytest.raises(NothingDue):
        treasury.propose("POD", last=treasury.today)
    treasury.next_day(3)

    assert (stale.state, "owes no more than 30.00" in str(stale.reason)) == ("stale", True)
    assert [(each.service, rupees(each.amount)) for each in advice.settlements] == [("001", "30.00"), ("002", "7.00")]
    assert [rupees(each.amount) for each in treasury.advise().settlements] == ["100.00"]
    assert treasury.payable(POWER)["balance"] == "130.00"
    assert books.faults() == {}


def test_numbers_of_advices_begin_anew_with_the_financial_year(books: Books) -> None:
    treasury = Treasury(books, first=date(2028, 3, 27))
    howrah = books.wallet("1000.00")
    numbers = []
    for _ in range(3):
        books.pay(howrah, "10.00")
        treasury.next_day(3)
        numbers.append((treasury.today, treasury.advise().number))

    assert numbers == [
        (date(2028, 3, 30), "SA2728000001"),
        (date(2028, 4, 2), "SA2829000001"),
        (date(2028, 4, 5), "SA2829000002"),
    ]


def test_a_client_refunds_what_failed_only_while_its_day_is_in_no_advice(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    settled, elsewhere = books.pay(howrah, "100.00").debit, books.pay(howrah, "40.00", department="LND").debit
    treasury.next_day()
    books.pay(howrah, "1.00")  # So that no more goes back today than comes in.
    books.refund(settled.id, "1.00")
    advice = treasury.advise()

    with pytest.raises(RefundNeedsApproval) as error:
        books.refund(settled.id, "1.00", key="late")
    books.refund(elsewhere.id, "1.00")
    treasury.call_off(advice)
    books.refund(settled.id, "1.00")
    with pytest.raises(RefundNeedsApproval):
        books.refund(settled.id, "1.00", key="late")

    assert error.value.facts == {
        "debit": settled.id,
        "cause": "failed",
        "paid_on": MONDAY.isoformat(),
        "settled_by": advice.number,
    }


def test_of_two_approvals_at_once_for_one_settlement_one_writes_an_advice(treasury: Treasury, books: Books) -> None:
    connect(books.database, 6)
    books.pay(books.wallet("1000.00"), "100.00")
    treasury.next_day()
    proposed = [treasury.propose() for _ in range(4)]

    outcomes = answers(at_once([partial(treasury.approve, each) for each in proposed]))

    assert sorted(each.state for each in outcomes) == ["approved", "stale", "stale", "stale"]
    assert treasury.advice("SA2728000001").amount == 10_000
    assert books.faults() == {}


def test_a_refund_waits_for_an_advice_of_its_day_that_is_being_approved(treasury: Treasury, books: Books) -> None:
    paid = books.pay(books.wallet("1000.00"), "100.00").debit
    treasury.next_day()
    proposed = treasury.propose()

    with ThreadPoolExecutor(1) as thread:
        with books.database.transaction() as connection:
            approvals.approve(connection, proposed.id, proposed.payload_sha256, by=CHECKER)
            refunded = thread.submit(lambda: books.refund(paid.id, "1.00"))
            assert wait_until(lambda: _somebody_waits(books), 10.0)
        with pytest.raises(RefundNeedsApproval):
            refunded.result(30)

    assert treasury.payable(POWER)["balance"] == "100.00"


def test_an_approval_waits_for_a_refund_of_its_day_and_takes_what_is_left(treasury: Treasury, books: Books) -> None:
    paid = books.pay(books.wallet("1000.00"), "100.00").debit
    treasury.next_day()
    proposed = treasury.propose()

    with ThreadPoolExecutor(1) as thread:
        with books.database.transaction() as connection:
            number = DebitId.parse(paid.id)
            asked = (books.client, number.book, number.number)
            outcome = connection.exec_driver_sql(_REFUND_IN_FLIGHT, asked).scalar_one()
            approved = thread.submit(lambda: treasury.approve(proposed))
            assert wait_until(lambda: _somebody_waits(books), 10.0)
        told = approved.result(30)

    assert (outcome, told.state) == ("refunded", "stale")
    assert told.reason is not None
    assert told.reason.startswith("Service 001 went back in part since")
    assert books.faults() == {}


def _somebody_waits(books: Books) -> bool:
    with books.database.statement() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'"
        )
        return bool(found.scalar_one())
