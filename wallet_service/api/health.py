"""Is the service alive, is it ready, and how much has it done."""

from __future__ import annotations

import psycopg
from flask import Blueprint, Response

from wallet_service import telemetry
from wallet_service.api.authentication import public
from wallet_service.api.connections import database, databases
from wallet_service.api.protocol import NotReady
from wallet_service.errors import Unavailable
from wallet_service.migrating import pending
from wallet_service.payments.limits import untied_in_all

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
    """Return the counters, and the gauges as they stand now, in the text format of Prometheus."""
    return Response(telemetry.metrics() + _gauges(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _gauges() -> bytes:
    """Return what is read from the database; nothing while it is out of reach, when the counters matter most."""
    try:
        with database().statement() as connection:
            untied = untied_in_all(connection)
    except Unavailable:
        return b""
    return telemetry.Gauges(
        ("wallet_untied_paise", "Credited on advice and not yet seen at the bank, in paise.", untied.total),
        ("wallet_untied_limit_paise", "The limit on what is credited and not yet seen, in paise.", untied.limit),
    ).text()
