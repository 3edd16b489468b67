"""Entries: one account debited, one credited, and what the entry is tied to."""

from __future__ import annotations

from marshmallow import fields

from wallet_service.api.authentication import requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, Instant
from wallet_service.api.parsing import Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import EntryNotFound
from wallet_service.identifiers import EntryId
from wallet_service.ledger import entries
from wallet_service.ledger.entries import PostedEntry

blueprint = Blueprint("entries", __name__, url_prefix="/v1/entries", description="The books' entries")


class EntryView(View):
    """An entry. `balance` is the wallet's after it, null in the house book; `source` is the event it belongs to."""

    id = fields.String()
    book = fields.String()
    number = fields.Integer()
    kind = fields.String()
    debit = fields.String(metadata={"description": "The account debited"})
    credit = fields.String(metadata={"description": "The account credited"})
    amount = Amount()
    balance = Amount(allow_none=True)
    posted_at = Instant()
    business_day = Day()
    value_date = Day()
    source = fields.String(allow_none=True)
    reverses = fields.String(allow_none=True)
    reversed_by = fields.String(allow_none=True)


@blueprint.get("/<entry_id>")
@requires("reports:read", "wallets:read")
@declines(EntryNotFound)
@blueprint.response(200, EntryView())
def get_entry(entry_id: str) -> PostedEntry:
    """Return one entry, and what it is tied to."""
    try:
        identity = EntryId.parse(entry_id)
    except ValueError:
        raise EntryNotFound(entry=entry_id[:64]) from None
    with database().statement() as connection:
        return entries.get_entry(connection, identity)
