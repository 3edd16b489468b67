"""The application on this worker's own database, and who calls it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.api.portal import EVERYTHING, Caller, application, caller
from tests.servers import Servers


@pytest.fixture(scope="session")
def app(servers: Servers) -> Iterator[Flask]:
    with application(servers) as running:
        yield running


@pytest.fixture(scope="session")
def portal(app: Flask) -> Caller:
    """Return a client with every scope that goes together."""
    return caller(app, *EVERYTHING)
