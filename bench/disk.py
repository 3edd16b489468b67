"""Bytes on the disk per payment: the entry, the debit and the key, each with its indexes."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from bench.figures import Figure, most
from bench.ground import HISTORY, Ground
from bench.past import build
from bench.posting import CLIENTS, rate, write_script
from wallet_service.embedded.postgres import OWNER

MONEY_PATH = ("entries", "debits", "keys")
_MOST_IN_ALL = 600
_MOST_OF_THE_ENTRY = 260
_SIZES = """
SELECT t.relname, pg_relation_size(t.oid) FROM pg_class t
WHERE t.oid = ANY (%(tables)s::regclass[]) UNION ALL
SELECT t.relname || ' ' || i.relname, pg_relation_size(i.oid)
FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE t.oid = ANY (%(tables)s::regclass[])
"""
_ROWS = """
SELECT sum(number)::bigint, sum(debits)::bigint, (SELECT count(*) FROM keys) FROM books
"""
_ENOUGH = 20_000


def measure(ground: Ground) -> list[Figure]:
    """Return the bytes per payment of the ledger that was posted to in this run, and of the history."""
    ledger = ground.ledger()
    script = write_script(ground, ledger, "spread", ledger.services)
    while (posted := _rows(ledger.owner_url)["debits"]) < _ENOUGH:
        ground.tell(f"posting: {posted:,} payments are too few to measure")
        rate(ledger, script, CLIENTS, ground.plan.seconds)
    build(ground)
    return [
        figure
        for name, url in (("posted in this run", ledger.owner_url), ("the history", ground.url(HISTORY, OWNER)))
        for figure in figures_of(ground, name, url)
    ]


def figures_of(ground: Ground, name: str, url: str) -> list[Figure]:
    """Return the bytes that a payment takes in the ledger at *url*, and those of its entry; each with its indexes.

    A payment is a row in each table of the money path, so that entries of top-ups count as entries and not against
    payments.
    """
    rows, sizes = _rows(url), _sizes(url)
    parts = {part: size / rows[part.split()[0]] for part, size in sizes.items()}
    for part, size in parts.items():
        ground.tell(f"{name}: {part}: {size:.1f} bytes")
    entry = sum(size for part, size in parts.items() if part.split()[0] == "entries")
    told = ", ".join(f"{part} {size:.0f}" for part, size in parts.items())
    return [
        Figure(f"disk per payment, {name}", sum(parts.values()), "bytes", most(_MOST_IN_ALL), note=told),
        Figure(f"disk per entry with its indexes, {name}", entry, "bytes", most(_MOST_OF_THE_ENTRY)),
    ]


def _sizes(url: str) -> Mapping[str, int]:
    with psycopg.connect(url) as connection:
        return dict(sorted(connection.execute(_SIZES, {"tables": list(MONEY_PATH)}).fetchall()))


def _rows(url: str) -> Mapping[str, int]:
    with psycopg.connect(url) as connection:
        counts = connection.execute(_ROWS).fetchone()
    if counts is None or not all(counts):
        return dict.fromkeys(MONEY_PATH, 0)
    return dict(zip(MONEY_PATH, counts, strict=True))
