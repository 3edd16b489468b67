"""A wallet's passbook: opening balance, entries, closing balance."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from wallet_service.api.authentication import requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, Instant
from wallet_service.api.pagination import Cursor, PageQuery, cursor
from wallet_service.api.parsing import Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.wallets import named
from wallet_service.errors import InvalidRequest, WalletNotFound
from wallet_service.ledger.passbook import Page, passbook

blueprint = Blueprint(
    "passbooks", __name__, url_prefix="/v1/wallets", description="Wallets as their operators see them"
)

LIST = "passbook"


class LineView(View):
    """An entry as the passbook shows it: `debit` or `credit` is set, and `balance` is what stood after it."""

    number = fields.Integer()
    id = fields.String()
    posted_at = Instant()
    business_day = Day()
    value_date = Day()
    kind = fields.String()
    narration = fields.String(allow_none=True)
    debit = Amount(allow_none=True)
    credit = Amount(allow_none=True)
    balance = Amount()
    source = fields.String(allow_none=True)


class PassbookView(View):
    """A page of a passbook: the balances before and after the whole period, and entries in order."""

    opening = Amount()
    entries = fields.List(fields.Nested(LineView()), attribute="lines")
    closing = Amount()
    next_cursor = fields.Function(
        lambda found: None if found.next_number is None else cursor(LIST, found.next_number),
        metadata={"type": ["string", "null"]},
    )


class PassbookQuery(PageQuery):
    """Which days, both included, and which page."""

    first = Day(data_key="from", load_default=None)
    last = Day(data_key="to", load_default=None)
    cursor = Cursor(LIST, r"[1-9][0-9]{0,17}", load_default=None)


@blueprint.get("/<operator_code>/passbook")
@requires("wallets:read")
@declines(WalletNotFound)
@blueprint.arguments(PassbookQuery(), location="query")
@blueprint.response(200, PassbookView())
def read(asked: dict[str, Any], operator_code: str) -> Page:
    """Return a wallet's entries by business day, with the balances before and after them."""
    first, last = asked["first"], asked["last"]
    if first and last and first > last:
        raise InvalidRequest({"to": ["The last day comes before the first."]})
    after = int(asked["cursor"]) if asked["cursor"] else None
    with database().snapshot() as connection:
        return passbook(connection, named(operator_code), first=first, last=last, after=after, limit=asked["limit"])
