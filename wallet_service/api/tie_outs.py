"""Tie-outs: a department's list against what was paid, in sums that prove both sides, and row by row."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request
from marshmallow import fields

from wallet_service.api.authentication import FINANCE, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Code, Day, Instant, OneOf
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import TieOutNotFound
from wallet_service.identifiers import DEPARTMENT_PATTERN
from wallet_service.recon import lists, tie_outs
from wallet_service.recon.tie_out import Found
from wallet_service.recon.tie_outs import TieOut
from wallet_service.recon.tie_page import MOST_PRINTED, as_page

blueprint = Blueprint(
    "tie-outs", __name__, url_prefix="/v1/tie-outs", description="Departments' lists against what was paid"
)

LIST, RESULTS = "tie-outs", "tie-out-results"
READERS = ("reports:read", *FINANCE)
STATES = ("waiting", "compared", "replaced")
JSON, PAGE = "application/json", "text/plain"
_NUMBER = r"[1-9][0-9]{0,17}"


class ListView(View):
    """A department's list that was released: whose, of which day, and its version.

    `name` is the number of a scroll, empty where a day has one list. `waiting` to be compared, `compared`, or
    `replaced` by another version, which is then named.
    """

    id = fields.Integer(metadata={"description": "The id of its bank file"})
    department = fields.String()
    day = Day()
    name = fields.String()
    version = fields.Integer()
    state = OneOf(*STATES)
    first = Day(metadata={"description": "The first day of which its rows tell"})
    last = Day()
    filename = fields.String()
    paid = fields.Integer(metadata={"description": "How many rows say that a payment was taken"})
    failed = fields.Integer(metadata={"description": "How many rows say that a payment failed"})
    amount = Amount(metadata={"description": "What the rows paid come to"})
    compared_at = Instant(attribute="tied_at", allow_none=True)
    replaces = fields.Integer(allow_none=True)
    replaced_by = fields.Integer(allow_none=True)


class SumView(View):
    """How many there are of a kind, how many of them are open, and what they come to on either side."""

    found = OneOf(*Found)
    count = fields.Integer()
    open = fields.Integer()
    ours = Amount()
    theirs = Amount()


class CountedView(View):
    """How many payments, and what they come to."""

    count = fields.Integer()
    amount = Amount()


class DifferenceView(View):
    """A row by which a version differs from the one before."""

    what = OneOf("came", "gone")
    service = fields.String()
    ticket = fields.String(allow_none=True)
    receipt = fields.String(allow_none=True)
    amount = Amount()
    day = Day()
    is_paid = fields.Boolean()


class TieOutView(View):
    """A list and what it was found to be.

    `collected` is what was paid here on its days; `ours` of all sums, less `of_other_days`, with `in_other_lists`, is
    the same where it `agrees`. `differences` are the first 200 from the version before.
    """

    list = fields.Nested(ListView(), attribute="of")
    sums = fields.List(fields.Nested(SumView()))
    collected = fields.Nested(CountedView())
    of_other_days = fields.Nested(CountedView())
    in_other_lists = fields.Nested(CountedView())
    agrees = fields.Boolean()
    differences = fields.List(fields.Nested(DifferenceView()))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the attribute; of differences no more than a page: whoever needs all has both files."""
        found = super().get_attribute(obj, attr, default)
        return found[:MOST_PRINTED] if attr == "differences" else found


class ResultView(View):
    """What a row, a payment, or both were found to be, by which rule; `was` before a later fact changed it.

    `line` is the row's in its file. `beside` is the payment that is repeated, or that the row tied before.
    """

    id = fields.Integer()
    found = OneOf(*Found)
    was = OneOf(*Found, allow_none=True)
    is_open = fields.Boolean()
    settled_at = Instant(allow_none=True)
    settled_by = fields.Integer(allow_none=True, metadata={"description": "The list that settled it"})
    line = fields.Integer(allow_none=True)
    service = fields.String()
    ticket = fields.String(allow_none=True)
    receipt = fields.String(allow_none=True)
    debit = fields.String(allow_none=True)
    wallet = fields.String(allow_none=True)
    beside = fields.String(allow_none=True)
    ours = Amount()
    theirs = Amount()
    our_day = Day(allow_none=True)
    their_day = Day(allow_none=True)
    rule = fields.String()
    rule_version = fields.Integer()
    words = fields.String()


class TieOutsQuery(PageQuery):
    """Which lists, the newest first."""

    department = Code(DEPARTMENT_PATTERN, "Three capital letters.", load_default=None)
    day = Day(load_default=None)
    cursor = Cursor(LIST, _NUMBER, load_default=None)


class ResultsQuery(PageQuery):
    """Which results: the rows in the file's order, then the payments that it lacks."""

    found = OneOf(*Found, load_default=None)
    state = OneOf("open", "settled", load_default=None)
    cursor = Cursor(RESULTS, _NUMBER, load_default=None)


TIE_OUT = TieOutView()


@blueprint.get("")
@requires(*READERS)
@blueprint.arguments(TieOutsQuery(), location="query")
@blueprint.response(200, page_of(ListView))
def find(asked: dict[str, Any]) -> Paged:
    """List the departments' lists that were released, the newest first."""
    limit, after = asked["limit"], _cursor(asked)
    with database().statement() as connection:
        found = lists.find(connection, department=asked["department"], day=asked["day"], after=after, limit=limit + 1)
    return page(found, limit, LIST, lambda each: each.id)


@blueprint.get("/<tie_out_id>")
@requires(*READERS)
@declines(TieOutNotFound)
@blueprint.response(200, TIE_OUT)
@blueprint.doc(responses={"200": {"content": {JSON: {"schema": TIE_OUT}, PAGE: {"schema": {"type": "string"}}}}})
def get_tie_out(tie_out_id: str) -> TieOut | Response:
    """Return what a list and our payments were found to be, in sums that prove both sides.

    With `Accept: text/plain` it comes as a page of 80 columns to be printed, with what is open.
    """
    identity = _id(tie_out_id)
    with database().snapshot() as connection:
        made = tie_outs.view(connection, identity)
        if request.accept_mimetypes.best_match((JSON, PAGE)) != PAGE:
            return made
        waiting = tie_outs.results(connection, identity, found=None, is_open=True, after=None, limit=MOST_PRINTED)
    return Response(as_page(made, waiting), content_type=f"{PAGE}; charset=utf-8")


@blueprint.get("/<tie_out_id>/results")
@requires(*READERS)
@declines(TieOutNotFound)
@blueprint.arguments(ResultsQuery(), location="query")
@blueprint.response(200, page_of(ResultView))
def list_results(asked: dict[str, Any], tie_out_id: str) -> Paged:
    """List what each row was found to be, and which payments the list lacks."""
    limit, identity = asked["limit"], _id(tie_out_id)
    is_open = None if asked["state"] is None else asked["state"] == "open"
    with database().statement() as connection:
        if lists.get(connection, identity).version is None:
            raise TieOutNotFound(tie_out=identity)
        found = tie_outs.results(
            connection, identity, found=asked["found"], is_open=is_open, after=_cursor(asked), limit=limit + 1
        )
    return page(found, limit, RESULTS, lambda each: each.id)


def _id(text: str) -> int:
    if not re.fullmatch(_NUMBER, text, re.ASCII):
        raise TieOutNotFound(tie_out=text[:64])
    return int(text)


def _cursor(asked: dict[str, Any]) -> int | None:
    return int(asked["cursor"]) if asked["cursor"] else None
