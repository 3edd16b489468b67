"""Bytes on the disk per payment: the entry, the debit and the key, each with its indexes."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from bench.figures import Figure, NotMeasured, most
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
_COUNTS = "SELECT (SELECT sum(debits)::bigint FROM books), (SELECT sum(number)::bigint FROM books)"


def measure(ground: Ground) -> list[Figure]:
    """Return the bytes per payment of the history, and of the ledger that was posted to in this run."""
    ledger = ground.ledger()
    rate(ledger, write_script(ground, ledger, "spread", ledger.services), CLIENTS, ground.plan.seconds)
    found = figures_of("posted in this run", ledger.owner_url, ground)
    build(ground)
    return found + figures_of("the history", ground.url(HISTORY, OWNER), ground)


def figures_of(name: str, url: str, ground: Ground) -> list[Figure]:
    """Return the bytes of the money path per payment, and of an entry with its indexes, in the ledger at *url*."""
    sizes, payments, entries = _read(url)
    for part, size in sorted(sizes.items()):
        ground.tell(f"{name}: {part}: {size / payments:.1f} bytes per payment")
    of_the_entry = sum(size for part, size in sizes.items() if part.split()[0] == "entries")
    return [
        Figure(
            f"disk per payment, {name}",
            sum(sizes.values()) / payments,
            "bytes",
            most(_MOST_IN_ALL),
            note=", ".join(f"{part} {size / payments:.0f}" for part, size in sorted(sizes.items())),
        ),
        Figure(f"disk per entry, {name}", of_the_entry / entries, "bytes", most(_MOST_OF_THE_ENTRY)),
    ]


def _read(url: str) -> tuple[Mapping[str, int], int, int]:
    """Return the size of each table and index, and how many payments and entries there are."""
    with psycopg.connect(url) as connection:
        sizes: dict[str, int] = dict(connection.execute(_SIZES, {"tables": list(MONEY_PATH)}).fetchall())
        counts = connection.execute(_COUNTS).fetchone()
    if counts is None or not counts[0]:
        raise NotMeasured("there are no payments")
    return sizes, counts[0], counts[1]
