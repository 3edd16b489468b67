"""A department's collections by day and service, settled and due, and the age of what is unpaid."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from wallet_service.api.authentication import DEPARTMENT, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, OneOf, department
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.settlements import CSV, JSON, READERS, as_file, require_order, seen
from wallet_service.errors import DepartmentNotFound, FilterTooWide
from wallet_service.reports.collections import AGES, STATES, Collections, as_csv, collections

blueprint = Blueprint(
    "collections", __name__, url_prefix="/v1/reports", description="What a department's services collected"
)


class CollectedLineView(View):
    """What a service collected on a day; `collecting`: the day is not closed, and nothing is due for it yet."""

    day = Day()
    service = fields.String()
    payments = fields.Integer()
    collected = Amount()
    refunds = fields.Integer()
    refunded = Amount()
    rebated = Amount()
    brought_forward = Amount()
    due = Amount()
    in_tie_out = Amount()
    carried_over = Amount()
    state = OneOf(*STATES)
    payable_on = Day(allow_none=True)
    advice = fields.String(allow_none=True)
    utr = fields.String(allow_none=True)
    paid_on = Day(allow_none=True)
    entry = fields.String(allow_none=True)


class CollectionsTotalsView(View):
    """The sums of the period."""

    payments = fields.Integer()
    collected = Amount()
    refunded = Amount()
    rebated = Amount()
    due = Amount()
    in_tie_out = Amount()
    paid = Amount()
    unpaid = Amount()


class AgeView(View):
    """What of all days is unpaid by now, by the bank working days gone by since it was payable."""

    age = OneOf(*AGES)
    settlements = fields.Integer()
    amount = Amount()


class DifferenceAgeView(View):
    """What the department's lists tell otherwise than our books, by the bank working days gone by since its day."""

    age = OneOf(*AGES[1:])
    differences = fields.Integer()
    amount = Amount()


class CollectionsView(View):
    """A department's collections over some days, both included."""

    department = fields.String()
    first = Day(data_key="from")
    last = Day(data_key="to")
    lines = fields.List(fields.Nested(CollectedLineView()))
    totals = fields.Nested(CollectionsTotalsView())
    ageing = fields.List(fields.Nested(AgeView()))
    differences = fields.List(fields.Nested(DifferenceAgeView()))


class CollectionsQuery(Asked):
    """Which department, and which business days, both included and at most 92."""

    department = department(required=True)
    first = Day(data_key="from", required=True)
    last = Day(data_key="to", required=True)


COLLECTIONS = CollectionsView()


@blueprint.get("/collections")
@requires(*READERS, DEPARTMENT)
@declines(DepartmentNotFound, FilterTooWide)
@blueprint.arguments(CollectionsQuery(), location="query")
@blueprint.response(200, COLLECTIONS)
@blueprint.doc(responses={"200": {"content": {JSON: {"schema": COLLECTIONS}, CSV: {"schema": {"type": "string"}}}}})
def read_collections(asked: dict[str, Any]) -> Collections | Response:
    """Return what a department's services collected, day by day, what is due for it and was paid.

    With `Accept: text/csv` the lines come as a file.
    """
    require_order(asked)
    seen(asked)
    with database().snapshot() as connection:
        found = collections(connection, asked["department"], asked["first"], asked["last"])
    if request.accept_mimetypes.best_match((JSON, CSV)) == CSV:
        name = f"collections-{found.department}-{found.first}-{found.last}.csv"
        return as_file(as_csv(found), name)
    return found
