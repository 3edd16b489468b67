"""How the laws are tested: each by a query that names the rows at fault, those over the same rows in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic

from sqlalchemy import Connection

_ROWS_SHOWN = 5
# Whole tables are joined by hashes, which want memory and every processor; no posting waits for a check.
_SETTINGS = """
SELECT set_config(name, value, true) FROM (VALUES ('statement_timeout', '0'), ('work_mem', '256MB'),
  ('hash_mem_multiplier', '2'), ('max_parallel_workers_per_gather', '2'), ('parallel_setup_cost', '100'),
  ('parallel_tuple_cost', '0.001'), ('enable_mergejoin', 'off'), ('jit', 'off')) AS settings (name, value)
"""
# A book that was lifted to a day early has entries of that day from before its midnight.
_BEGAN = """
SELECT least(%(since)s::timestamp AT TIME ZONE 'Asia/Kolkata',
             (SELECT min(began_at) FROM days WHERE day >= %(since)s::date - 1))
"""
_EVER = "-infinity"


@dataclass(frozen=True)
class Pass:
    """Rows that several laws look at together: a FROM clause, a condition, and an order.

    *rows_since* is the FROM clause with which few rows are looked at, those of business days from ``%(since)s`` on.
    """

    name: str
    rows: str
    rows_since: str
    where: str
    order: str


@dataclass(frozen=True)
class Fault:
    """What a law must not find among the rows of a pass: a condition, and an expression that names the row."""

    of: Pass
    broken: str
    words: str


@dataclass(frozen=True)
class Law:
    """A law of the books: faults among the rows of passes, and a query of its own that returns one text a fault.

    With a first day, *query_since* is asked instead where there is one. Both may use ``%(since)s``, that day, and
    ``%(began)s``, the instant from which entries of it can have been posted.
    """

    number: int
    name: str
    sentence: str
    held_by: str
    query: str = ""
    query_since: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What a check found of one law: how many rows are at fault, and the first of them in words."""

    law: Law
    faults: int
    rows: list[str]


@dataclass(frozen=True)
class Step:
    """A step of a check: what it looks at, and once it is done, its seconds and how many faults it found."""

    name: str
    seconds: float | None = None
    faults: int = 0


def check(
    connection: Connection,
    laws: Iterable[Law],
    since: date | None = None,
    progress: Callable[[Step], None] = lambda step: None,
) -> list[Finding]:
    """Test each law on one snapshot of the books and return what was found, laws that hold included, in their order.

    With *since*, only what happened in business days from that one on is looked at, and the stored figures of today:
    it costs what those days do. *progress* is told when a step begins and when it is done.
    """
    connection.exec_driver_sql(_SETTINGS)
    ordered = sorted(laws, key=lambda each: each.number)
    asked = _bounds(connection, since)
    found: dict[str, list[str]] = defaultdict(list)
    for name, query in _queries(ordered, since):
        progress(Step(name))
        started = monotonic()
        rows = connection.exec_driver_sql(query, asked).all()
        for law, said in rows:
            found[law].append(said)
        progress(Step(name, monotonic() - started, len(rows)))
    return [Finding(law, len(found[law.name]), found[law.name][:_ROWS_SHOWN]) for law in ordered]


def _bounds(connection: Connection, since: date | None) -> dict[str, object]:
    """Return what the queries may use."""
    if since is None:
        return {"since": _EVER, "began": _EVER}
    return {"since": since, "began": connection.exec_driver_sql(_BEGAN, {"since": since}).scalar_one()}


def _queries(laws: Sequence[Law], since: date | None) -> list[tuple[str, str]]:
    """Return the steps of a check: the name of each, and its query, whose rows are a law's name and a fault's words."""
    steps = []
    passes = {fault.of.name: fault.of for law in laws for fault in law.faults}
    for each in passes.values():
        of_pass = [(law, fault) for law in laws for fault in law.faults if fault.of == each]
        numbers = ", ".join(str(number) for number in sorted({law.number for law, _ in of_pass}))
        steps.append((f"{numbers}: {each.name}", _query_of(each, of_pass, since)))
    for law in laws:
        query = (law.query_since or law.query) if since else law.query
        if query:
            steps.append(
                (f"{law.number}: {law.name}", f"SELECT '{law.name}', x.* FROM ({query}) x")  # noqa: S608 (our own text)
            )
    return steps


def _query_of(each: Pass, of_pass: Sequence[tuple[Law, Fault]], since: date | None) -> str:
    """Return one query for all faults of a pass: each row is read once, and worded only where something is broken."""
    told = ",\n".join(f"('{law.name}', {fault.broken}, {fault.words})" for law, fault in of_pass)
    broken = "\n OR ".join(f"({fault.broken})" for _, fault in of_pass)
    return f"""SELECT f.law, f.said FROM {each.rows_since if since else each.rows}
      CROSS JOIN LATERAL (VALUES {told}) AS f (law, broken, said)
      WHERE {each.where} AND ({broken}) AND f.broken ORDER BY {each.order}"""  # noqa: S608 (our own text)
