"""What moves money does what it says, and the laws hold after it."""

from __future__ import annotations

import pytest

from tests.books import Books, set_clock
from wallet_service.errors import (
    AlreadyCredited,
    CaptureExceedsHold,
    HoldClosed,
    HoldExpired,
    InsufficientFunds,
    KeyAbandoned,
)


def test_a_payment_the_department_refuses_frees_the_money(books: Books) -> None:
    howrah = books.wallet("500.00")
    payment = books.hold(howrah, "200.00")

    books.void(payment.debit.id)

    assert books.available(howrah) == "500.00"
    assert books.faults() == {}


def test_a_hold_is_captured_in_part_and_the_rest_is_free(books: Books) -> None:
    howrah = books.wallet("500.00")
    held = books.hold(howrah, "200.00")

    answer = books.capture(held.debit.id, "150.00")

    assert (answer.debit.state, answer.debit.captured, answer.debit.released) == ("captured", 15000, 5000)
    assert (books.current(howrah), books.available(howrah)) == ("350.00", "350.00")
    with pytest.raises(HoldClosed):
        books.capture(held.debit.id)
    assert books.faults() == {}


def test_a_refusal_is_the_answer_of_its_key_even_after_a_top_up(books: Books) -> None:
    howrah = books.wallet("100.00")
    with pytest.raises(InsufficientFunds) as first:
        books.pay(howrah, "150.00", ticket="T", key="once")
    books.advise(howrah, "1000.00")

    with pytest.raises(InsufficientFunds) as again:
        books.pay(howrah, "150.00", ticket="T", key="once")

    assert (first.value.replayed, again.value.replayed) == (False, True)
    assert again.value.facts == first.value.facts
    assert books.current(howrah) == "1100.00"


def test_an_abandoned_key_never_pays(books: Books) -> None:
    howrah = books.wallet("100.00")
    books.abandon("gone")

    with pytest.raises(KeyAbandoned):
        books.pay(howrah, "10.00", key="gone")

    assert books.current(howrah) == "100.00"


def test_a_lapsed_hold_is_captured_late_if_money_is_there_and_refused_if_not(books: Books) -> None:
    shift = set_clock(books)
    howrah = books.wallet("100.00")
    kept, lost = books.hold(howrah, "40.00", expires_in=60), books.hold(howrah, "60.00", expires_in=60)
    shift("2 hours")
    books.pay(howrah, "50.00")

    late = books.capture(kept.debit.id)
    with pytest.raises(HoldExpired) as refused:
        books.capture(lost.debit.id)

    assert late.debit.late
    assert refused.value.facts["needed_paise"] == 6000
    assert books.current(howrah) == "10.00"
    assert books.faults() == {}


def test_one_reference_is_credited_once_however_it_is_spelled(books: Books) -> None:
    howrah = books.wallet()
    books.advise(howrah, "500.00", reference="HDFCR52025040212345678")

    with pytest.raises(AlreadyCredited):
        books.advise(howrah, "500.00", reference="R52025040212345678")

    assert books.current(howrah) == "500.00"
    assert books.account("transit:top-ups") == "500.00"


def test_a_day_closes_and_later_entries_stand_in_the_next(books: Books) -> None:
    howrah = books.wallet("500.00")
    books.pay(howrah, "100.00")
    today = books.today()

    books.close_day(today)
    books.pay(howrah, "50.00")

    assert books.trial_balance().difference == 0
    assert books.account("department:POD:001") == "-150.00"
    closed = {str(line.account): line.credit for line in books.trial_balance(today).lines}
    assert closed["department:POD:001"] == 10000
    assert closed["wallet:*"] == 40000
    assert books.faults() == {}


def test_no_more_is_captured_than_was_held(books: Books) -> None:
    howrah = books.wallet("500.00")
    held = books.hold(howrah, "200.00")

    with pytest.raises(CaptureExceedsHold):
        books.capture(held.debit.id, "200.01")

    assert books.available(howrah) == "300.00"


def test_an_entry_brought_in_is_reversed_once_with_its_mirror_image(books: Books) -> None:
    howrah = books.wallet()
    entry = books.bring_in(howrah, "75.00")

    books.reverse(entry)

    assert books.entries(howrah) == [
        ("opening", "opening:balances", f"wallet:{howrah}", "75.00"),
        ("reversal", f"wallet:{howrah}", "opening:balances", "75.00"),
    ]
    assert books.faults() == {}
