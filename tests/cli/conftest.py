"""A terminal on books of the test's own."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.cli.terminal import Terminal


@pytest.fixture
def terminal(books: Books) -> Terminal:
    """Return a terminal on *books*."""
    return Terminal(books.servers)
