"""Generate a past, a month of each half of the wallets at a time; killed anywhere, the same call goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from wallet_service.history import bank, indexes, month
from wallet_service.history.beginning import CLIENT, begin, finish
from wallet_service.history.plan import HALVES, MONTHS, Plan, quotas

Session = psycopg.Connection[Any]
Thing = TypeVar("Thing")
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

    def __init__(self, sessions: Sequence[Session], plan: Plan, tell: Tell) -> None:
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
            if f"month {number} bank" not in self._done:
                self._post_month(number)
        first = self._sessions[0]
        self._once("untied", lambda connection: bank.leave_untied(connection, self._asked), first)
        self._together(_LARGE, self._vacuum)
        self._together(indexes.waiting(first), self._build)
        self._once("keys", indexes.bind, first)
        self._once("settlements", self._draw_up_settlements, first)
        self._together(_OTHERS, self._vacuum)
        with first.transaction():
            finish(first, self._plan)
        self._say("finished")

    def _post_month(self, number: int) -> None:
        asked = {**self._asked, "month": number}

        def post_half(connection: Session, half: int) -> None:
            step = _half(number, half)
            self._once(step, lambda each: month.post(each, {**asked, "half": half}), connection)

        self._together(HALVES, post_half)
        days = self._days_of(number)
        self._once(f"month {number} bank", lambda each: bank.post(each, asked, days), self._sessions[0])
        self._say(f"{days[1]:%B %Y}, month {number + 1} of {MONTHS}")

    def _draw_up_settlements(self, connection: Session) -> None:
        connection.execute("SELECT draw_up_settlements(%s)", (self._plan.last_day,))

    def _days_of(self, number: int) -> tuple[date, date]:
        """Return the first and last day of a month; the first month has the day of the opening balances too."""
        first, following = self._plan.month(number), self._plan.month(number + 1)
        return first - timedelta(days=1 if number == 0 else 0), following - timedelta(days=1)

    def _build(self, connection: Session, name: str) -> None:
        self._once(f"index {name}", lambda each: indexes.build(each, name), connection)
        self._say(f"index {name}")

    def _vacuum(self, connection: Session, table: str) -> None:
        """Freeze a table's rows and look at their statistics; a vacuum is in no transaction of ours."""
        if (step := f"vacuum {table}") not in self._done:
            connection.execute(sql.SQL("VACUUM (FREEZE, ANALYZE) {}").format(sql.Identifier(table)))
            self._once(step, lambda each: None, connection)
            self._say(step)

    def _together(self, things: Iterable[Thing], act: Callable[[Session, Thing], None]) -> None:
        """Act on each of *things*, on whichever session is free."""
        waiting = iter(list(things))

        def work(connection: Session) -> None:
            for each in waiting:
                act(connection, each)

        with ThreadPoolExecutor(len(self._sessions)) as pool:
            for each in [pool.submit(work, connection) for connection in self._sessions]:
                each.result()

    def _once(self, step: str, act: Callable[[Session], None], connection: Session) -> None:
        """Do a step unless it was done, in the transaction that remembers it."""
        if step in self._done:
            return
        with connection.transaction():
            connection.execute("INSERT INTO history.steps (step) VALUES (%s)", (step,))
            act(connection)
        self._done.add(step)

    def _say(self, what: str) -> None:
        posted = sum(payments for step, payments in self._payments.items() if step in self._done)
        self._tell(Told(what, posted, self._plan.payments))


def _half(number: int, half: int) -> str:
    return f"month {number} half {half}"


@contextmanager
def _session(url: str) -> Iterator[Session]:
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    with psycopg.connect(url, autocommit=True, options=options, cursor_factory=psycopg.ClientCursor) as connection:
        yield connection
