"""A batch is the same debits one by one, in one request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.at_once import at_once
from tests.books import Books
from wallet_service.errors import InsufficientFunds, KeyReused, NotPosted, WalletError
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.money import paise
from wallet_service.payments import batches, debits
from wallet_service.payments.batches import BatchAnswer, Item


def item(books: Books, wallet: OperatorCode, money: str, key: str, *, expires_in: int | None = None) -> Item:
    """Return an electricity payment with its own key."""
    return Item(
        key=Key(books.client, key, request_hash("POST", "/v1/debits", [wallet, money, expires_in])),
        wallet=wallet,
        department=DepartmentCode("POD"),
        service=ServiceCode("001"),
        amount=paise(money),
        service_ticket_no=f"T-{key}",
        expires_in=expires_in,
    )


def pay(books: Books, items: list[Item], key: str, *, atomic: bool = False) -> BatchAnswer:
    keyed = books.key("batch", atomic, *items, text=key)
    return books.database.posting(lambda c: batches.pay_batch(c, items, atomic=atomic, key=keyed))


def alone(books: Books, one: Item) -> debits.Answer | WalletError:
    """Pay an item by itself and return its answer or refusal."""
    told = {
        "wallet": one.wallet,
        "department": one.department,
        "service": one.service,
        "amount": one.amount,
        "service_ticket_no": one.service_ticket_no,
        "key": one.key,
    }
    verb: Callable[..., debits.Answer] = debits.pay
    if one.expires_in is not None:
        verb, told["expires_in"] = debits.hold, one.expires_in
    try:
        return books.database.posting(lambda c: verb(c, **told))
    except WalletError as error:
        return error


def test_each_item_is_answered_and_a_refusal_stops_no_other(books: Books) -> None:
    howrah, hooghly = books.wallet("100.00"), books.wallet("50.00")
    items = [item(books, howrah, "60.00", "a"), item(books, howrah, "60.00", "b"), item(books, hooghly, "50.00", "c")]

    answer = pay(books, items, "batch")

    assert [type(result) for result in answer.results] == [debits.Answer, InsufficientFunds, debits.Answer]
    assert (books.current(howrah), books.current(hooghly)) == ("40.00", "0.00")
    assert books.faults() == {}


def test_of_an_atomic_batch_all_are_posted_or_none(books: Books) -> None:
    howrah = books.wallet("100.00")
    items = [item(books, howrah, "60.00", "a"), item(books, howrah, "60.00", "b")]

    refused = pay(books, items, "batch", atomic=True)
    again = pay(books, items, "batch", atomic=True)

    assert [type(result) for result in refused.results] == [NotPosted, InsufficientFunds]
    assert [type(result) for result in again.results] == [NotPosted, InsufficientFunds]
    assert again.replayed
    assert books.current(howrah) == "100.00"
    assert isinstance(alone(books, items[0]), debits.Answer)
    assert books.faults() == {}


def test_a_batch_is_told_again_whatever_happened_since(books: Books) -> None:
    howrah = books.wallet("100.00")
    items = [
        item(books, howrah, "60.00", "a"),
        item(books, howrah, "60.00", "b"),
        item(books, OperatorCode("NOBODY"), "1.00", "c"),
    ]
    first = pay(books, items, "batch")
    books.bring_in(books.wallet(code="NOBODY"), "5.00")
    assert isinstance(first.results[0], debits.Answer)
    books.refund(first.results[0].debit.id, "60.00")

    again = pay(books, items, "batch")

    assert again.replayed
    assert isinstance(again.results[0], debits.Answer)
    assert replace(again.results[0], replayed=False) == first.results[0]
    for result, before in zip(again.results[1:], first.results[1:], strict=True):
        assert isinstance(result, WalletError)
        assert isinstance(before, WalletError)
        assert (result.slug(), result.facts) == (before.slug(), before.facts)
    assert books.current(OperatorCode("NOBODY")) == "5.00"
    with pytest.raises(KeyReused):
        pay(books, items[:1], "batch")


def test_an_items_key_is_of_one_space_with_single_debits(books: Books) -> None:
    howrah = books.wallet("100.00")
    one = item(books, howrah, "60.00", "a")
    single = alone(books, one)

    answer = pay(books, [one], "batch")

    assert isinstance(single, debits.Answer)
    assert answer.results == [replace(single, replayed=True)]
    assert books.current(howrah) == "40.00"


def test_batches_that_share_wallets_in_opposite_order_never_deadlock(books: Books) -> None:
    wallets = [books.wallet("1000.00") for _ in range(6)]

    def batch(number: int) -> BatchAnswer:
        order = wallets if number % 2 else wallets[::-1]
        items = [item(books, wallet, "1.00", f"{number}-{wallet}") for wallet in order]
        return pay(books, items, f"batch-{number}", atomic=number % 3 == 0)

    results = at_once([lambda n=n: batch(n) for n in range(24)])  # type: ignore[misc]

    assert all(isinstance(result, debits.Answer) for answer in results for result in answer.results)  # type: ignore[union-attr]
    assert [books.current(wallet) for wallet in wallets] == ["976.00"] * 6
    assert books.faults() == {}


def test_a_batchs_own_key_is_no_single_debits_to_abandon(books: Books) -> None:
    howrah = books.wallet("100.00")
    pay(books, [item(books, howrah, "60.00", "a")], "batch")

    with pytest.raises(KeyReused):
        books.abandon("batch")

    assert books.current(howrah) == "40.00"


def test_a_batch_reads_no_more_keys_than_it_has_however_many_its_client_has(books: Books) -> None:
    wallet, size, rounds = books.wallet("10000.00"), 4, 60

    for number in range(rounds):
        pay(books, [item(books, wallet, "1.00", f"{number}-{each}") for each in range(size)], f"batch {number}")
    books.database.posting(lambda c: c.exec_driver_sql("SELECT pg_stat_force_next_flush()").all())

    with books.database.statement() as connection:
        scans, read = connection.exec_driver_sql(
            "SELECT idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'a_key_has_one_answer'"
        ).one()
    assert scans > 0
    assert read < scans
