"""Settlements: what is due to departments, advised by two persons and paid out."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response
from marshmallow import fields

from wallet_service.api.approvals import APPROVAL, location
from wallet_service.api.authentication import DEPARTMENT, FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import (
    Amount,
    Day,
    OneOf,
    Reason,
    department,
    service,
)
from wallet_service.api.idempotency import NEEDED, key_text, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import (
    DepartmentNotFound,
    InvalidRequest,
    NothingDue,
    ResolutionNotPossible,
)
from wallet_service.payments import settlement_advices, settlements

blueprint = Blueprint(
    "settlements", __name__, url_prefix="/v1/settlements", description="What departments are due, and their payouts"
)

LIST = "settlements"
READERS = ("reports:read", *FINANCE)
"""Who sees the settlements of all departments; a department's own client sees its own."""
JSON, CSV, PAGE = "application/json", "text/csv", "text/plain"
_PLACE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[1-9][0-9]{0,17}"


class SettlementView(View):
    """What a service collected on a closed day, and what is due for it; never negative.

    `due` = `collected` - `refunded` - `rebated` - `brought_forward`, or 0.00 where that is below nothing: then
    `carried_over` is what lacks, and the next days bring it forward. `in_tie_out` is what of a due that is in no advice
    the department's lists do not say that it was paid. `short` and `excess`: the bank paid another amount
    than was advised, of which `words` tell; they are null to a department's own client.
    """

    department = fields.String()
    service = fields.String()
    day = Day()
    state = OneOf(*settlements.STATES)
    payments = fields.Integer()
    collected = Amount()
    refunds = fields.Integer()
    refunded = Amount()
    rebated = Amount()
    brought_forward = Amount()
    due = Amount()
    in_tie_out = Amount()
    carried_over = Amount()
    payable_on = Day()
    overdue_bank_days = fields.Integer()
    advice = fields.String(allow_none=True)
    utr = fields.String(allow_none=True)
    paid_on = Day(allow_none=True)
    entry = fields.String(allow_none=True)
    words = fields.String(allow_none=True)


class SettlementsQuery(PageQuery):
    """Which settlements, by the day for which they are due."""

    department = department(load_default=None)
    first = Day(data_key="from", load_default=None)
    last = Day(data_key="to", load_default=None)
    state = OneOf(*settlements.STATES, load_default=None)
    cursor = Cursor(LIST, _PLACE, load_default=None)


class SettlementRequest(Asked):
    """Which department shall be paid what is payable by today, and why; of one service, or of days up to `to` only."""

    department = department(required=True)
    service = service(load_default=None)
    last = Day(data_key="to", load_default=None)
    reason = Reason(required=True)


@blueprint.get("")
@requires(*READERS, DEPARTMENT)
@declines(DepartmentNotFound)
@blueprint.arguments(SettlementsQuery(), location="query")
@blueprint.response(200, page_of(SettlementView))
def find(asked: dict[str, Any]) -> Paged:
    """List what was due to departments for closed days, by service, and what became of it; the latest days first."""
    require_order(asked)
    limit, place = asked.pop("limit"), asked.pop("cursor")
    with database().statement() as connection:
        found = settlements.find(connection, **asked, seen=seen(asked), after=_after(place), limit=limit + 1)
    return page(found, limit, LIST, lambda each: f"{each.day}/{each.id}")


@blueprint.post("")
@requires("finance:make")
@declines(DepartmentNotFound, NothingDue, ResolutionNotPossible)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(SettlementRequest())
@blueprint.response(201, APPROVAL)
def propose(asked: dict[str, Any]) -> Response:
    """Propose to pay a department what is payable and in no advice; another person's approval writes the advice."""
    key_text()
    asked_for, by = asked.pop("department"), caller().person
    return once(
        APPROVAL, lambda c: settlement_advices.propose(c, asked_for, **asked, by=by), status=201, location=location
    )


def seen(asked: dict[str, Any]) -> frozenset[str] | None:
    """Return the departments whose settlements the caller sees; None for finance and auditors, who see all.

    Raises:
        DepartmentNotFound: another's is asked for, or one that is not there, which is the same answer.
    """
    if not caller().scopes.isdisjoint(READERS):
        return None
    own = caller().departments
    if asked.get("department") is not None and asked["department"] not in own:
        raise DepartmentNotFound(department=asked["department"])
    return own


def require_order(asked: dict[str, Any]) -> None:
    """Refuse days of which the last comes before the first.

    Raises:
        InvalidRequest.
    """
    if asked["first"] and asked["last"] and asked["first"] > asked["last"]:
        raise InvalidRequest({"to": ["The last day comes before the first."]})


def as_file(content: str, filename: str) -> Response:
    """Return CSV as a file to be kept."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(content, headers=headers, content_type=f"{CSV}; charset=utf-8")


def _after(place: str | None) -> tuple[date, int] | None:
    if place is None:
        return None
    day, _, number = place.partition("/")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        raise InvalidRequest({"cursor": ["Give the next_cursor of a page of this list, unchanged."]}) from None
