"""Requests that meet: whatever comes at once, each is answered as if it had come alone, and the laws hold after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from tests.at_once import answers, at_once, connect, refusals
from tests.books import Books
from wallet_service.errors import Busy, InsufficientFunds, WalletError
from wallet_service.identifiers import OperatorCode
from wallet_service.payments import debits, wallets


@pytest.fixture(autouse=True)
def _connected(books: Books) -> None:
    connect(books.database, 24)


def test_of_200_debits_at_once_exactly_those_pass_that_the_wallet_can_pay(books: Books) -> None:
    howrah = books.wallet("100.00")

    outcomes = at_once([lambda: books.pay(howrah, "1.00")] * 200)

    assert len(answers(outcomes)) == 100
    assert refusals(outcomes) == ["insufficient-funds"] * 100
    assert sorted(answer.balance.current for answer in answers(outcomes)) == list(range(0, 10_000, 100))
    assert books.current(howrah) == "0.00"
    assert books.faults() == {}


def test_debits_and_holds_at_once_never_take_more_than_is_available(books: Books) -> None:
    howrah = books.wallet("60.00", floor="10.00")

    outcomes = at_once([lambda: books.pay(howrah, "1.00"), lambda: books.hold(howrah, "1.00")] * 50)

    assert (len(answers(outcomes)), refusals(outcomes)) == (50, ["insufficient-funds"] * 50)
    assert books.available(howrah) == "10.00"
    assert books.faults() == {}


@pytest.mark.parametrize("key", ["first", "second", "third", "fourth"])
def test_50_identical_requests_at_once_are_one_entry_and_one_answer(books: Books, key: str) -> None:
    howrah = books.wallet("100.00")

    outcomes = answers(at_once([lambda: books.pay(howrah, "30.00", ticket="T", key=key)] * 50))

    assert sorted(answer.replayed for answer in outcomes) == [False] + [True] * 49
    assert len({repr(replace(answer, replayed=False)) for answer in outcomes}) == 1
    assert [kind for kind, *_ in books.entries(howrah)] == ["opening", "payment"]
    assert books.faults() == {}


def test_50_identical_requests_at_once_are_one_refusal(books: Books) -> None:
    howrah = books.wallet("10.00")

    outcomes = at_once([lambda: books.pay(howrah, "30.00", ticket="T", key="same")] * 50)

    told = [outcome for outcome in outcomes if isinstance(outcome, InsufficientFunds)]
    assert sorted(error.replayed for error in told) == [False] + [True] * 49
    assert {repr(error.facts) for error in told} == {repr(told[0].facts)}
    assert books.current(howrah) == "10.00"


def test_of_different_requests_by_one_key_at_once_one_wins(books: Books) -> None:
    howrah = books.wallet("100.00")
    asked = [f"{rupees}.00" for rupees in range(1, 13)]

    outcomes = at_once([partial(books.pay, howrah, money, key="one") for money in asked])

    assert len(answers(outcomes)) == 1
    assert refusals(outcomes) == ["key-reused"] * 11
    assert books.balance(howrah) == answers(outcomes)[0].balance
    assert books.faults() == {}


def test_a_key_abandoned_while_it_pays_is_either_spent_or_told(books: Books) -> None:
    howrah = books.wallet("100.00")

    for number in range(20):
        key = f"straggler-{number}"
        calls: list[Callable[[], object]] = [partial(books.pay, howrah, "1.00", key=key), partial(books.abandon, key)]
        paid, abandoned = at_once(calls)

        if isinstance(paid, WalletError):
            assert paid.slug() == "key-abandoned"
            assert isinstance(abandoned, debits.Abandoned)
        else:
            assert isinstance(paid, debits.Answer)
            assert isinstance(abandoned, debits.Answer)
            assert abandoned.debit == paid.debit
    assert books.faults() == {}


def test_a_hold_captured_many_times_at_once_is_captured_once(books: Books) -> None:
    howrah = books.wallet("100.00")

    for _ in range(10):
        hold = books.hold(howrah, "10.00").debit.id
        outcomes = at_once([partial(books.capture, hold, "6.00"), partial(books.capture, hold)] * 3)

        assert len(answers(outcomes)) == 1
        assert refusals(outcomes) == ["hold-closed"] * 5
    assert books.balance(howrah).held == 0
    assert books.faults() == {}


def test_a_hold_voided_and_captured_at_once_ends_one_way(books: Books) -> None:
    howrah = books.wallet("100.00")
    ended = []

    for _ in range(20):
        hold = books.hold(howrah, "5.00").debit.id
        outcomes = at_once([partial(books.void, hold), partial(books.capture, hold)])
        assert refusals(outcomes) == ["hold-closed"]
        ended.append(books.debit(hold).state)

    captured = ended.count("captured")
    assert captured + ended.count("voided") == 20
    assert books.balance(howrah).current == 10_000 - captured * 500
    assert books.faults() == {}


def test_a_lapsed_hold_is_taken_or_its_money_spent_but_never_both(books: Books) -> None:
    def expire(wallet: OperatorCode) -> object:
        with books.database.statement() as connection:
            return connection.exec_driver_sql(
                "SELECT expire_holds((SELECT id FROM books WHERE code = %s))", (wallet,)
            ).scalar()

    for _ in range(10):
        wallet = books.wallet("10.00")
        hold = books.hold(wallet, "10.00").debit.id
        books.as_owner("UPDATE debits SET expires_at = placed_at WHERE state = 'held'")
        calls: list[Callable[[], object]] = [
            partial(books.capture, hold),
            partial(books.pay, wallet, "10.00"),
            partial(expire, wallet),
        ]
        outcomes = at_once(calls)

        assert refusals(outcomes) in (["hold-expired"], ["insufficient-funds"])
        assert (books.current(wallet), books.available(wallet)) == ("0.00", "0.00")
    assert books.faults() == {}


def test_refunds_at_once_never_pass_the_capture(books: Books) -> None:
    howrah = books.wallet("100.00")
    payment = books.pay(howrah, "100.00").debit.id

    outcomes = at_once([lambda: books.refund(payment, "8.00")] * 20)

    assert len(answers(outcomes)) == 12
    assert refusals(outcomes) == ["refund-exceeds-capture"] * 8
    assert books.debit(payment).refunded == 9_600
    assert books.current(howrah) == "96.00"
    assert books.faults() == {}


def test_a_demand_that_is_paid_once_is_paid_by_one_wallet(books: Books) -> None:
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '001'")
    wallets_ = [books.wallet("100.00") for _ in range(6)]

    for number in range(10):
        calls = [partial(books.pay, wallet, "1.00", ticket=f"BILL-{number}") for wallet in wallets_]
        outcomes = at_once(calls)

        paid = answers(outcomes)[0].debit.id
        assert refusals(outcomes) == ["already-paid"] * 5
        assert {error.facts["debit"] for error in outcomes if isinstance(error, WalletError)} == {paid}
    assert books.account("department:POD:001") == "-10.00"
    assert books.faults() == {}


def test_a_wallet_that_closes_while_it_is_credited_is_never_closed_with_money(books: Books) -> None:
    def close(wallet: OperatorCode) -> object:
        with books.database.transaction() as connection:
            return wallets.close(connection, wallet, reason="left", by="test")

    for _ in range(20):
        leaving = books.wallet()
        calls: list[Callable[[], object]] = [partial(close, leaving), partial(books.advise, leaving, "10.00")]
        outcomes = at_once(calls)

        assert refusals(outcomes) in (["wallet-not-empty"], ["wallet-closed"])
        assert books.current(leaving) == ("10.00" if refusals(outcomes) == ["wallet-not-empty"] else "0.00")
    assert books.faults() == {}


def test_a_lock_held_too_long_is_busy_and_the_same_key_pays_later(books: Books) -> None:
    howrah = books.wallet("100.00")
    with books.database.transaction() as holder:
        holder.exec_driver_sql("SELECT lock_books_and_house(ARRAY[(SELECT id FROM books WHERE code = %s)])", (howrah,))

        with pytest.raises(Busy):
            books.pay(howrah, "10.00", ticket="T", key="later")
        assert books.current(howrah) == "100.00"

    assert not books.pay(howrah, "10.00", ticket="T", key="later").replayed
    assert books.pay(howrah, "10.00", ticket="T", key="later").replayed
    assert books.current(howrah) == "90.00"
    assert books.faults() == {}
