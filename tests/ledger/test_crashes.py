"""PostgreSQL dies under load: what was answered is there, nothing is there twice, and every unknown has one effect."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from threading import Event

import psycopg
import pytest

from tests import processes
from tests.at_once import SECONDS
from tests.books import Books
from tests.ledger.counters import AnyAnswer, Counter, Request, identity
from tests.servers import Servers
from wallet_service.embedded import Postgres, children
from wallet_service.embedded.postgres import OWNER, READER, SERVICE, SUPERUSER
from wallet_service.errors import OutcomeUnknown
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger.idempotency import look_up
from wallet_service.migrating import to_head
from wallet_service.payments import departments

SEED = int(os.environ.get("WALLET_SEED", "71010"))
ROUNDS = 300 if os.environ.get("WALLET_LONG_TESTS") else 30
COUNTERS = 8
START = 100_000_00
_RECORDED = """
SELECT key_text(k.key) AS key, CASE k.outcome WHEN 'captured' THEN debit_id(b.code, k.number)
  WHEN 'credited' THEN credit_id(b.code, k.number) WHEN 'refunded' THEN entry_id(b.id, k.number) END AS made
FROM keys k JOIN books b ON b.id = k.book WHERE key_text(k.key) LIKE %s
"""


@dataclass
class Tally:
    """What a run saw."""

    acknowledged: int = 0
    unknown: int = 0
    happened: int = 0
    killed: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """Return a PostgreSQL of this module's own, to be killed."""
    with tempfile.TemporaryDirectory(prefix="wallet-test-crashes-") as folder, _started(Path(folder)) as server:
        yield server


@contextmanager
def _started(folder: Path) -> Iterator[Postgres]:
    with Postgres(folder, {"shared_buffers": "64MB"}) as server:
        to_head(server.url(OWNER))
        yield server


@pytest.fixture(scope="module")
def crashing(postgres: Postgres) -> Iterator[Books]:
    """Return the books on that PostgreSQL."""
    servers = Servers(
        owner_url=postgres.url(OWNER),
        service_url=postgres.url(SERVICE),
        reader_url=postgres.url(READER),
        superuser_url=postgres.url(SUPERUSER),
        redis_url="",
    )
    books = Books(servers)
    with books.database.transaction() as connection:
        departments.load(connection, departments.package_departments(), departments.package_services())
    yield books
    books.close()


