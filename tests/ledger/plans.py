"""What a verb's statements read: they are overheard while it runs, and then explained with the parameters they had."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event

from tests.books import Books

BIG = frozenset(
    {
        *("entries", "debits", "keys", "credits", "refunds", "rebates", "unknown_payments", "certificates"),
        *("bank_lines", "bank_line_postings", "day_balances", "day_books"),
        *("department_rows", "tie_results", "settlements"),
    }
)
"""The tables that grow with history."""


@dataclass(frozen=True)
class Read:
    """What one statement read of the tables that grow: which it read whole, and how many rows it touched of all."""

    statement: str
    whole: frozenset[str]
    rows: int


def reads(books: Books, verb: Callable[[Connection], object]) -> list[Read]:
    """Run a verb and return what each of its statements reads, by their plans as they were carried out."""
    with books.database.snapshot() as connection:
        with _overheard() as statements:
            verb(connection)
        return [_explained(connection, statement, parameters) for statement, parameters in statements]


@contextmanager
def _overheard() -> Iterator[list[tuple[str, Any]]]:
    heard: list[tuple[str, Any]] = []

    def hear(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        heard.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def _explained(connection: Connection, statement: str, parameters: Any) -> Read:
    told = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters or None).scalar_one()
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    scans = [node for node in _nodes(plan) if node.get("Relation Name") in BIG and node["Actual Loops"]]
    whole = frozenset(node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan")
    return Read(statement, whole, round(sum(_touched(node) for node in scans)))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for each in node.get("Plans", ()):
        yield from _nodes(each)


def _touched(node: dict[str, Any]) -> float:
    counted = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    each_loop: float = sum(node.get(name, 0) for name in counted)
    return each_loop * float(node["Actual Loops"])
