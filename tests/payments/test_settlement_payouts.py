"""A settlement is paid by the bank's line that names it, to the paisa, once; what differs is for two persons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import psycopg
import pytest

from tests.at_once import at_once, connect, refusals
from tests.bank import BankLine
from tests.books import Books
from tests.payments.desk import MAKER
from tests.payments.settling import Treasury
from wallet_service.errors import (
    AdviceNotOpen,
    ResolutionNotPossible,
)
from wallet_service.money import rupees
from wallet_service.payments import settlement_advices

POWER = "department:POD:001"
DAY = timedelta(days=1)


_TAKEN = "INSERT INTO advised_settlements (advice, settlement, amount_paise, is_live) SELECT advice, settlement"
_DRAWN = (
    "INSERT INTO settlements (account, day, payments, collected_paise, refunds, refunded_paise, rebated_paise,"
    " brought_paise, due_paise, carried_paise)"
)
_PAID = "SELECT post_entry('settlement', debit_account, credit_account, 1, NULL, source, source_number) FROM entries"
_TWICE = (
    f"{_TAKEN}, amount_paise, true FROM advised_settlements",
    f"{_TAKEN}, 1, false FROM advised_settlements",
    "UPDATE advised_settlements SET is_live = false",
    "UPDATE settlement_advices SET called_off = approval",
    f"{_PAID} WHERE kind = 'settlement'",
    f"{_DRAWN} SELECT account, day, 0, 0, 0, 1, 0, 0, 0, 0 FROM settlements",
    f"{_DRAWN} SELECT account, day, 0, 0, 0, 1, 0, 0, 0, 1 FROM settlements",
)


@pytest.fixture
def treasury(books: Books) -> Treasury:
    return Treasury(books)


def test_an_advice_is_paid_by_the_reference_of_its_payout_to_the_paisa_and_by_no_other_banks(
    treasury: Treasury, books: Books
) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    treasury.next_day()
    advice = treasury.utr(treasury.advise(), "SBIN527186000123")

    other = treasury.bank_shows("-100.00", "BY TRANSFER-NEFT*HDFC0000091*HDFC527186000123*X--")
    tied = treasury.bank_shows("-100.00", "TO TRANSFER-NEFT*SBIN0000091*SBIN527186000123*POWER--")
    again = treasury.bank_shows("-100.00", "TO TRANSFER-NEFT*SBIN0000091*SBIN527186000123*POWER--")

    assert [each[1:] for each in (other, tied, again)] == [
        ("unexplained", "difference"),
        ("settled", "settlement"),
        ("settled", "difference"),
    ]
    assert treasury.advice(advice.number).state == "paid"
    assert treasury.breaks()[0] == (f"settlement-differs:bank-line-{again[0]}", "100.00")
    assert books.faults() == {}


def test_one_line_pays_several_advices_of_one_department_and_never_of_two(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    advices = []
    for _ in range(2):
        books.pay(howrah, "100.00")
        books.pay(howrah, "40.00", department="LND")
        treasury.next_day()
        advices += [treasury.advise("POD"), treasury.advise("LND")]
    power, land, more_power, _ = advices

    mixed = treasury.bank_shows("-140.00", f"{power.number} {land.number}")
    one_of_two = treasury.bank_shows("-100.00", f"{power.number} {more_power.number}")
    both = treasury.bank_shows("-200.00", f"{power.number} AND {more_power.number}")

    assert [each[2] for each in (mixed, one_of_two, both)] == ["difference", "difference", "settlement"]
    assert [treasury.advice(each.number).state for each in advices] == ["paid", "excess", "paid", "advised"]
    assert books.faults() == {}


def test_a_payout_that_is_short_is_a_break_until_the_rest_comes_and_two_persons_tie_both(
    treasury: Treasury, books: Books
) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    books.pay(howrah, "20.00", service="002")
    treasury.next_day()
    advice = treasury.advise()

    short, rule, became = treasury.bank_shows("-110.00", advice.number)
    about = f"settlement-differs:bank-line-{short}"
    is_short = treasury.advice(advice.number)
    with pytest.raises(ResolutionNotPossible) as error:
        treasury.tie(about, advice)
    rest, *_ = treasury.bank_shows("-15.00", "TO TRANSFER THE REST")
    shown = treasury.tie(about, advice, line=rest)
    tied = treasury.approve(shown)

    assert (rule, became, is_short.state, shown.payload["amount"]) == ("settled", "difference", "short", "120.00")
    assert is_short.words == f"{advice.number}: ₹120.00 advised, and the bank paid ₹110.00: ₹10.00 short."
    assert "no more than 110.00 is open" in error.value.facts["reason"]
    assert (tied.state, len(tied.entries), treasury.advice(advice.number).state) == ("approved", 2, "paid")
    assert treasury.breaks() == [(f"unexplained-debit:bank-line-{rest}", "5.00")]
    assert books.account("suspense:differences") == "5.00"
    assert books.faults() == {}


def test_a_payout_in_excess_pays_the_advice_and_the_rest_stays_a_break(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    treasury.next_day()
    advice = treasury.advise()

    line, *_ = treasury.bank_shows("-130.00", advice.number)
    (differing,) = treasury.settled()
    shown = treasury.tie(f"settlement-differs:bank-line-{line}", advice)
    tied = treasury.approve(shown)

    assert (differing.state, shown.payload["amount"], tied.state) == ("excess", "100.00", "approved")
    assert treasury.breaks() == [(f"settlement-differs:bank-line-{line}", "30.00")]
    assert treasury.advice(advice.number).state == "paid"
    assert books.faults() == {}


def test_what_a_deposit_that_goes_back_or_a_charge_says_pays_no_settlement(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    treasury.next_day()
    advice = treasury.advise()
    treasury.bank_shows("100.00", reference="SBIN527186000777")

    returned = treasury.bank_shows("-100.00", advice.number, "SBIN527186000777")
    charge = treasury.bank_shows("-5.90", f"COMMISSION {advice.number}")

    assert (returned[1:], charge[1:]) == (("settled", "difference"), ("charge", "charge"))
    assert treasury.advice(advice.number).state == "advised"
    assert books.faults() == {}


def test_an_advice_is_called_off_by_two_persons_and_what_it_took_is_due_again(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    treasury.next_day()
    advice = treasury.advise()

    treasury.call_off(advice)
    anew = treasury.advise()

    assert (treasury.advice(advice.number).state, anew.number) == ("called-off", "SA2728000002")
    with pytest.raises(AdviceNotOpen):
        treasury.utr(advice, "SBIN527186000123")
    assert treasury.bank_shows("-100.00", advice.number)[1:] == ("settled", "difference")
    assert treasury.bank_shows("-100.00", anew.number)[1:] == ("settled", "settlement")
    assert books.faults() == {}


def test_an_advice_of_which_the_bank_paid_a_part_is_not_called_off(treasury: Treasury, books: Books) -> None:
    books.pay(books.wallet("1000.00"), "100.00")
    treasury.next_day()
    advice = treasury.advise()
    with books.database.transaction() as connection:
        asked = settlement_advices.propose_to_call_off(connection, advice.number, reason="a mistake", by=MAKER)
    line, *_ = treasury.bank_shows("-60.00", advice.number)

    stale = treasury.approve(asked)
    with pytest.raises(ResolutionNotPossible) as error:
        treasury.call_off(advice)

    assert f"Bank line {line} names the advice" in error.value.facts["reason"]
    assert (stale.state, treasury.advice(advice.number).state) == ("stale", "short")
    assert books.faults() == {}


def test_a_payout_that_comes_back_is_due_again_and_paid_by_another_advice(treasury: Treasury, books: Books) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    books.pay(howrah, "7.00", service="002")
    treasury.next_day()
    advice = treasury.advise()
    treasury.bank_shows("-107.00", f"TO TRANSFER-NEFT*SBIN0000091*SBIN527186000123*{advice.number}--")

    line, rule, became = treasury.bank_shows("107.00", "NEFT RETURN SBIN527186000123", "SBIN527186000123")
    came_back = treasury.comes_back(f"reversal:bank-line-{line}", advice)
    due = treasury.told()
    treasury.next_day()
    anew = treasury.advise()
    treasury.bank_shows("1.00", "CREDIT INTEREST")  # A place in the chain of balances is a line's own.
    treasury.bank_shows("-107.00", anew.number)

    assert (rule, became, came_back.state, len(came_back.entries)) == ("reversal", "suspense", "approved", 2)
    assert came_back.payload["amount"] == "107.00"
    assert due == [("001", "100.00", "0.00", "due"), ("002", "7.00", "0.00", "due")]
    assert (treasury.advice(advice.number).state, treasury.advice(anew.number).state) == ("returned", "paid")
    assert treasury.bank_shows("-107.00", advice.number)[2] == "difference"
    assert (books.account(POWER), books.account("suspense:bank-credits")) == ("0.00", "0.00")
    treasury.next_day()
    assert books.faults() == {}


def test_the_rows_themselves_keep_a_settlement_from_being_advised_or_paid_twice(
    treasury: Treasury, books: Books
) -> None:
    howrah = books.wallet("1000.00")
    books.pay(howrah, "100.00")
    treasury.next_day()
    advice = treasury.advise()
    treasury.bank_shows("-100.00", advice.number)

    refused = []
    for statement in _TWICE:
        with pytest.raises(psycopg.errors.IntegrityError) as error:
            books.as_owner(statement)
        refused.append(error.value.diag.constraint_name)

    assert refused == [
        "a_settlement_is_advised_once",
        "what_is_advised_is_what_is_due",
        "what_is_called_off_is_not_paid",
        "what_is_paid_is_not_called_off",
        "entries_once_per_source",
        "a_settlement_adds_up",
        "a_service_is_settled_once_a_day",
    ]


def test_an_advice_that_is_paid_and_called_off_at_once_is_one_of_the_two(treasury: Treasury, books: Books) -> None:
    connect(books.database, 4)
    howrah, ends = books.wallet("1000.00"), []

    for number in range(4):  # Until Friday: after that nothing is payable before the next Monday.
        books.pay(howrah, f"{10 + number}.00")
        treasury.next_day()
        advice = treasury.advise()
        file = treasury.bank.file(BankLine(f"-{rupees(advice.amount)}", advice.number))
        acts: list[Callable[[], object]] = [partial(treasury.bank.post, file), partial(treasury.call_off, advice)]
        outcomes = at_once(acts)
        assert refusals(outcomes) == []
        ends.append(treasury.advice(advice.number).state)

    assert set(ends) <= {"paid", "called-off"}
    assert len(treasury.breaks()) == ends.count("called-off")
    assert books.faults() == {}