def test_killed_under_load_nothing_answered_is_lost_and_nothing_is_twice(
    postgres: Postgres, crashing: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    wallets = [crashing.wallet("100000.00") for _ in range(4)]
    random, tally, asked = Random(SEED), Tally(), list[Request]()

    for number in range(ROUNDS):
        counters = [
            Counter(crashing, f"r{number}-c{each}", wallets, Random(random.random())) for each in range(COUNTERS)
        ]
        _kill_under_load(postgres, counters, random.uniform(0.05, 0.5), tally)
        postgres.start()
        _require_what_was_answered(crashing, f"r{number}-%", counters)
        _resolve(crashing, counters, tally)
        asked += [request for counter in counters for request in counter.asked]
        _require_each_once(crashing, wallets, asked)

    with capsys.disabled():
        sys.stdout.write(
            f"\nkilled under load: seed {SEED}, {ROUNDS} rounds, {sum(tally.killed)} processes killed,"
            f" {tally.acknowledged} answered, {tally.unknown} unknown of which {tally.happened} had happened\n"
        )
    assert tally.unknown >= ROUNDS


def _kill_under_load(postgres: Postgres, counters: Sequence[Counter], seconds: float, tally: Tally) -> None:
    """Let the counters work, kill every process of PostgreSQL after *seconds*, and see that it is dead."""
    with ThreadPoolExecutor(len(counters)) as threads:
        working = [threads.submit(counter.work) for counter in counters]
        Event().wait(seconds)
        pids = set(children.working_in(postgres.data))
        postgres.crash()
        for each in working:
            each.result(SECONDS)
    assert postgres.process.pid in pids
    assert postgres.process.returncode == -signal.SIGKILL
    assert processes.running(pids) == {}
    assert all(counter.unanswered for counter in counters)
    tally.killed.append(len(pids))
    tally.acknowledged += sum(len(counter.answered) for counter in counters)


def _require_what_was_answered(books: Books, keys: str, counters: Sequence[Counter]) -> None:
    """Require that every answer is in the books under its key, and nothing that was not asked."""
    recorded = _recorded(books, keys)
    answered = {key: identity(answer) for counter in counters for key, answer in counter.answered.items()}
    assert answered.items() <= recorded.items()
    assert recorded.keys() <= {request.key for counter in counters for request in counter.asked}


def _resolve(books: Books, counters: Sequence[Counter], tally: Tally) -> None:
    """Send what was not answered again, twice, by the same key: it has one effect, and the same answer."""
    for counter in counters:
        for request, nothing_happened in counter.open_requests():
            happened = request.key in _recorded(books, request.key)
            assert not (nothing_happened and happened)
            answer = request.send(books)
            assert answer.replayed == happened
            assert _same(request.send(books), answer)
            tally.unknown += 1
            tally.happened += happened


def _require_each_once(books: Books, wallets: Sequence[OperatorCode], asked: Sequence[Request]) -> None:
    """Require that each wallet has what it started with and one entry for each request, and that the laws hold."""
    for wallet in wallets:
        effects = [request.effect for request in asked if request.wallet == wallet]
        with books.database.statement() as connection:
            stands = connection.exec_driver_sql(
                "SELECT current_paise, number FROM books WHERE code = %s", (wallet,)
            ).one()
        assert tuple(stands) == (START + sum(effects), 1 + len(effects))
    assert books.faults() == {}


def _recorded(books: Books, keys: str) -> dict[str, str]:
    with books.database.statement() as connection:
        return {row.key: row.made for row in connection.exec_driver_sql(_RECORDED, (keys,))}


def _same(told: AnyAnswer, before: AnyAnswer) -> bool:
    return told.replayed and replace(told, replayed=before.replayed) == before


@pytest.mark.parametrize("means", ["terminated", "killed"])
def test_a_session_that_dies_while_it_pays_leaves_one_effect_by_its_key(
    postgres: Postgres, crashing: Books, means: str
) -> None:
    wallet = crashing.wallet("100.00")

    for number in range(10):
        key = f"{means}-{number}"
        with ThreadPoolExecutor(1) as thread, psycopg.connect(postgres.url(SUPERUSER)) as holder:
            holder.execute("SELECT FROM books WHERE code = %s FOR UPDATE", [wallet])
            paying = thread.submit(crashing.pay, wallet, "1.00", ticket=key, key=key)
            victim = _session_waiting_to_pay(postgres)
            _end(postgres, victim, means)
            processes.wait_for_end({victim}, 10.0)
            holder.close()
            unknown = paying.exception(SECONDS)

        assert unknown is None or isinstance(unknown, OutcomeUnknown)
        _wait_until_it_answers(postgres)
        assert crashing.pay(wallet, "1.00", ticket=key, key=key).replayed is (unknown is None)
    assert crashing.current(wallet) == "90.00"
    assert len(crashing.entries(wallet)) == 11
    assert crashing.faults() == {}


def test_a_session_that_dies_before_its_commit_has_done_nothing(postgres: Postgres, crashing: Books) -> None:
    wallet = crashing.wallet("100.00")

    for number in range(5):
        key = f"before-commit-{number}"
        with pytest.raises(OutcomeUnknown):
            _pay_and_die_before_the_commit(postgres, crashing, wallet, key)

        assert not Request(key, "pay", wallet, -100, "T").send(crashing).replayed
    assert crashing.current(wallet) == "95.00"
    assert crashing.faults() == {}


def _pay_and_die_before_the_commit(postgres: Postgres, books: Books, wallet: OperatorCode, key: str) -> None:
    with books.database.transaction() as connection:
        pid: int = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        connection.exec_driver_sql(
            "SELECT pay(1, %s, '', %s, 'POD', '001', 100, 'T', NULL, NULL, NULL, NULL)", (key, wallet)
        )
        assert look_up(connection, 1, key).outcome == "captured"
        _end(postgres, pid, "terminated")


def _session_waiting_to_pay(postgres: Postgres) -> int:
    found: list[int] = []

    def waits() -> bool:
        with psycopg.connect(postgres.url(SUPERUSER)) as connection:
            found[:] = [
                pid
                for (pid,) in connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%FROM pay(%%'", []
                )
            ]
        return bool(found)

    assert children.wait_until(waits, 10.0)
    return found[0]


def _end(postgres: Postgres, pid: int, means: str) -> None:
    assert pid in children.working_in(postgres.data)
    if means == "killed":
        os.kill(pid, signal.SIGKILL)
        return
    with psycopg.connect(postgres.url(SUPERUSER)) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", [pid])


def _wait_until_it_answers(postgres: Postgres) -> None:
    """Wait for the end of a recovery: one session killed takes all others with it."""

    def answers() -> bool:
        try:
            psycopg.connect(postgres.url(SERVICE), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    assert children.wait_until(answers, 30.0)
