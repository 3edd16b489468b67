"""Posting at the SQL level beside pgbench's TPC-B-like load on the same server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import psycopg

from bench import pgbench
from bench.figures import Figure, NotMeasured, in_rounds, least_ratio, of_ratios
from bench.ground import SERVICES, Ground, Ledger
from wallet_service.embedded.postgres import OWNER
from wallet_service.identifiers import DepartmentCode, ServiceCode

CLIENTS = 16
TPCB_SCALE = 20
TPCB = "tpcb"

# The statement that the service sends, with what a portal would send in it.
_SCRIPT = """\
\\set wallet random(1, {wallets})
\\set service random(1, {services})
\\set amount random(1000, 60000)
\\set ticket random(100000000000, 999999999999)
SELECT * FROM pay({client}, '\\x00'::bytea || uuid_send(uuidv7()), sha256(int8send(:ticket)),
  '{prefix}' || ({first} + :wallet), (ARRAY[{departments}])[:service],
  (ARRAY[{codes}])[:service], :amount, 'T' || :ticket, NULL, NULL, NULL, NULL);
"""


def measure(ground: Ground, scale: int = TPCB_SCALE, clients: int = CLIENTS) -> list[Figure]:
    """Return the rate of single payments spread over sixty departments beside that of the TPC-B-like script."""
    ledger, plan = ground.ledger(), ground.plan
    ground.make_database(TPCB)
    ground.tell(f"filling pgbench's tables, scale {scale}")
    tpcb = ground.url(TPCB, OWNER)
    pgbench.initialise(tpcb, scale)
    script = write_script(ground, ledger, "spread", ledger.services)
    pgbench.run(tpcb, clients, 1)
    rate(ledger, script, clients, 1)
    found = in_rounds(
        {
            "TPC-B-like": lambda: pgbench.run(tpcb, clients, plan.seconds).rate,
            "posting": lambda: rate(ledger, script, clients, plan.seconds),
        },
        plan.rounds,
        ground.tell,
    )
    return [
        of_ratios(
            f"posting, SQL level, {clients} clients, {len(ledger.wallets):,} wallets, {SERVICES} departments",
            found["posting"],
            "payments/s",
            least_ratio(1.3),
            against=f"pgbench TPC-B-like, scale {scale}",
            yardstick=found["TPC-B-like"],
        )
    ]


def write_script(
    ground: Ground, ledger: Ledger, name: str, services: Sequence[tuple[DepartmentCode, ServiceCode]]
) -> Path:
    """Write the pgbench script that pays *services* from the ledger's wallets, and return where it is."""
    code = ledger.wallets[0]
    digits = len(code) - len(code.rstrip("0123456789"))
    text = _SCRIPT.format(
        wallets=len(ledger.wallets),
        services=len(services),
        client=ledger.client,
        prefix=code[:-digits],
        first=int(code[-digits:]) - 1,
        departments=",".join(f"'{department}'" for department, _ in services),
        codes=",".join(f"'{service}'" for _, service in services),
    )
    path = ground.directory / f"{name}.pgbench"
    path.write_text(text, encoding="ascii")
    return path


def rate(ledger: Ledger, script: Path, clients: int, seconds: int) -> float:
    """Return how many payments a second *clients* post by *script*.

    Raises:
        NotMeasured: a payment was answered otherwise than by an entry.
    """
    before = _posted(ledger)
    done = pgbench.run(ledger.service_url, clients, seconds, script)
    if (posted := _posted(ledger) - before) != done.transactions:
        raise NotMeasured(f"{done.transactions} payments were answered and {posted} posted")
    return done.rate


def _posted(ledger: Ledger) -> int:
    """Return how many entries stand in the books, by their books' numbers."""
    with psycopg.connect(ledger.service_url) as connection:
        row = connection.execute("SELECT sum(number)::bigint FROM books").fetchone()
    return row[0] if row else 0
