"""Balances that stand in no row are exact at every instant: while payments, refunds and a day's close go on."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from sqlalchemy import Connection

from tests.at_once import going_on
from tests.books import Books, set_clock
from wallet_service.identifiers import AccountCode
from wallet_service.ledger.account_ledger import account_ledger
from wallet_service.ledger.trial_balance import trial_balance
from wallet_service.payments.debits import Answer

SEED = 20261122
DAY = timedelta(days=1)
_SUMS = """
SELECT CASE a.kind WHEN 'wallet' THEN 'wallet:*' ELSE a.code END, sum(m.net)::bigint FROM entries e
CROSS JOIN LATERAL (VALUES (e.debit_account, e.amount_paise), (e.credit_account, -e.amount_paise)) m (account, net)
JOIN accounts a ON a.id = m.account WHERE e.business_day <= %s GROUP BY 1
"""
"""Each account by all its entries from the first: debits less credits, wallets as one."""


def test_every_balance_is_the_sum_of_all_entries_at_every_instant(books: Books) -> None:
    shift, random = set_clock(books), Random(SEED)
    counters = [books.wallet("1000.00") for _ in range(12)]
    first = books.today()
    paid: list[Answer] = []

    def pay() -> None:
        department = random.choice(["POD", "LND"])
        paid.append(books.pay(random.choice(counters), f"{random.randint(1, 9)}.00", department=department))

    def refund_or_top_up() -> None:
        if paid and random.random() < 0.5:
            books.refund(paid.pop().debit.id, "0.50")
        else:
            books.advise(random.choice(counters), "3.00", booked_on=first)

    seen: list[bool] = []
    with going_on(pay, pay, refund_or_top_up, lambda: seen.append(_adds_up(books, first))) as traffic:
        for number in range(5):
            books.close_day(first + number * DAY)
            looked = len(seen)
            while len(seen) < looked + 2:  # At least one look from its beginning to its end while nothing closes.
                _adds_up(books, first)
            shift(f"{number + 1} days")

    assert min(work.result() for work in traffic) >= 10
    assert len(seen) >= 10
    assert all(_adds_up(books, first + number * DAY) for number in range(6))
    assert books.faults() == {}


def _adds_up(books: Books, first: date) -> bool:
    """Require, in one snapshot, that balances are what all entries sum up to: now, and as of each day from *first*."""
    with books.database.snapshot() as connection:
        last: date = connection.exec_driver_sql("SELECT max(open_day) FROM books").scalar_one()
        today: date = connection.exec_driver_sql("SELECT india_today()").scalar_one()
        assert _told(connection, None) == _sums(connection, last)
        for number in range((today - first).days + 1):
            day = first + number * DAY
            sums = _sums(connection, day)
            assert _told(connection, day) == sums
            house = account_ledger(
                connection, AccountCode("department:POD:001"), first=day, last=day, after=None, limit=1
            )
            assert -house.closing == sums.get("department:POD:001", 0)
    return True


def _told(connection: Connection, day: date | None) -> dict[str, int]:
    lines = trial_balance(connection, day).lines
    return {str(line.account): line.debit - line.credit for line in lines if line.debit != line.credit}


def _sums(connection: Connection, day: date) -> dict[str, int]:
    return {code: net for code, net in connection.exec_driver_sql(_SUMS, (day,)) if net}
