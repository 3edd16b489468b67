"""What a department was paid: its own rows, and nothing by which a person is known."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Response
from marshmallow import fields

from wallet_service.api.authentication import DEPARTMENT, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.debits import STATES
from wallet_service.api.fields import Amount, Day, Instant, OneOf, service
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.tags import NOT_MODIFIED, tagged
from wallet_service.errors import DepartmentNotFound, FilterTooWide, InvalidRequest
from wallet_service.identifiers import DEPARTMENT_PATTERN, DepartmentCode, EntryId
from wallet_service.payments.department_payments import CAPTURED, Place, Placed, find
from wallet_service.payments.unknowns import DepartmentAnswer

blueprint = Blueprint("departments", __name__, url_prefix="/v1/departments", description="What departments ask")

LIST = "department-payments"
AUDITOR = "reports:read"


class DepartmentPaymentView(View):
    """A debit as its department sees it; `rebate` is what it allowed.

    `answer_due`: its own answer is awaited. `answer`: it has answered, and the debit does not stand as it says.
    """

    id = fields.String()
    state = OneOf(*STATES)
    department = fields.String()
    service = fields.String()
    amount = Amount()
    captured = Amount()
    refunded = Amount()
    rebate = Amount()
    service_ticket_no = fields.String()
    application_no = fields.String(allow_none=True)
    placed_at = Instant()
    expires_at = Instant(allow_none=True)
    paid_at = Instant(allow_none=True)
    paid_on = Day(allow_none=True, metadata={"description": "The business day of the payment's entry"})
    entry = fields.String(allow_none=True, metadata={"description": "The id of the payment's entry"})
    certificate_no = fields.String(allow_none=True)
    answer_due = Day(allow_none=True)
    answer = OneOf(*DepartmentAnswer, allow_none=True)


class DepartmentPaymentsQuery(PageQuery):
    """Of which days, at most 31 apart; in another state than captured, of which one day."""

    first = Day(data_key="from", required=True)
    last = Day(data_key="to", required=True)
    service = service(load_default=None)
    state = OneOf(*STATES, load_default=CAPTURED)
    cursor = Cursor(LIST, r"7[0-9]{5}/[A-Z][A-Z0-9]{3,19}-(?:[0-9]{6,9}|1[0-9]{9})", load_default=None)


PAGE = page_of(DepartmentPaymentView)


@blueprint.get("/<code>/payments")
@requires(DEPARTMENT, AUDITOR)
@declines(DepartmentNotFound, FilterTooWide)
@blueprint.doc(responses=NOT_MODIFIED)
@blueprint.arguments(DepartmentPaymentsQuery(), location="query")
@blueprint.response(200, PAGE)
def payments(asked: dict[str, Any], code: str) -> Response:
    """List what a department was paid, by business day and wallet. With `If-None-Match`, 304 where nothing changed.

    Captured payments, unless another state is asked for: those are of the days on which they were placed.
    """
    department, limit, after = own_department(code), asked.pop("limit"), asked.pop("cursor")
    if asked["first"] > asked["last"]:
        raise InvalidRequest({"to": ["The last day comes before the first."]})
    with database().statement() as connection:
        found = find(connection, department, **asked, after=_place(after), limit=limit + 1)
    paged = page(found, limit, LIST, _after)
    return tagged(PAGE.dump(Paged([each.payment for each in paged.items], paged.next_cursor)))


def own_department(code: str) -> DepartmentCode:
    """Return the department of that code if the caller may ask for it.

    Raises:
        DepartmentNotFound: it may not, or there is none.
    """
    known = re.fullmatch(DEPARTMENT_PATTERN, code, re.ASCII) is not None
    if not known or not (code in caller().departments or AUDITOR in caller().scopes):
        raise DepartmentNotFound(department=code[:64])
    return DepartmentCode(code)


def own_departments() -> frozenset[str] | None:
    """Return the departments whose rows the caller sees; None for an auditor, who sees all."""
    return None if AUDITOR in caller().scopes else caller().departments


def _after(placed: Placed) -> str:
    place = placed.place
    return f"{place.day.toordinal()}/{EntryId(place.book, place.number)}"


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    day, _, entry = text.partition("/")
    book, _, number = entry.rpartition("-")
    return Place(date.fromordinal(int(day)), book, int(number))
