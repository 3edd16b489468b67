"""Generate a past, a month of each half of the wallets at a time; killed anywhere, the same call goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg

from wallet_service.history import bank, indexes, month
from wallet_service.history.beginning import CLIENT, HistoryRefused, begin, finish
from wallet_service.history.plan import HALVES, MONTHS, Plan, quotas

_LARGE = ("entries", "keys", "debits", "day_balances", "day_books")
_OTHERS = ("books", "credits", "bank_lines", "bank_line_postings", "bank_references", "refunds", "accounts", "wallets")
_SESSION = {
    "timezone": "UTC",
    "synchronous_commit": "off",  # A crash loses the last steps whole, and they are done again.
    "statement_timeout": "0",
    "lock_timeout": "20s",
    "idle_in_transaction_session_timeout": "0",
    "work_mem": "256MB",
    "temp_buffers": "256MB",
    "maintenance_work_mem": "1GB",
    "max_parallel_workers_per_gather": "0",  # Two sessions work already.
    "max_parallel_maintenance_workers": "0",
    "enable_nestloop": "off",  # What was just made has no statistics.
    "enable_mergejoin": "off",
    "jit": "off",
}


@dataclass(frozen=True)
class Told:
    """How far it is: what was just done, payments posted so far, and how many will be."""

    what: str
    payments: int
    of: int


Tell = Callable[[Told], None]


def generate(url: str, plan: Plan, tell: Tell = lambda told: None) -> None:
    """Generate the plan's past in the database at the owner's *url*, or go on where an earlier call was cut off.

    The books are marked as generated before anything else.

    Raises:
        HistoryRefused: the books have entries, or another history was begun there; or the plan makes no sense.
    """
    with _session(url) as first, _session(url) as second:
        begin(first, plan)
        _Run((first, second), plan, tell).to_the_end()


class _Run:
    """One call's work, on two sessions."""

    def __init__(self, sessions: Sequence[psycopg.Connection[Any]], plan: Plan, tell: Tell) -> None:
        self._sessions = sessions
        self._plan = plan
        self._tell = tell
        client = sessions[0].execute("SELECT id FROM clients WHERE name = %s", (CLIENT,)).fetchone()
        self._asked = {"seed": plan.seed, "slots": plan.slots, "client": client[0] if client else None}
        self._payments: Counter[str] = Counter()
        for quota in quotas(plan):
            self._payments[_half(quota.month, quota.half)] += quota.payments
        self._done = {step for (step,) in sessions[0].execute("SELECT step FROM history.steps")}

    def to_the_end(self) -> None:
        for number in range(MONTHS):
            self._post_month(number)
        self._once("untied", lambda connection: bank.leave_untied(connection, self._asked), self._sessions[0])
        self._together([(f"vacuum {table}", _vacuum(table)) for table in _LARGE], plain=True)
        names = indexes.waiting(self._sessions[0])
        self._together([(f"index {name}", lambda c, name=name: indexes.build(c, name)) for name in names])
        self._once("keys", indexes.bind, self._sessions[0])
        self._together([(f"vacuum {table}", _vacuum(table)) for table in _OTHERS], plain=True)
        with self._sessions[0].transaction():
            finish(self._sessions[0], self._plan)
        self._say("finished")

    def _post_month(self, number: int) -> None:
        def half_of(half: int) -> Callable[[psycopg.Connection[Any]], None]:
            return lambda connection: month.post(connection, {**self._asked, "month": number, "half": half})

        self._together([(_half(number, half), half_of(half)) for half in HALVES], said=False)
        days = self._days_of(number)
        self._once(
            f"month {number} bank",
            lambda connection: bank.post(connection, {**self._asked, "month": number}, days),
            self._sessions[0],
        )
        self._say(f"{days[1]:%B %Y}, month {number + 1} of {MONTHS}")

    def _days_of(self, number: int) -> tuple[date, date]:
        """Return the first and last day of a month; the first month has the day of the opening balances too."""
        first, following = self._plan.month(number), self._plan.month(number + 1)
        return first - timedelta(days=1 if number == 0 else 0), following - timedelta(days=1)

    def _together(
        self, steps: Sequence[tuple[str, Callable[[psycopg.Connection[Any]], None]]], *, plain: bool = False,
        said: bool = True,
    ) -> None:
        """Do steps on both sessions, each by whichever is free."""
        waiting = iter([step for step in steps if step[0] not in self._done])

        def work(connection: psycopg.Connection[Any]) -> None:
            for name, act in waiting:
                self._once(name, act, connection, plain=plain)
                if said:
                    self._say(name)

        with ThreadPoolExecutor(len(self._sessions)) as pool:
            for each in [pool.submit(work, connection) for connection in self._sessions]:
                each.result()

    def _once(
        self, step: str, act: Callable[[psycopg.Connection[Any]], None], connection: psycopg.Connection[Any], *,
        plain: bool = False,
    ) -> None:
        """Do a step unless it was done, in the transaction that remembers it; a *plain* one in none of ours."""
        if step in self._done:
            return
        if plain:
            act(connection)
        with connection.transaction():
            connection.execute("INSERT INTO history.steps (step) VALUES (%s)", (step,))
            if not plain:
                act(connection)
        self._done.add(step)

    def _say(self, what: str) -> None:
        posted = sum(payments for step, payments in self._payments.items() if step in self._done)
        self._tell(Told(what, posted, self._plan.payments))


def _half(number: int, half: int) -> str:
    return f"month {number} half {half}"


def _vacuum(table: str) -> Callable[[psycopg.Connection[Any]], None]:
    def vacuum(connection: psycopg.Connection[Any]) -> None:
        connection.execute(f"VACUUM (FREEZE, ANALYZE) {table}")

    return vacuum


@contextmanager
def _session(url: str) -> Iterator[psycopg.Connection[Any]]:
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    with psycopg.connect(url, autocommit=True, options=options, cursor_factory=psycopg.ClientCursor) as connection:
        yield connection
