"""Is the service alive, is it ready, and how much has it done."""

from __future__ import annotations

import psycopg
from flask import Blueprint, Response

from wallet_service import telemetry
from wallet_service.api.authentication import public
from wallet_service.api.connections import databases
from wallet_service.api.protocol import NotReady
from wallet_service.migrating import pending

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> dict[str, str]:
    """Say that this process answers."""
    return {"status": "alive"}


@blueprint.get("/readyz")
@public
def ready() -> dict[str, str]:
    """Say that the database answers and has the schema of this version.

    Raises:
        NotReady: it does not; the facts say which.
    """
    try:
        lacking = pending(databases().settings.database_url)
    except psycopg.OperationalError:
        raise NotReady(database="unreachable") from None
    if lacking:
        raise NotReady(database="not migrated", pending=lacking)
    return {"status": "ready"}


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Return the counters in the text format of Prometheus."""
    return Response(telemetry.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")
