"""Settlements: what is due to departments, advised by two persons and paid out."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, request
from marshmallow import fields

from wallet_service.api.approvals import APPROVAL, location
from wallet_service.api.authentication import DEPARTMENT, FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import (
    Amount,
    Day,
    Instant,
    OneOf,
    Reason,
    department,
    number_of_theirs,
    service,
)
from wallet_service.api.idempotency import HONOURED, NEEDED, key_text, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import (
    AdviceNotFound,
    AdviceNotOpen,
    DepartmentNotFound,
    InvalidRequest,
    NothingDue,
    ResolutionNotPossible,
)
from wallet_service.payments import settlement_advices, settlements
from wallet_service.payments.settlement_advices import Advice
from wallet_service.reports.settlement_page import as_csv, as_page

blueprint = Blueprint(
    "settlements", __name__, url_prefix="/v1/settlements", description="What departments are due, and their payouts"
)

LIST, ADVICES = "settlements", "advices"
READERS = ("reports:read", *FINANCE)
"""Who sees the settlements of all departments; a department's own client sees its own."""
JSON, CSV, PAGE = "application/json", "text/csv", "text/plain"
_PLACE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}/[1-9][0-9]{0,17}"


class SettlementView(View):
    """What a service collected on a closed day, and what is due for it; never negative.

    `due` = `collected` - `refunded` - `rebated` - `brought_forward`, or 0.00 where that is below nothing: then
    `carried_over` is what lacks, and the next days bring it forward. `short` and `excess`: the bank paid another amount
    than was advised, of which `words` tell.
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
    carried_over = Amount()
    payable_on = Day()
    overdue_bank_days = fields.Integer()
    advice = fields.String(allow_none=True)
    utr = fields.String(allow_none=True)
    paid_on = Day(allow_none=True)
    entry = fields.String(allow_none=True)
    words = fields.String(allow_none=True)


class AdviceSummaryView(View):
    """An advice of settlement: what a department shall be paid under this number."""

    number = fields.String()
    department = fields.String()
    department_name = fields.String()
    amount = Amount()
    state = OneOf(*settlement_advices.STATES)
    advised_at = Instant()
    proposed_by = fields.String()
    approved_by = fields.String()
    approval = fields.Integer()
    utr = fields.String(allow_none=True)
    line = fields.Integer(allow_none=True, metadata={"description": "The bank line that paid it"})
    paid_on = Day(allow_none=True)
    words = fields.String(allow_none=True)


class AdvisedSettlementView(View):
    """A settlement that an advice takes, whole, and the entry that paid it."""

    service = fields.String()
    service_name = fields.String()
    day = Day()
    payments = fields.Integer()
    collected = Amount()
    refunded = Amount()
    rebated = Amount()
    brought_forward = Amount()
    amount = Amount()
    entry = fields.String(allow_none=True)


class AdviceView(AdviceSummaryView):
    """An advice of settlement with the settlements that it takes."""

    settlements = fields.List(fields.Nested(AdvisedSettlementView()))


class SettlementsQuery(PageQuery):
    """Which settlements, by the day for which they are due."""

    department = department(load_default=None)
    first = Day(data_key="from", load_default=None)
    last = Day(data_key="to", load_default=None)
    state = OneOf(*settlements.STATES, load_default=None)
    cursor = Cursor(LIST, _PLACE, load_default=None)


class AdvicesQuery(PageQuery):
    """Which advices."""

    department = department(load_default=None)
    state = OneOf(*settlement_advices.STATES, load_default=None)
    cursor = Cursor(ADVICES, r"[1-9][0-9]{0,17}", load_default=None)


class SettlementRequest(Asked):
    """Which department shall be paid what is payable by today, and why; of one service, or of days up to `to` only."""

    department = department(required=True)
    service = service(load_default=None)
    last = Day(data_key="to", load_default=None)
    reason = Reason(required=True)


class PayoutRequest(Asked):
    """Under which reference the bank carried the payout out."""

    utr = number_of_theirs(required=True)


class CallOffRequest(Asked):
    """Why the advice shall not be paid."""

    reason = Reason(required=True)


ADVICE = AdviceView()


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


@blueprint.get("/advices")
@requires(*READERS, DEPARTMENT)
@declines(DepartmentNotFound)
@blueprint.arguments(AdvicesQuery(), location="query")
@blueprint.response(200, page_of(AdviceSummaryView))
def find_advices(asked: dict[str, Any]) -> Paged:
    """List the advices of settlement, the newest first."""
    limit, after = asked.pop("limit"), asked.pop("cursor")
    with database().statement() as connection:
        found = settlement_advices.find(
            connection, **asked, seen=seen(asked), after=int(after) if after else None, limit=limit + 1
        )
    return page(found, limit, ADVICES, lambda advice: advice.id)


@blueprint.get("/advices/<advice_number>")
@requires(*READERS, DEPARTMENT)
@declines(AdviceNotFound)
@blueprint.response(200, ADVICE)
@blueprint.doc(
    responses={
        "200": {
            "content": {
                JSON: {"schema": ADVICE},
                CSV: {"schema": {"type": "string"}},
                PAGE: {"schema": {"type": "string"}},
            }
        }
    }
)
def get_advice(advice_number: str) -> Advice | Response:
    """Return an advice with its settlements.

    With `Accept: text/plain` it comes as a page of 80 columns to be printed, with `text/csv` as a file.
    """
    with database().statement() as connection:
        advice = settlement_advices.get(connection, _number(advice_number), seen=seen({}))
    wanted = request.accept_mimetypes.best_match((JSON, CSV, PAGE))
    if wanted == PAGE:
        return Response(as_page(advice), content_type=f"{PAGE}; charset=utf-8")
    if wanted == CSV:
        return as_file(as_csv(advice), f"{advice.number}.csv")
    return advice


@blueprint.post("/advices/<advice_number>/payout")
@requires("finance:make")
@declines(AdviceNotFound, AdviceNotOpen)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(PayoutRequest())
@blueprint.response(200, ADVICE)
def record_payout(asked: dict[str, Any], advice_number: str) -> Response:
    """Note the bank's reference (UTR) of a payout: its line is tied by that, or by the advice's number."""
    number, by = _number(advice_number), caller().person
    return once(ADVICE, lambda c: settlement_advices.record_utr(c, number, asked["utr"], by=by))


@blueprint.post("/advices/<advice_number>/call-off")
@requires("finance:make")
@declines(AdviceNotFound, ResolutionNotPossible)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(CallOffRequest())
@blueprint.response(201, APPROVAL)
def call_off(asked: dict[str, Any], advice_number: str) -> Response:
    """Propose that an advice shall not be paid. Once another person approves it, its settlements are due again."""
    number, by = _number(advice_number), caller().person
    return once(
        APPROVAL,
        lambda c: settlement_advices.propose_to_call_off(c, number, reason=asked["reason"], by=by),
        status=201,
        location=location,
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


def _number(text: str) -> str:
    if len(text) != len("SA2627000001") or not (text.isascii() and text.isalnum()):
        raise AdviceNotFound(advice=text[:64])
    return text


def _after(place: str | None) -> tuple[date, int] | None:
    if place is None:
        return None
    day, _, number = place.partition("/")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        raise InvalidRequest({"cursor": ["Give the next_cursor of a page of this list, unchanged."]}) from None
