"""Breaks: what did not match and waits for a person."""

from __future__ import annotations

from datetime import date
from typing import Any

from marshmallow import fields

from wallet_service.api.authentication import FINANCE, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, OneOf
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Blueprint, View
from wallet_service.recon.breaks import STATES, BreakKind, list_breaks

blueprint = Blueprint("breaks", __name__, url_prefix="/v1/breaks", description="What did not match")

LIST = "breaks"


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


class BreaksQuery(PageQuery):
    """Which breaks."""

    state = OneOf(*STATES)
    kind = OneOf(*BreakKind, load_default=None)
    cursor = Cursor(LIST, r"7[0-9]{5}/[A-Za-z0-9:-]{1,80}", load_default=None)


@blueprint.get("")
@requires("reports:read", *FINANCE)
@blueprint.arguments(BreaksQuery(), location="query")
@blueprint.response(200, page_of(BreakView))
def find(asked: dict[str, Any]) -> Paged:
    """List what did not match and is open, the oldest first."""
    limit = asked["limit"]
    with database().statement() as connection:
        found = list_breaks(connection, kind=asked["kind"], after=_behind(asked["cursor"]), limit=limit + 1)
    return page(found, limit, LIST, lambda each: f"{each.since.toordinal()}/{each.id}")


def _behind(place: str | None) -> tuple[date, str] | None:
    if place is None:
        return None
    since, _, identity = place.partition("/")
    return date.fromordinal(int(since)), identity
