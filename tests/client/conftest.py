"""A service that listens, and its client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.books import Books
from tests.client.gateway import Gateway
from tests.client.service import Service, serving
from tests.servers import Servers, fresh_database
from wallet_service.client import Portal


@pytest.fixture(scope="module")
def books(servers: Servers) -> Iterator[Books]:
    """Return books of this module's own; the service brings their departments."""
    with fresh_database(servers) as fresh:
        keeper = Books(fresh)
        yield keeper
        keeper.close()


@pytest.fixture(scope="module")
def service(books: Books) -> Iterator[Service]:
    """Return the service of these books."""
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


@pytest.fixture
def far(service: Service, gateway: Gateway) -> Iterator[Portal]:
    """Return a client behind the gateway."""
    with service.portal(gateway.url) as made:
        yield made
