"""A Valkey of these tests' own, to stop and to flush, and what else they speak of."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.books import Books
from tests.jobs.office import Office
from wallet_service.embedded import StateDirectory, Valkey


@pytest.fixture(scope="session")
def own_valkey() -> Iterator[Valkey]:
    """Return a Valkey that only these tests see; it runs when the test begins."""
    folder = Path(tempfile.mkdtemp(prefix="wallet-test-"))
    with StateDirectory(folder).claimed(), Valkey(folder) as valkey:
        yield valkey
    shutil.rmtree(folder)


@pytest.fixture
def office(books: Books, own_valkey: Valkey) -> Iterator[Office]:
    """Return an office: an outbox, an empty queue, and a worker to start in this process."""
    opened = Office(books, own_valkey)
    opened.client.flushall()
    yield opened
    opened.close()
