"""Calls that start at the same moment, each on a thread and a connection of its own, and how each of them ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event
from typing import TypeVar

from wallet_service.database import Database
from wallet_service.errors import WalletError

Answer = TypeVar("Answer")
SECONDS = 60.0


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer | WalletError]:
    """Run all *calls* at once and return, in their order, what each answered or by which error of ours it ended.

    Any other error is the test's failure.
    """
    start = Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer | WalletError:
        start.wait(SECONDS)
        try:
            return call()
        except WalletError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as threads:
        futures = [threads.submit(run, call) for call in calls]
        return [future.result(SECONDS) for future in futures]


def connect(database: Database, connections: int) -> None:
    """Open *connections* at once, to be kept: calls that had to connect first would come one after the other."""
    all_open = Barrier(connections)

    def hold_one() -> None:
        with database.statement():
            all_open.wait(SECONDS)

    at_once([hold_one] * connections)


def answers(outcomes: Sequence[Answer | WalletError]) -> list[Answer]:
    """Return the outcomes that are answers."""
    return [outcome for outcome in outcomes if not isinstance(outcome, WalletError)]


def refusals(outcomes: Sequence[Answer | WalletError]) -> list[str]:
    """Return the names of the errors among the outcomes."""
    return [outcome.slug() for outcome in outcomes if isinstance(outcome, WalletError)]


@contextmanager
def going_on(*works: Callable[[], object]) -> Iterator[list[Future[int]]]:
    """Repeat each of *works* on a thread of its own until the block ends; then each must have run at least once.

    An error in any of them is the test's failure. Each future gives how often its work was done.
    """
    enough = Event()

    def repeat(work: Callable[[], object]) -> int:
        done = 0
        while not (enough.is_set() and done):
            work()
            done += 1
        return done

    with ThreadPoolExecutor(len(works)) as threads:
        futures = [threads.submit(repeat, work) for work in works]
        try:
            yield futures
        finally:
            enough.set()
        for future in futures:
            future.result(SECONDS)
