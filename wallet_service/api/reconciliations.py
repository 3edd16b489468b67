"""The reconciliation statement of a day: from the bank's closing balance to what the scheme owes."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import ValidationError, fields
from sqlalchemy import Connection

from wallet_service.api.authentication import FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Count, Day, Instant, OneOf
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import DayInFuture, ReconciliationNotFound
from wallet_service.recon import report
from wallet_service.recon.page import as_page
from wallet_service.recon.report import Reconciliation

blueprint = Blueprint(
    "reconciliations", __name__, url_prefix="/v1/reconciliations", description="The books against the bank"
)

READERS = ("reports:read", *FINANCE)
JSON, PAGE = "application/json", "text/plain"
_DAY = Day()


class Part(View):
    """A part of a statement, which is kept as plain names and strings."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the member."""
        return obj[attr]


class UnpostedLineView(Part):
    """A bank line that is not posted yet; `amount` is below zero for money that went out.

    Without a `line` it is the first statement's opening balance, which the books take with its first line.
    """

    line = fields.Integer(allow_none=True)
    booked_on = fields.String()
    amount = fields.String()
    description = fields.String()


class PartAView(Part):
    """A bank account: its closing balance less the lines not yet posted is the bank per books."""

    bank_account = fields.String()
    covered_to = fields.String(allow_none=True)
    statement_closing = fields.String()
    lines_not_yet_posted = fields.List(fields.Nested(UnpostedLineView()))
    bank_per_books = fields.String()
    difference = fields.String()


class AmountOfView(Part):
    """An account and its balance on its normal side."""

    account = fields.String()
    amount = fields.String()


class ItemView(Part):
    """An open item, its age in days, and why it is open."""

    item = fields.String()
    reference = fields.String(allow_none=True)
    since = fields.String()
    age_days = fields.Integer()
    amount = fields.String()
    words = fields.String()


class OpenItemsView(Part):
    """An account that consists of open items; `difference` is what they do not explain."""

    account = fields.String()
    amount = fields.String()
    items = fields.List(fields.Nested(ItemView()))
    difference = fields.String()


class PartBView(Part):
    """Bank per books and what is owed to the scheme are what the scheme owes."""

    bank_per_books = fields.String()
    owed_to_the_scheme = fields.List(fields.Nested(AmountOfView()))
    bank_and_owed_to_the_scheme = fields.String()
    owed_by_the_scheme = fields.List(fields.Nested(AmountOfView()))
    total_owed_by_the_scheme = fields.String()
    difference = fields.String()
    open_items = fields.List(fields.Nested(OpenItemsView()))


class ReconciliationView(View):
    """The last version of a day's statement: provisional until files cover the day, then final."""

    day = Day()
    version = fields.Integer()
    state = OneOf("provisional", "final")
    made_by = fields.String()
    made_at = Instant()
    agrees = fields.Boolean()
    part_a = fields.List(fields.Nested(PartAView()))
    part_b = fields.Nested(PartBView())

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the version's attribute, or what its statement says."""
        return obj.statement[attr] if attr in {"agrees", "part_a", "part_b"} else getattr(obj, attr)


class ReconciliationQuery(Asked):
    """Which version; the last one if left out."""

    version = Count(1, 2**31 - 1)


class ReconciliationRequest(Asked):
    """Which day."""

    day = Day(required=True)


RECONCILIATION = ReconciliationView()


@blueprint.post("")
@requires(*READERS)
@declines(DayInFuture)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(ReconciliationRequest())
@blueprint.response(201, RECONCILIATION)
def make(asked: dict[str, Any]) -> Response:
    """Make a day's statement from the books as they are. It is a new version only where it says anything new."""

    def attempt() -> Response:
        with database().snapshot() as connection:
            draft = report.draw_up(connection, asked["day"])

        def act(connection: Connection) -> Reconciliation:
            return report.keep(connection, draft, by=caller().person)

        return once(RECONCILIATION, act, status=201, location=lambda body: f"/v1/reconciliations/{body['day']}")

    return report.until_kept(attempt)


@blueprint.get("/<day>")
@requires(*READERS)
@declines(ReconciliationNotFound)
@blueprint.arguments(ReconciliationQuery(), location="query")
@blueprint.response(200, RECONCILIATION)
@blueprint.doc(responses={"200": {"content": {JSON: {"schema": RECONCILIATION}, PAGE: {"schema": {"type": "string"}}}}})
def get_reconciliation(asked: dict[str, Any], day: str) -> Reconciliation | Response:
    """Return the last version of a day's statement, or the one asked for.

    With `Accept: text/plain` it comes as a page of 80 columns to be printed.
    """
    try:
        found = _DAY.deserialize(day)
    except ValidationError:
        raise ReconciliationNotFound(day=day[:64]) from None
    with database().statement() as connection:
        made = report.get(connection, found, asked.get("version"))
    if request.accept_mimetypes.best_match((JSON, PAGE)) == PAGE:
        return Response(as_page(made), content_type=f"{PAGE}; charset=utf-8")
    return made
