"""Lines against open items: a released file is matched with the advices and claims that wait for it, and posted."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import psycopg

from bench.bank_files import Credit, as_statement
from bench.figures import Figure, NotMeasured, most, most_ratio, of_ratios
from bench.ground import Ground, Ledger
from wallet_service.database import Database
from wallet_service.dates import today
from wallet_service.recon import intake, posting

LINES = 100_000
_SECONDS = 60
_QUICK = 10
_GROWTH = 2.5
_AT_ONCE = 500
_ADVISE = """
SELECT count(advise(%(client)s, reference, sha256(reference::bytea), wallet, paise, reference, digits, %(day)s, 'neft'))
FROM unnest(%(wallets)s::text[], %(paise)s::bigint[], %(references)s::text[], %(digits)s::text[])
  AS told (wallet, paise, reference, digits)
"""
_CLAIM = """
SELECT count(claim(%(client)s, key, sha256(key::bytea), wallet, paise, %(day)s, 'cash', branch, NULL, NULL, NULL))
FROM unnest(%(wallets)s::text[], %(paise)s::bigint[], %(branches)s::text[], %(keys)s::text[])
  AS told (wallet, paise, branch, key)
"""
_LEFT = """
SELECT
  (SELECT count(*) FROM credits WHERE state <> 'tied') + (SELECT count(*) FROM claims WHERE state = 'open') AS items,
  (SELECT count(*) FROM bank_lines l WHERE NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = l.id)) AS lines
"""


@dataclass(frozen=True)
class Item:
    """A deposit that is told of, and shown by one line: an advice with its digits, else a claim at a branch."""

    number: int
    wallet: str
    paise: int
    branch: str
    is_advice: bool

    @property
    def digits(self) -> str:
        """Return the digits of its reference."""
        return f"{10_000_000_000 + self.number}"

    @property
    def reference(self) -> str:
        """Return its reference as the portal tells it."""
        return f"YESAP{self.digits}"

    @property
    def words(self) -> str:
        """Return the bank's words for it."""
        if self.is_advice:
            return f"BY TRANSFER-NEFT*YESB0000001*{self.reference}*TEST REMITTER--"
        return "CASH DEPOSIT-CASH DEPOSIT SELF--"


def measure(ground: Ground) -> list[Figure]:
    """Return how long lines take against as many open items, and how that grows when both are twice as many."""
    share = _QUICK if ground.plan.quick else 1
    lines = LINES // share
    once, twice = _matched(ground, lines), _matched(ground, 2 * lines)
    name = f"{lines:,} lines against {lines:,} open items: matched and posted"
    return [
        Figure(name, once, "s", most(_SECONDS / share)),
        of_ratios(
            f"{2 * lines:,} lines against {2 * lines:,} open items",
            [twice],
            "s",
            most_ratio(_GROWTH),
            against=f"{lines:,} against {lines:,}",
            yardstick=[once],
        ),
    ]


def _matched(ground: Ground, count: int) -> float:
    """Return the seconds from released files of *count* lines together to their last line posted.

    A file has a lakh of lines at most, which are those of one day: more would be larger than files may be.

    Raises:
        NotMeasured: more is left open than nine deposits in a thousand, which collide by chance.
    """
    ledger = ground.ledger(f"matching-{count}")
    items = list(_items(count, ledger.wallets))
    parts = [items[first : first + LINES] for first in range(0, count, LINES)]
    days = [today() - timedelta(days=ago) for ago in range(len(parts), 0, -1)]
    ground.tell(f"telling {count:,} open items")
    for part, day in zip(parts, days, strict=True):
        _tell(ledger, part, day)
    database = Database(ledger.service_url, pool_size=4)
    files, came = [], 0
    for part, day in zip(parts, days, strict=True):
        files.append(_released(database, part, day, came))
        came += sum(item.paise for item in part)
    ground.tell(f"matching {count:,} lines")
    began = time.perf_counter()
    for file in files:
        posting.post_file(database, file)
    taken = time.perf_counter() - began
    with database.statement() as connection:
        left = connection.exec_driver_sql(_LEFT).one()
    database.close()
    if left.lines or left.items * 1_000 > count * 9:
        raise NotMeasured(f"{left.lines} lines are not posted, {left.items} of {count} items are open")
    return taken


def _items(count: int, wallets: Sequence[str]) -> Iterator[Item]:
    """Yield deposits: two in three advised by their reference, one in three claimed by amount, day and branch."""
    draw = random.Random(count)  # noqa: S311 (a load, no secret)
    for number in range(count):
        branch = f"{draw.randrange(1, 20_000):05d}"
        yield Item(number, draw.choice(wallets), draw.randrange(5_000, 49_000) * 100, branch, is_advice=number % 3 > 0)


def _tell(ledger: Ledger, items: Sequence[Item], day: date) -> None:
    with psycopg.connect(ledger.owner_url, autocommit=True) as owner:
        owner.execute("UPDATE limits SET limit_paise = 1000000000000000")
    with psycopg.connect(ledger.service_url, autocommit=True) as connection:
        for first in range(0, len(items), _AT_ONCE):
            some = items[first : first + _AT_ONCE]
            for query, told in ((_ADVISE, True), (_CLAIM, False)):
                chosen = [item for item in some if item.is_advice is told]
                columns = {
                    "wallets": [item.wallet for item in chosen],
                    "paise": [item.paise for item in chosen],
                    "references": [item.reference for item in chosen],
                    "digits": [item.digits for item in chosen],
                    "branches": [item.branch for item in chosen],
                    "keys": [f"claim-{item.number}" for item in chosen],
                }
                connection.execute(query, columns | {"client": ledger.client, "day": day})


def _released(database: Database, items: Sequence[Item], day: date, came_before: int) -> int:
    """Return the file of the items' lines, in another order, not posted yet; *came_before* paise came before."""
    shown = list(items)
    random.Random(1).shuffle(shown)  # noqa: S311 (a load, no secret)
    lines = [Credit(item.words, "", int(item.branch), item.paise) for item in shown]
    content = as_statement(lines, day, came_before).encode()
    reading = intake.read(content, today=today())
    with database.transaction() as connection:
        taken = intake.receive(connection, reading, filename="matching.csv", by="maker")
    with database.statement() as connection:
        statements = intake.read_for_release(connection, taken.id)
    with database.transaction() as connection:
        return intake.release(connection, taken.id, statements, by="checker").id
