"""Indexes and foreign keys set aside while millions of rows are written, and made again from their own definitions.

Migrations stay the only source: what is made again is what the catalogue said before it was dropped.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

_TABLES = ["keys", "entries", "debits", "day_balances", "day_books"]
# Nearly empty, and a worker may be looking for open holds meanwhile.
_KEPT = ["debits_held", "keys_hold_expired"]
_FOUND = """
SELECT t.relname, c.conname, 'foreign', pg_get_constraintdef(c.oid) FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid
WHERE c.contype = 'f' AND t.relname = ANY (%(tables)s) AND t.relnamespace = 'public'::regnamespace
UNION ALL
SELECT t.relname, i.relname, coalesce(c.contype::text, 'index'), pg_get_indexdef(i.oid) FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.conrelid = t.oid AND c.contype IN ('p', 'u')
WHERE t.relname = ANY (%(tables)s) AND t.relnamespace = 'public'::regnamespace AND i.relname <> ALL (%(kept)s)
ORDER BY 1, 2
"""
_KEYS = {"p": "PRIMARY KEY USING INDEX {}", "u": "UNIQUE USING INDEX {}"}


def set_aside(connection: psycopg.Connection[Any]) -> None:
    """Drop the indexes and foreign keys of the large tables, and remember each by its definition."""
    found = connection.execute(_FOUND, {"tables": _TABLES, "kept": _KEPT}).fetchall()
    found.sort(key=lambda row: _TABLES.index(row[0]))
    for place, (owner, name, kind, definition) in enumerate(found):
        connection.execute(
            "INSERT INTO history.set_aside VALUES (%s, %s, %s, %s, %s)", (place, owner, name, kind, definition)
        )
    for owner, name, kind, _ in found:
        if kind == "index":
            connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
        else:
            table, constraint = sql.Identifier(owner), sql.Identifier(name)
            connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, constraint))


def waiting(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the indexes that are still to be built, those of the largest tables first."""
    rows = connection.execute(
        "SELECT name FROM history.set_aside WHERE kind <> 'foreign' AND NOT is_built ORDER BY place"
    )
    return [name for (name,) in rows]


def build(connection: psycopg.Connection[Any], name: str) -> None:
    """Build an index that was set aside, in the transaction that remembers it."""
    row = connection.execute(
        "UPDATE history.set_aside SET is_built = true WHERE name = %s AND NOT is_built RETURNING definition", (name,)
    ).fetchone()
    if row is not None:
        connection.execute(sql.SQL(row[0]))


def bind(connection: psycopg.Connection[Any]) -> None:
    """Make the built indexes keys again where they were, then add the foreign keys."""
    rows = connection.execute(
        "SELECT owner, name, kind, definition FROM history.set_aside ORDER BY kind = 'foreign', place"
    )
    for owner, name, kind, definition in rows.fetchall():
        if kind == "index":
            continue
        what = sql.SQL(definition) if kind == "foreign" else sql.SQL(_KEYS[kind]).format(sql.Identifier(name))
        table, constraint = sql.Identifier(owner), sql.Identifier(name)
        connection.execute(sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(table, constraint, what))
    connection.execute("DELETE FROM history.set_aside")
