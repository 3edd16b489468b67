"""Balance, passbook page, look-ups and debit with a history behind them, beside the same calls on a ledger just opened.

Just opened: the same wallets, each with a balance from before and one page of payments, so that both ledgers answer the
same call with as many lines. The calls take turns in small runs, on one connection each.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import Connection

from bench.batches import ITEMS, item, pay_once
from bench.figures import Figure, NotMeasured, most_ratio, of_ratios, percentile
from bench.ground import HISTORY, Ground, Ledger
from bench.past import build
from wallet_service.client.keys import new_key
from wallet_service.database import Database
from wallet_service.identifiers import DebitId, DepartmentCode, OperatorCode, ServiceCode
from wallet_service.ledger.balances import balance
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.ledger.passbook import passbook
from wallet_service.money import Paise
from wallet_service.payments import debits, lookups
from wallet_service.payments.batches import Item

OPENED = "opened"
_IN_A_RUN = 100
_SAMPLED_OF_A_WALLET = 100
_TOLD_EVERY = 100
_SERVICE = (DepartmentCode("POD"), ServiceCode("001"))
_CODES = "SELECT code FROM books WHERE id <> 0 ORDER BY id"
_COUNT = "SELECT sum(debits)::bigint AS payments, count(*) AS wallets FROM books WHERE id <> 0"
# One captured payment of each wallet that can pay one more, drawn by the hash of its key.
_DRAW = """
SELECT DISTINCT ON (b.id) b.code, b.number AS last, d.number, d.service_ticket_no, key_text(k.key) AS key, k.client
FROM keys k TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
JOIN books b ON b.id = k.book JOIN debits d ON d.book = k.book AND d.number = k.number
WHERE k.outcome = 'captured' AND b.state = 'open' AND b.current_paise - b.held_paise - b.floor_paise >= 100000
ORDER BY b.id, hashtextextended(key_text(k.key), 1)
"""


@dataclass(frozen=True)
class Drawn:
    """What one call asks about: a wallet, its last number, and one of its payments as its client knows it."""

    wallet: OperatorCode
    last: int
    debit: DebitId
    ticket: str
    key: str
    client: int


@dataclass(frozen=True)
class Side:
    """One of the two ledgers: a connection to it, and the wallets that are drawn from it."""

    connection: Connection
    drawn: Sequence[Drawn]


def measure(ground: Ground) -> list[Figure]:
    """Return the p99 of each call with the history behind it, beside the p99 of the same on a ledger just opened."""
    build(ground)
    _open(ground)
    ground.restart()
    with ExitStack() as stack:
        sides = {name: _side(stack, ground, name) for name in (OPENED, HISTORY)}
        return [_figure(ground, name, call, sides) for name, call in _calls(ground.plan.page).items()]


def _calls(page: int) -> dict[str, Callable[[Connection, Drawn], object]]:
    return {
        "balance": lambda c, one: balance(c, one.wallet),
        "passbook page": lambda c, one: passbook(
            c, one.wallet, first=None, last=None, after=max(0, one.last - page), limit=page
        ),
        "look-up by id": lambda c, one: debits.get(c, one.debit, client_id=one.client),
        "look-up by ticket": lambda c, one: lookups.find(
            c, client_id=one.client, service_ticket_no=one.ticket, after=None, limit=page
        ),
        "look-up by key": lambda c, one: debits.by_key(c, one.key, client_id=one.client),
        "debit": _pay,
    }


def _pay(connection: Connection, one: Drawn) -> object:
    text = new_key()
    return debits.pay(
        connection,
        wallet=one.wallet,
        department=_SERVICE[0],
        service=_SERVICE[1],
        amount=Paise(100),
        service_ticket_no=text,
        key=Key(one.client, text, request_hash("POST", "/v1/debits", text)),
    )


def _figure(ground: Ground, name: str, call: Callable[[Connection, Drawn], object], sides: dict[str, Side]) -> Figure:
    rounds: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(ground.plan.rounds + 1):
        seen = _round(call, sides, ground.plan.calls, seed=number)
        if number:  # The first one warms.
            for side, seconds in seen.items():
                rounds[side].append(1000 * percentile(seconds, 0.99))
            told = ", ".join(f"{side} p99 {values[-1]:.3g} ms" for side, values in rounds.items())
            ground.tell(f"round {number} of {ground.plan.rounds}: {name}: {told}")
    return of_ratios(
        f"{name}, p99 with history",
        rounds[HISTORY],
        "ms",
        most_ratio(1.5),
        against="a ledger just opened",
        yardstick=rounds[OPENED],
        note=f"{ground.plan.calls:,} calls a round",
    )


def _round(
    call: Callable[[Connection, Drawn], object], sides: dict[str, Side], calls: int, *, seed: int
) -> dict[str, list[float]]:
    """Return the seconds that each call took on each side; the sides take turns after some calls."""
    draw = random.Random(seed)  # noqa: S311 (a load, no secret)
    asked = {name: draw.choices(side.drawn, k=calls) for name, side in sides.items()}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for first in range(0, calls, _IN_A_RUN):
        for name, side in sides.items():
            for one in asked[name][first : first + _IN_A_RUN]:
                began = time.perf_counter()
                call(side.connection, one)
                seconds[name].append(time.perf_counter() - began)
    return seconds


def _side(stack: ExitStack, ground: Ground, name: str) -> Side:
    database = Database(ground.url(name), pool_size=1, statement_timeout_ms=600_000)
    stack.callback(database.close)
    connection = stack.enter_context(database.statement())
    ground.tell(f"drawing wallets of the ledger {name!r}")
    count = connection.exec_driver_sql(_COUNT).one()
    percent = min(100, 100 * count.wallets * _SAMPLED_OF_A_WALLET / max(count.payments or 1, 1))
    drawn = [
        Drawn(
            OperatorCode(row.code),
            row.last,
            DebitId(row.code, row.number),
            row.service_ticket_no,
            row.key,
            row.client,
        )
        for row in connection.exec_driver_sql(_DRAW, {"percent": percent})
    ]
    if len(drawn) < count.wallets // 2:
        raise NotMeasured(
            f"only {len(drawn)} of {count.wallets} wallets of the ledger {name!r} have a payment and money"
        )
    return Side(connection, drawn)


def _open(ground: Ground) -> None:
    """Open a ledger with the wallets of the history, and one page of payments in each."""
    past = Database(ground.url(HISTORY), pool_size=1)
    with past.statement() as connection:
        codes = [OperatorCode(code) for code in connection.exec_driver_sql(_CODES).scalars()]
    past.close()
    ledger = ground.ledger(OPENED, codes)
    database = Database(ledger.service_url, pool_size=1)
    firsts = [(page, first) for page in range(ground.plan.page) for first in range(0, len(codes), ITEMS)]
    for number, (_, first) in enumerate(firsts, 1):
        pay_once(database, _items(ledger, codes[first : first + ITEMS]), ledger.client)
        if number % _TOLD_EVERY == 0:
            ground.tell(f"{number * ITEMS:,} of {len(firsts) * ITEMS:,} payments of the ledger just opened")
    database.close()


def _items(ledger: Ledger, wallets: Sequence[OperatorCode]) -> list[Item]:
    draw = random.Random()  # noqa: S311 (a load, no secret)
    return [item(ledger.client, wallet, *draw.choice(ledger.services), draw) for wallet in wallets]
