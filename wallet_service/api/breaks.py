"""Breaks: what did not match and waits for a person."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Response
from marshmallow import fields

from wallet_service.api.authentication import FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, OneOf, login
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.proposing import BREAK_PATTERN
from wallet_service.errors import BreakNotFound
from wallet_service.recon import breaks
from wallet_service.recon.breaks import STATES, BreakKind

blueprint = Blueprint("breaks", __name__, url_prefix="/v1/breaks", description="What did not match")

LIST = "breaks"
READERS = ("reports:read", *FINANCE)


class BreakView(View):
    """A break: what it is about, its age in days and in the bank's working days, what happened, and what to do next."""

    id = fields.String()
    kind = OneOf(*BreakKind)
    state = OneOf(*STATES)
    since = Day()
    age_days = fields.Integer()
    age_bank_days = fields.Integer()
    amount = Amount(allow_none=True)
    wallet = fields.String(allow_none=True)
    reference = fields.String()
    words = fields.String()
    next_step = fields.String()
    owner = fields.String(allow_none=True, metadata={"description": "Who works on it"})
    proposals = fields.List(
        fields.Integer(), metadata={"description": "The approvals about it that wait for a decision"}
    )


class BreaksOfKindView(View):
    """The open breaks of a kind: how many, what is open of them, the day of the oldest, and their average ages."""

    kind = OneOf(*BreakKind)
    count = fields.Integer()
    amount = Amount(allow_none=True)
    oldest = Day()
    age_days = fields.Integer()
    age_bank_days = fields.Integer()


class BreaksQuery(PageQuery):
    """Which breaks."""

    state = OneOf(*STATES)
    kind = OneOf(*BreakKind, load_default=None)
    owner = login(load_default=None)
    cursor = Cursor(LIST, r"7[0-9]{5}/[A-Za-z0-9:-]{1,80}", load_default=None)


class OwnerRequest(Asked):
    """Who works on the break from now on; nobody where `owner` is left out."""

    owner = login(load_default=None)


BREAK = BreakView()


@blueprint.get("")
@requires(*READERS)
@blueprint.arguments(BreaksQuery(), location="query")
@blueprint.response(200, page_of(BreakView))
def find(asked: dict[str, Any]) -> Paged:
    """List what did not match and is open, the oldest first."""
    limit = asked["limit"]
    with database().statement() as connection:
        found = breaks.list_breaks(
            connection, kind=asked["kind"], owner=asked["owner"], after=_behind(asked["cursor"]), limit=limit + 1
        )
    return page(found, limit, LIST, lambda each: f"{each.since.toordinal()}/{each.id}")


@blueprint.get("/summary")
@requires(*READERS)
@blueprint.response(200, page_of(BreaksOfKindView))
def summary() -> Paged:
    """Return counts, totals and average ages of what is open, by kind; a kind without any is left out."""
    with database().statement() as connection:
        return Paged(breaks.by_kind(connection), None)


@blueprint.post("/<break_id>/owner")
@requires("finance:make")
@declines(BreakNotFound)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(OwnerRequest())
@blueprint.response(200, BREAK)
def hand(asked: dict[str, Any], break_id: str) -> Response:
    """Take a break, hand it to another, or give it back: who works on it is written down, and by whom."""
    require_break_id(break_id)
    by = caller().person
    return once(BREAK, lambda connection: breaks.hand(connection, break_id, asked["owner"], by=by))


def require_break_id(text: str) -> None:
    """Refuse what cannot be the id of a break.

    Raises:
        BreakNotFound.
    """
    if not re.fullmatch(BREAK_PATTERN.strip("^$"), text, re.ASCII):
        raise BreakNotFound(**{"break": text[:64]})


def _behind(place: str | None) -> tuple[date, str] | None:
    if place is None:
        return None
    since, _, identity = place.partition("/")
    return date.fromordinal(int(since)), identity
