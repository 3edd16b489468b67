"""The servers of the test run: started once by the process that runs pytest, shared by the workers of xdist."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

import pytest

from tests.books import Books
from tests.machine.figures import pytest_terminal_summary  # noqa: F401 (a hook: what it prints is the machine's)
from tests.servers import Servers, fresh_database, own_database, running

pytest_plugins = ["tests.api.figures"]  # What it prints is of all workers.
_RUNNING = pytest.StashKey[AbstractContextManager[Servers]]()
_SHARED = pytest.StashKey[Servers]()
_LONG = (
    "tests/machine/",
    "tests/ledger/test_crashes.py",
    "tests/test_demo.py",
    "tests/test_up.py",
    "tests/test_embedded.py",
    "tests/test_bench.py",
    "tests/jobs/test_processes.py",
    "tests/jobs/test_faults.py",
)
"""Where tests take tens of seconds, or wait for what they started."""


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the servers before xdist starts its workers. A service that does not start ends the run."""
    config = session.config
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[_SHARED] = Servers(**given["servers"])
    elif not config.option.collectonly:
        config.stash[_RUNNING] = running()
        config.stash[_SHARED] = config.stash[_RUNNING].__enter__()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each worker of xdist begin with its share of the long tests, so that none is at one alone in the end.

    Work that may be stolen is first dealt in as many equal runs as there are workers (`--dist worksteal`).
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    if workers == 1:
        return
    long = [item for item in items if item.nodeid.startswith(_LONG)]
    short = [item for item in items if not item.nodeid.startswith(_LONG)]
    each, begun = -(-len(items) // workers), list[pytest.Item]()
    for number in range(workers):
        share = long[number::workers]
        room = each - len(share)
        begun += share + short[:room]
        short = short[room:]
    items[:] = begun + short


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the servers are."""
    node.workerinput["servers"] = asdict(node.config.stash[_SHARED])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers that this process started."""
    if started := config.stash.get(_RUNNING, None):
        started.__exit__(None, None, None)


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config, worker_id: str) -> Iterator[Servers]:
    """Return where this worker's own database and Valkey are, migrated and empty at the start of the run."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id != "master" else 0
    with own_database(pytestconfig.stash[_SHARED], f"test_{worker_id}", number) as own:
        yield own


@pytest.fixture
def fresh_servers(servers: Servers) -> Iterator[Servers]:
    """Return a database that only this test sees, to commit in or to spoil."""
    with fresh_database(servers) as fresh:
        yield fresh


@pytest.fixture
def books(fresh_servers: Servers) -> Iterator[Books]:
    """Return empty books of this test's own, with the package's departments and services."""
    keeper = Books(fresh_servers)
    yield keeper
    keeper.close()
