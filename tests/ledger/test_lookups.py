"""What callers look up: what became of a key, their own debits and nobody else's, and the trial balance of any day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.books import Books
from tests.ledger.clock import stopped_clock
from wallet_service.errors import DayInFuture, DebitNotFound, FilterTooWide, InsufficientFunds, KeyAbandoned, KeyUnknown
from wallet_service.identifiers import DebitId
from wallet_service.payments import debits, lookups
from wallet_service.payments.debits import Debit, KeyFate

FIRST = date(2026, 4, 1)


def _fate(books: Books, key: str, *, client: int = 1) -> KeyFate:
    with books.database.statement() as connection:
        return debits.by_key(connection, key, client_id=client)


def _find(
    books: Books, *, client: int = 1, after: str | None = None, limit: int = 200, **narrowing: Any
) -> list[Debit]:
    with books.database.statement() as connection:
        return lookups.find(connection, client_id=client, after=after, limit=limit, **narrowing)


def _ids(found: list[Debit]) -> list[str]:
    return [debit.id for debit in found]


def test_a_key_tells_what_became_of_it_and_pays_nothing(books: Books) -> None:
    wallet = books.wallet("100.00")
    paid = books.pay(wallet, "10.00", key="paid")
    held = books.hold(wallet, "20.00", key="held")
    books.void(held.debit.id, key="voided")
    with pytest.raises(InsufficientFunds):
        books.pay(wallet, "500.00", key="refused")
    books.abandon("abandoned")

    fates = {key: _fate(books, key) for key in ("paid", "held", "voided", "refused", "abandoned")}

    assert {key: fate.state for key, fate in fates.items()} == {
        "paid": "posted",
        "held": "posted",
        "voided": "posted",
        "refused": "refused",
        "abandoned": "abandoned",
    }
    assert fates["paid"].debit == paid.debit
    assert fates["held"].debit == fates["voided"].debit == books.debit(held.debit.id)
    assert isinstance(fates["refused"].refusal, InsufficientFunds)
    assert fates["refused"].refusal.facts["needed_paise"] == 50_000
    assert books.current(wallet) == "90.00"


def test_a_key_is_known_to_its_own_client_alone(books: Books) -> None:
    wallet = books.wallet("100.00")
    books.pay(wallet, "10.00", key="mine")

    for key, client in (("mine", 2), ("never", 1)):
        with pytest.raises(KeyUnknown):
            _fate(books, key, client=client)


def test_to_abandon_a_key_that_paid_tells_what_it_paid(books: Books) -> None:
    wallet = books.wallet("100.00")
    paid = books.pay(wallet, "10.00", ticket="T", key="paid")

    told = books.abandon("paid")

    assert isinstance(told, debits.Answer)
    assert (told.debit, told.replayed) == (paid.debit, True)
    assert books.pay(wallet, "10.00", ticket="T", key="paid").replayed


def test_to_abandon_a_key_that_was_refused_names_the_refusal_which_stays(books: Books) -> None:
    wallet = books.wallet("1.00")
    with pytest.raises(InsufficientFunds):
        books.pay(wallet, "10.00", ticket="T", key="refused")

    told = books.abandon("refused")

    assert told == debits.Abandoned("refused", refusal="insufficient-funds")
    books.advise(wallet, "100.00")
    with pytest.raises(InsufficientFunds):
        books.pay(wallet, "10.00", ticket="T", key="refused")


def test_a_key_stays_abandoned_however_often_it_is_asked(books: Books) -> None:
    wallet = books.wallet("100.00")

    told = [books.abandon("gone"), books.abandon("gone")]

    assert told == [debits.Abandoned("gone", refusal=None)] * 2
    for _ in range(2):
        with pytest.raises(KeyAbandoned):
            books.pay(wallet, "10.00", key="gone")
    assert books.current(wallet) == "100.00"


def test_another_clients_debit_is_not_there(books: Books) -> None:
    wallet = books.wallet("100.00")
    hold = books.hold(wallet, "10.00", ticket="T").debit.id
    other = Books(books.servers, client=2)

    for act in (other.debit, other.capture, other.void, lambda debit: other.refund(debit, "1.00")):
        with pytest.raises(DebitNotFound):
            act(hold)
    assert _find(other, client=2, service_ticket_no="T") == _find(other, client=2, wallet=wallet) == []
    assert books.debit(hold).state == "held"
    other.close()


def test_a_debit_of_a_wallet_that_is_not_there_is_not_there(books: Books) -> None:
    books.wallet("100.00")

    for debit in ("NOBODY1-D000001", "house-D000001"):
        with pytest.raises(DebitNotFound):
            books.debit(debit)
        with pytest.raises(DebitNotFound):
            books.capture(debit)


def test_debits_are_found_by_what_is_known_of_them(books: Books) -> None:
    howrah, hooghly = books.wallet("100.00"), books.wallet("100.00")
    first = books.pay(howrah, "1.00", ticket="A", application="APP-1").debit.id
    second = books.hold(howrah, "2.00", ticket="B", department="LND").debit.id
    third = books.pay(hooghly, "3.00", ticket="A").debit.id
    today = books.today()

    assert _ids(_find(books, service_ticket_no="A")) == [first, third]
    assert _ids(_find(books, application_no="APP-1")) == [first]
    assert _ids(_find(books, wallet=howrah)) == [first, second]
    assert _ids(_find(books, wallet=howrah, state="held")) == [second]
    assert _ids(_find(books, first=today, last=today, department="LND")) == [second]
    assert _ids(_find(books, first=today, last=today)) == [first, second, third]
    assert _find(books, service_ticket_no="C") == []
    assert _find(books, first=today - timedelta(days=1), last=today - timedelta(days=1)) == []


@pytest.mark.parametrize(
    "narrowing",
    [
        {},
        {"state": "held"},
        {"department": "POD"},
        {"first": FIRST},
        {"last": FIRST},
        {"first": FIRST, "last": FIRST + timedelta(days=32)},
    ],
)
def test_a_filter_that_would_walk_history_is_too_wide(books: Books, narrowing: dict[str, Any]) -> None:
    with pytest.raises(FilterTooWide):
        _find(books, **narrowing)

    assert _find(books, first=FIRST, last=FIRST + timedelta(days=31)) == []


def test_pages_of_debits_miss_none_and_repeat_none(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2026-04-01 09:00")
    wallets = [books.wallet("100.00") for _ in range(3)]
    made = []
    for day in range(3):
        stop(f"2026-04-0{day + 1} 10:00")
        made += [books.pay(wallet, "1.00", ticket="same").debit.id for wallet in wallets]

    for limit in (1, 2, 4, 9):
        found: list[str] = []
        while page := _find(books, service_ticket_no="same", after=found[-1] if found else None, limit=limit):
            found += _ids(page)
        assert found == made


def test_a_closed_days_trial_balance_is_what_it_was_and_stays_so(books: Books) -> None:
    stop = stopped_clock(books)
    stop("2026-04-01 09:00")
    howrah, hooghly = books.wallet("500.00"), books.wallet("300.00")
    told = {}
    for number in range(4):
        day = FIRST + timedelta(days=number)
        stop(f"{day} 12:00")
        paid = books.pay(howrah, f"{number + 1}.00", department="LND" if number % 2 else "POD")
        books.refund(paid.debit.id, "0.25")
        books.advise(hooghly if number < 3 else howrah, "7.00", booked_on=day)
        if number != 1:
            books.pay(hooghly, "2.00")
        told[day] = books.trial_balance(day)
        books.close_day(day)
        assert books.trial_balance(day) == told[day]

    stop("2026-04-05 12:00")
    books.pay(howrah, "9.00")
    books.advise(howrah, "11.00")

    assert {day: books.trial_balance(day) for day in told} == told
    assert all(found.difference == 0 and found.debits > 0 for found in told.values())
    assert [dict(_credits(found.lines))["wallet:*"] for found in told.values()] == [80_425, 80_950, 81_175, 81_300]
    assert books.trial_balance().lines == books.trial_balance(date(2026, 4, 5)).lines
    with pytest.raises(DayInFuture):
        books.trial_balance(date(2026, 4, 6))
    assert books.faults() == {}


def _credits(lines: list[Any]) -> list[tuple[str, int]]:
    return [(line.account, line.credit) for line in lines]


def test_a_debit_told_by_its_id_is_the_one_that_was_paid(books: Books) -> None:
    wallet = books.wallet("100.00")
    paid = books.pay(wallet, "10.00").debit

    assert books.debit(str(DebitId(wallet, 1))) == paid
