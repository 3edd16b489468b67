"""A service that listens, and its client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.books import Books
from tests.client.gateway import Gateway
from tests.client.service import Service, serving
from wallet_service.client import Portal


@pytest.fixture
def service(books: Books) -> Iterator[Service]:
    """Return the service of this test's own books."""
    with serving(books.servers) as listening:
        yield listening


@pytest.fixture
def gateway(service: Service) -> Iterator[Gateway]:
    """Return a gateway before the service."""
    with Gateway(service.url) as laid:
        yield laid


@pytest.fixture
def portal(service: Service) -> Iterator[Portal]:
    """Return a client with every scope of a portal."""
    with service.portal() as made:
        yield made
