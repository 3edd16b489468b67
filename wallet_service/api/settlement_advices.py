"""Advices of settlement: how each is read, noted as carried out, and called off."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from marshmallow import fields

from wallet_service.api.approvals import APPROVAL, location
from wallet_service.api.authentication import DEPARTMENT, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, Instant, OneOf, Reason, department, number_of_theirs
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.settlements import CSV, JSON, PAGE, READERS, as_file, seen
from wallet_service.errors import AdviceNotFound, AdviceNotOpen, DepartmentNotFound, ResolutionNotPossible
from wallet_service.payments import settlement_advices
from wallet_service.payments.settlement_advices import Advice
from wallet_service.reports.settlement_page import as_csv, as_page

blueprint = Blueprint(
    "settlement-advices",
    __name__,
    url_prefix="/v1/settlements/advices",
    description="Advices of settlement, each an instruction to pay a department",
)

LIST = "advices"


class AdviceSummaryView(View):
    """An advice of settlement: what a department shall be paid under this number.

    To a department's own client, `proposed_by`, `approved_by`, `approval` and `words` are null.
    """

    number = fields.String()
    department = fields.String()
    department_name = fields.String()
    amount = Amount()
    state = OneOf(*settlement_advices.STATES)
    advised_at = Instant()
    proposed_by = fields.String(allow_none=True)
    approved_by = fields.String(allow_none=True)
    approval = fields.Integer(allow_none=True)
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


class AdvicesQuery(PageQuery):
    """Which advices."""

    department = department(load_default=None)
    state = OneOf(*settlement_advices.STATES, load_default=None)
    cursor = Cursor(LIST, r"[1-9][0-9]{0,17}", load_default=None)


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
@blueprint.arguments(AdvicesQuery(), location="query")
@blueprint.response(200, page_of(AdviceSummaryView))
def find_advices(asked: dict[str, Any]) -> Paged:
    """List the advices of settlement, the newest first."""
    limit, after = asked.pop("limit"), asked.pop("cursor")
    with database().statement() as connection:
        found = settlement_advices.find(
            connection, **asked, seen=seen(asked), after=int(after) if after else None, limit=limit + 1
        )
    return page(found, limit, LIST, lambda advice: advice.id)


@blueprint.get("/<advice_number>")
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


@blueprint.post("/<advice_number>/payout")
@requires("finance:make")
@declines(AdviceNotFound, AdviceNotOpen)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(PayoutRequest())
@blueprint.response(200, ADVICE)
def record_payout(asked: dict[str, Any], advice_number: str) -> Response:
    """Note the bank's reference (UTR) of a payout: its line is tied by that, or by the advice's number."""
    number, by = _number(advice_number), caller().person
    return once(ADVICE, lambda c: settlement_advices.record_utr(c, number, asked["utr"], by=by))


@blueprint.post("/<advice_number>/call-off")
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


def _number(text: str) -> str:
    if len(text) != len("SA2627000001") or not (text.isascii() and text.isalnum()):
        raise AdviceNotFound(advice=text[:64])
    return text
