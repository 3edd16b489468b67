"""What departments ask, with a history behind it: pages of what one was paid in a month, and one verification."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from bench.figures import Figure, NotMeasured, most, of_values, percentile
from bench.ground import HISTORY, Ground
from bench.past import build
from wallet_service.database import Database
from wallet_service.identifiers import DepartmentCode
from wallet_service.payments import department_payments
from wallet_service.payments.department_payments import Place
from wallet_service.payments.verifications import verify

_PAGE, _MOST_MS = 200, 50.0
_A_MONTH = timedelta(days=30)
_SAMPLED = 2_000
_EACH_OF = 10
"""A page is asked for so many times less often than a verification."""
_DRAW = """
SELECT b.code, d.department, d.service_ticket_no, e.number, e.business_day
FROM debits d TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
JOIN books b ON b.id = d.book JOIN entries e ON e.book = d.book AND e.number = d.entry_number
ORDER BY hashtextextended(d.service_ticket_no, 1) LIMIT %(most)s
"""


@dataclass(frozen=True)
class Drawn:
    """A payment of the history, as its department may ask for it."""

    department: DepartmentCode
    ticket: str
    day: date
    place: Place


def measure(ground: Ground) -> list[Figure]:
    """Return the p99 of each call, which is to stay within 50 ms however long the history is."""
    build(ground)
    database = Database(ground.url(HISTORY), pool_size=1, statement_timeout_ms=600_000)
    try:
        with database.statement() as connection:
            drawn = _drawn(connection)
            return [_figure(ground, connection, drawn, name, call) for name, call in _CALLS.items()]
    finally:
        database.close()


def _page(connection: Connection, one: Drawn, after: Place | None) -> bool:
    first = one.day if after else one.day - _A_MONTH
    found = department_payments.find(
        connection, one.department, first=first, last=one.day, after=after, limit=_PAGE + 1
    )
    return bool(found) or after is not None


_CALLS: dict[str, Callable[[Connection, Drawn], bool]] = {
    "verification by ticket": lambda c, one: bool(
        verify(c, departments=[one.department], service_ticket_no=one.ticket).payments
    ),
    "first page of a department's month": lambda c, one: _page(c, one, None),
    "later page of a department's day": lambda c, one: _page(c, one, one.place),
}


def _figure(
    ground: Ground,
    connection: Connection,
    drawn: Sequence[Drawn],
    name: str,
    call: Callable[[Connection, Drawn], bool],
) -> Figure:
    calls = ground.plan.calls if name.startswith("verification") else max(1, ground.plan.calls // _EACH_OF)
    rounds = []
    for number in range(ground.plan.rounds + 1):
        seconds = _round(connection, drawn, call, calls, seed=number)
        if number:  # The first one warms.
            rounds.append(1000 * percentile(seconds, 0.99))
            ground.tell(f"round {number} of {ground.plan.rounds}: {name}: p99 {rounds[-1]:.3g} ms")
    return of_values(f"{name}, p99 with history", rounds, "ms", most(_MOST_MS), note=f"{calls:,} calls a round")


def _round(
    connection: Connection, drawn: Sequence[Drawn], call: Callable[[Connection, Drawn], bool], calls: int, *, seed: int
) -> list[float]:
    draw = random.Random(seed)  # noqa: S311 (a load, no secret)
    seconds = []
    for one in draw.choices(drawn, k=calls):
        began = time.perf_counter()
        is_found = call(connection, one)
        seconds.append(time.perf_counter() - began)
        if not is_found:
            raise NotMeasured(f"nothing was found of ticket {one.ticket} of {one.department}")
    return seconds


def _drawn(connection: Connection) -> list[Drawn]:
    count = connection.exec_driver_sql("SELECT sum(debits)::bigint FROM books").scalar_one() or 1
    asked = {"percent": min(100, 400 * _SAMPLED / count), "most": _SAMPLED}
    found = [
        Drawn(DepartmentCode(row.department), row.service_ticket_no, row.business_day, Place(*_place(row)))
        for row in connection.exec_driver_sql(_DRAW, asked)
    ]
    if not found:
        raise NotMeasured("the history has no payment")
    return found


def _place(row: tuple[str, str, str, int, date]) -> tuple[date, str, int]:
    code, _, _, number, day = row
    return day, code, number
