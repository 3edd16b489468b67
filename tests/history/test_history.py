"""A generated past is believable, keeps every law, and real money moves on after it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.books import Books
from tests.history.conftest import SMALL
from wallet_service.errors import HoldClosed, InsufficientFunds, RefundNeedsApproval
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger import idempotency
from wallet_service.money import paise, rupees


def test_every_law_holds_on_a_generated_past(past: Books) -> None:
    assert past.faults() == {}


def test_the_payments_are_as_many_as_were_asked_for_and_all_days_are_closed(past: Books) -> None:
    facts = _one(
        past,
        "SELECT (SELECT count(*) FROM debits), (SELECT min(business_day) FROM debits), (SELECT max(day) FROM days),"
        " (SELECT count(*) FROM days), (SELECT count(*) FROM days WHERE closed_at IS NULL),"
        " (SELECT count(*) FROM books WHERE state = 'open' AND id <> 0)",
    )

    days = (SMALL.last_day - SMALL.first_day).days + 2  # With the day on which balances were brought in.
    assert (SMALL.first_day.isoformat(), facts) == (
        "2023-10-01",
        (3_000, facts[1], SMALL.last_day, days, 0, SMALL.wallets),
    )
    assert SMALL.first_day <= facts[1] <= SMALL.first_day + timedelta(days=3)


def test_what_happens_at_the_counters_is_believable(past: Books) -> None:
    shares = _one(
        past,
        "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY amount_paise), max(amount_paise),"
        " avg((department = 'POD' AND service = '001')::int), avg((expires_at IS NOT NULL)::int),"
        " avg((refunded_paise > 0)::int), count(DISTINCT (department, service)), count(DISTINCT state)"
        " FROM debits",
    )
    hours = _one(
        past,
        "SELECT min(t::time), max(t::time), count(*) FILTER (WHERE extract(dow FROM t) = 0)"
        " FROM (SELECT placed_at AT TIME ZONE 'Asia/Kolkata' AS t FROM debits) x",
    )

    median, largest, electricity, held, refunded, services, states = shares
    assert paise("200.00") < median < paise("400.00")
    assert largest > 20 * median
    assert 0.5 < electricity < 0.75
    assert 0.005 < held < 0.04
    assert 0.001 < refunded < 0.02
    assert (services, states) == (11, 3)
    assert (hours[0].hour >= 8, hours[1].hour < 22, hours[2]) == (True, True, 0)


def test_money_comes_in_by_advice_and_by_the_bank_and_some_of_it_is_not_seen_yet(past: Books) -> None:
    kinds = dict(_all(past, "SELECT kind::text, count(*) FROM entries GROUP BY 1"))
    credits = dict(_all(past, "SELECT state::text, count(*) FROM credits GROUP BY 1"))

    assert set(kinds) == {"opening", "reversal", "top-up", "top-up-seen", "bank-credit", "payment", "refund"}
    assert kinds["top-up"] == sum(credits.values()) == kinds["top-up-seen"] + credits.get("credited", 0)
    assert past.account("transit:top-ups") == rupees(
        _one(past, "SELECT coalesce(sum(amount_paise), 0)::bigint FROM credits WHERE state = 'credited'")[0]
    )


def test_keys_stand_as_the_verbs_write_them(past: Books) -> None:
    with past.database.statement() as connection:
        text = connection.exec_driver_sql(
            "SELECT key_text(key) FROM keys WHERE outcome = 'voided' LIMIT 1"
        ).scalar_one()
        found = idempotency.look_up(connection, past.client, text)
    spelt = _one(
        past,
        "SELECT count(*), count(DISTINCT key), count(*) FILTER (WHERE key = key_bytes(key_text(key))),"
        " count(*) FILTER (WHERE (current_paise IS NULL) <> (outcome IN ('captured', 'refunded'))) FROM keys",
    )

    assert (UUID(text).version, found.outcome) == (7, "voided")
    assert spelt == (spelt[0], spelt[0], spelt[0], 0)


def test_a_wallet_of_the_past_pays_and_holds_on_and_the_laws_still_hold(past: Books) -> None:
    wallet = _wallet(past)
    before = past.balance(wallet).available

    paid = past.pay(wallet, "100.00")
    held = past.hold(wallet, "50.00")
    past.capture(str(held.debit.id), "20.00")
    past.refund(str(paid.debit.id), "30.00")

    assert past.balance(wallet).available == before - paise("90.00")
    with pytest.raises(InsufficientFunds):
        past.pay(wallet, "99999999.00")
    past.advise(wallet, "5000.00", booked_on=past.today())
    assert past.faults() == {}


def test_a_hold_of_the_past_is_closed_and_an_old_payment_is_finances_to_refund(past: Books) -> None:
    voided = _debit(past, "d.state = 'voided'")
    captured = _debit(past, "d.state = 'captured' AND refunded_paise = 0")

    with pytest.raises(HoldClosed):
        past.capture(voided)
    with pytest.raises(RefundNeedsApproval):
        past.refund(captured, "1.00")


def _wallet(books: Books) -> OperatorCode:
    code = _one(books, "SELECT code FROM books WHERE current_paise > 50000 AND id <> 0 ORDER BY id LIMIT 1")[0]
    return OperatorCode(code)


def _debit(books: Books, which: str) -> str:
    found = _one(
        books, f"SELECT debit_id(b.code, d.number) FROM debits d JOIN books b ON b.id = d.book WHERE {which} LIMIT 1"
    )
    return str(found[0])


def _one(books: Books, query: str) -> Any:
    return _all(books, query)[0]


def _all(books: Books, query: str) -> list[Any]:
    with psycopg.connect(books.servers.owner_url) as connection:
        return connection.execute(query).fetchall()
