"""The first step of a history, which looks whether it may be one, and the last, after which the books are open."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg

from wallet_service.history import bank, indexes, origin, rows, working
from wallet_service.history.plan import MOST_WALLETS, Plan

CLIENT = "history"
"""The machine client whose payments they are; `wallet client rotate history` gives it a token."""
_SCOPES = ["wallets:read", "debits:read", "debits:write", "credits:write"]
_ADDED = """
INSERT INTO clients (name, person, scopes, added_by) VALUES (%s, %s, %s, 'history') ON CONFLICT (name) DO NOTHING
"""
_OPEN = """
UPDATE books SET state = 'open' WHERE id IN (SELECT book FROM history.habits) AND state = 'frozen';
UPDATE books SET open_day = greatest(open_day, %(today)s);
SELECT setval(pg_get_serial_sequence('bank_files', 'id'), max(id)) FROM bank_files;
SELECT setval(pg_get_serial_sequence('bank_lines', 'id'), greatest(max(id), 1)) FROM bank_lines;
UPDATE generated SET finished_at = clock_timestamp();
DROP SCHEMA history CASCADE
"""


class HistoryRefused(Exception):
    """The history cannot be generated here; the message says why and what to do."""


def planned(url: str, *, payments: int, wallets: int, seed: int, last_day: date | None) -> Plan:
    """Return the plan of what was asked. Without a last day it ends where one that was cut off ends, else yesterday.

    Raises:
        HistoryRefused: the schema is older than this.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        found = origin.find(connection)
        row = connection.execute("SELECT (clock_timestamp() AT TIME ZONE 'Asia/Kolkata')::date").fetchone()
    yesterday = (row[0] if row else date.min) - timedelta(days=1)
    return Plan(payments, last_day or (found.plan.last_day if found else yesterday), wallets, seed)


def begin(connection: psycopg.Connection[Any], plan: Plan) -> None:
    """Prepare the books, in one transaction, or see that an earlier call of the same plan did.

    Raises:
        HistoryRefused.
    """
    try:  # The sessions of a call that was killed end with the statement they are in.
        connection.execute("SELECT pg_advisory_lock(hashtext('wallet history'))")
    except psycopg.errors.LockNotAvailable as error:
        raise HistoryRefused("Another `wallet history` works on this database: wait for it to end.") from error
    _see_that_it_may(connection)
    found = origin.find(connection)
    if found is None:
        _see_that_it_makes_sense(connection, plan)
        with connection.transaction():
            _prepare(connection, plan)
    elif found.finished_at is not None:
        raise HistoryRefused("This database has its history already: take a new one for another.")
    elif found.plan != plan:
        raise HistoryRefused(
            f"A history of {found.plan.payments} payments of {found.plan.wallets} wallets until {found.plan.last_day}"
            f" with seed {found.plan.seed} was begun here and cut off: give the same again to finish it."
        )


def finish(connection: psycopg.Connection[Any], plan: Plan) -> None:
    """Open the wallets for what comes after the history, and drop the working tables."""
    connection.execute(_OPEN, {"today": plan.last_day + timedelta(days=1)})


def _see_that_it_may(connection: psycopg.Connection[Any]) -> None:
    row = connection.execute(
        "SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = to_regclass('public.generated')"
    ).fetchone()
    if row is None:
        raise HistoryRefused("The schema is not at head: run `wallet migrate` first.")
    if row != (True,):
        raise HistoryRefused("Only the owner of the database may generate a history: give DATABASE_OWNER_URL.")


def _see_that_it_makes_sense(connection: psycopg.Connection[Any], plan: Plan) -> None:
    if connection.execute("SELECT FROM entries LIMIT 1").fetchone() is not None:
        raise HistoryRefused(
            "These books have entries: a history is generated only into books without one. Give the directory of a"
            " new `wallet up`, or a new database after `wallet migrate`."
        )
    if connection.execute("SELECT india_today() > %s", (plan.last_day,)).fetchone() != (True,):
        raise HistoryRefused("A history ends yesterday at the latest.")
    if not (2 <= plan.wallets <= MOST_WALLETS and plan.payments >= 1):
        raise HistoryRefused(f"A history has one payment at least, and 2 to {MOST_WALLETS} wallets.")
    if connection.execute("SELECT FROM services LIMIT 1").fetchone() is None:
        raise HistoryRefused("There is no department to pay: run `wallet migrate` first, which brings them.")
    if connection.execute("SELECT FROM wallets LIMIT 1").fetchone() is not None:
        raise HistoryRefused("These books have wallets: a history brings its own, into books without any.")


def _prepare(connection: psycopg.Connection[Any], plan: Plan) -> None:
    origin.mark(connection, plan)
    connection.execute(_ADDED, (CLIENT, CLIENT, _SCOPES))
    working.lay_out(connection, plan)
    working.open_wallets(connection, plan)
    indexes.set_aside(connection)
    for statement in rows.OF_THE_OPENING:
        connection.execute(statement, {"day": plan.first_day, "seed": plan.seed})
    bank.bind(connection)
