"""The yardstick of the HTTP path: an empty flask-smorest endpoint with the same schemas, in the same kind of server."""

from __future__ import annotations

import multiprocessing
import sys
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint

from wallet_service.api.debits import DebitAnswerView, DebitRequest
from wallet_service.cli.servers import listen
from wallet_service.embedded import children
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode
from wallet_service.ledger.balances import Balance
from wallet_service.money import Paise
from wallet_service.payments.debits import Answer, Debit
from wallet_service.settings import Settings

_NOW = datetime(2026, 4, 2, 4, 30, tzinfo=UTC)
_ANSWER = Answer(
    debit=Debit(
        id="BSKOP1000001-D000001",
        state="captured",
        wallet=OperatorCode("BSKOP1000001"),
        department=DepartmentCode("POD"),
        service=ServiceCode("001"),
        amount=Paise(125_000),
        captured=Paise(125_000),
        refunded=Paise(0),
        released=Paise(0),
        service_ticket_no="T000000000001",
        application_no=None,
        consumer_no=None,
        narration=None,
        placed_at=_NOW,
        business_day=_NOW.date(),
        expires_at=None,
        closed_at=None,
        late=False,
        entry="BSKOP1000001-000002",
    ),
    balance=Balance(Paise(500_000), Paise(0)),
    same_ticket=[],
    replayed=False,
)


def create_app() -> Flask:
    """Return an application that reads a debit's request and answers always the same debit: no books, no client."""
    app = Flask("empty", static_folder=None)
    app.config.update(API_TITLE="empty", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # As the service has it.
    blueprint = Blueprint("debits", __name__, url_prefix="/v1/debits")

    @blueprint.post("")
    @blueprint.arguments(DebitRequest())
    @blueprint.response(201, DebitAnswerView())
    def pay(asked: dict[str, Any]) -> Answer:
        return _ANSWER

    Api(app).register_blueprint(blueprint)
    return app


def main(port: int) -> None:
    """Serve it as `wallet serve` serves the service."""
    multiprocessing.set_start_method("fork")
    children.bind_forks()
    listen(Settings(database_url="", redis_url=""), "127.0.0.1", port, create_app)


if __name__ == "__main__":
    main(int(sys.argv[1]))
