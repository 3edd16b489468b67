"""Batches of 200 on two connections with disjoint wallets, in the database and over HTTP, beside single payments."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench import http_servers
from bench.figures import Figure, NotMeasured, in_rounds, least_ratio, of_ratios
from bench.ground import Ground, Ledger, own_processes
from bench.http_debits import driven, load_of
from bench.posting import CLIENTS, rate, write_script
from wallet_service.client.keys import new_key
from wallet_service.database import Database
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.money import Paise
from wallet_service.payments.batches import Item, pay_batch
from wallet_service.payments.debits import Answer

ITEMS = 200
CONNECTIONS = 2
_WARM_SECONDS = 1.0


@dataclass(frozen=True)
class _Share:
    """What one connection pays: its own wallets, for so many seconds."""

    url: str
    client: int
    wallets: Sequence[OperatorCode]
    services: Sequence[tuple[DepartmentCode, ServiceCode]]
    seconds: float


def measure(ground: Ground) -> list[Figure]:
    """Return the rates of batches beside that of single payments by sixteen clients, all posted in the database."""
    ledger, plan = ground.ledger(), ground.plan
    script = write_script(ground, ledger, "spread", ledger.services)

    def in_database(seconds: float) -> float:
        return sum(pool.map(_posted_per_second, _shares(ledger, seconds)))

    def over_http(seconds: float) -> float:
        load = load_of(ledger, server.port, seconds, connections=CONNECTIONS, items=ITEMS)
        return driven(pool, load).debits_per_second

    with own_processes(CONNECTIONS) as pool, http_servers.service(ground, ledger.service_url) as server:
        rate(ledger, script, CLIENTS, 1)
        in_database(_WARM_SECONDS)
        over_http(_WARM_SECONDS)
        found = in_rounds(
            {
                "single": lambda: rate(ledger, script, CLIENTS, plan.seconds),
                "batches": lambda: in_database(plan.seconds),
                "batches over HTTP": lambda: over_http(plan.seconds),
            },
            plan.rounds,
            ground.tell,
        )
    return [
        of_ratios(
            name,
            found[contestant],
            "payments/s",
            least_ratio(least),
            against="single payments in the database, 16 clients",
            yardstick=found["single"],
        )
        for name, contestant, least in (
            ("batches of 200, two connections", "batches", 3),
            ("POST /v1/debits/batch of 200, two connections", "batches over HTTP", 1.5),
        )
    ]


def _shares(ledger: Ledger, seconds: float) -> list[_Share]:
    whole = _Share(ledger.service_url, ledger.client, ledger.wallets, ledger.services, seconds)
    return [replace(whole, wallets=ledger.wallets[number::CONNECTIONS]) for number in range(CONNECTIONS)]


def _posted_per_second(share: _Share) -> float:
    """Post batches one after the other and return how many payments a second stood in the books."""
    draw = random.Random()  # noqa: S311 (a load, no secret)
    database = Database(share.url, pool_size=1)
    posted = 0
    began = time.perf_counter()
    while time.perf_counter() < began + share.seconds:
        posted += pay_once(database, [_item(share, draw) for _ in range(ITEMS)], share.client)
    took = time.perf_counter() - began
    database.close()
    return posted / took


def pay_once(database: Database, items: Sequence[Item], client: int) -> int:
    """Pay one batch and return how many items it had.

    Raises:
        NotMeasured: one of them was refused.
    """
    key = Key(client, new_key(), request_hash("POST", "/v1/debits/batch", [item.key.text for item in items]))
    answer = database.posting(lambda connection: pay_batch(connection, items, atomic=False, key=key))
    for result in answer.results:
        if not isinstance(result, Answer):
            raise NotMeasured(f"a batch's item was refused: {result.slug()}")
    return len(items)


def _item(share: _Share, draw: random.Random) -> Item:
    department, service = draw.choice(share.services)
    return item(share.client, draw.choice(share.wallets), department, service, draw)


def item(
    client: int, wallet: OperatorCode, department: DepartmentCode, service: ServiceCode, draw: random.Random
) -> Item:
    """Return a payment of a drawn amount under a drawn ticket."""
    ticket = f"T{draw.randrange(10**12):012d}"
    return Item(
        key=Key(client, new_key(), request_hash("POST", "/v1/debits", ticket)),
        wallet=wallet,
        department=department,
        service=service,
        amount=Paise(draw.randrange(1_000, 60_000)),
        service_ticket_no=ticket,
    )
