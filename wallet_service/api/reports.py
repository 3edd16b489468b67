"""Reports over all the books."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from wallet_service.api.authentication import FINANCE, requires
from wallet_service.api.connections import database
from wallet_service.api.entries import EntryView
from wallet_service.api.fields import Amount, Code, Day, Instant, OneOf, SignedAmount
from wallet_service.api.pagination import Cursor, Paged, PageQuery, cursor, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import AccountNotFound, DayInFuture, EntryNotFound, FilterTooWide, InvalidRequest
from wallet_service.identifiers import EntryId
from wallet_service.ledger import trial_balance
from wallet_service.ledger.account_ledger import AccountLedger, account_ledger
from wallet_service.ledger.day_book import day_book, late_entries
from wallet_service.ledger.trial_balance import TrialBalance

blueprint = Blueprint("reports", __name__, url_prefix="/v1/reports", description="Reports over all the books")

DAY_BOOK, LATE, LEDGER = "day-book", "late-entries", "ledger"
_ENTRY = r"([A-Z][A-Z0-9]{3,19}|house)-[0-9]{6,18}"


class TrialBalanceLineView(View):
    """An account's balance, on the side where it stands."""

    account = fields.String()
    debit = Amount()
    credit = Amount()


class TrialBalanceView(View):
    """Every account's balance as of a day, and the proof that all debits equal all credits."""

    as_of = Day()
    lines = fields.List(fields.Nested(TrialBalanceLineView()))
    debits = Amount()
    credits = Amount()
    difference = SignedAmount()


class LedgerLineView(View):
    """An entry from one account's side: `debit` or `credit` is set; `balance` is told of a wallet."""

    id = fields.String()
    posted_at = Instant()
    business_day = Day()
    value_date = Day()
    kind = fields.String()
    other_account = fields.String(metadata={"description": "The entry's other side"})
    debit = Amount(allow_none=True)
    credit = Amount(allow_none=True)
    balance = Amount(allow_none=True)
    source = fields.String(allow_none=True)


class LedgerView(View):
    """A page of an account's ledger. `opening` and `closing` are the whole period's, positive on its normal side."""

    account = fields.String()
    normal_side = OneOf("debit", "credit")
    first = Day(data_key="from")
    last = Day(data_key="to")
    opening = SignedAmount()
    entries = fields.List(fields.Nested(LedgerLineView()), attribute="lines")
    closing = SignedAmount()
    next_cursor = fields.Function(
        lambda found: None if found.next_entry is None else cursor(LEDGER, found.next_entry),
        metadata={"type": ["string", "null"]},
    )


class AsOfQuery(Asked):
    """As of which business day; without one, now."""

    as_of = Day(load_default=None)


class DayBookQuery(PageQuery):
    """Which business day."""

    day = Day(required=True)
    cursor = Cursor(DAY_BOOK, _ENTRY, load_default=None)


class LateQuery(PageQuery):
    """Of which business day."""

    day = Day(required=True)
    cursor = Cursor(LATE, _ENTRY, load_default=None)


class LedgerQuery(PageQuery):
    """Which account, and which business days, both included: at most 366; without `from`, the year before `to`."""

    account = Code(r"^[a-z]+:[A-Za-z0-9:-]{1,64}$", "An account's code, such as department:POD:001.", required=True)
    first = Day(data_key="from", load_default=None)
    last = Day(data_key="to", load_default=None)
    cursor = Cursor(LEDGER, _ENTRY, load_default=None)


ENTRY_PAGE = page_of(EntryView)


@blueprint.get("/trial-balance")
@requires("reports:read", *FINANCE)
@declines(DayInFuture)
@blueprint.arguments(AsOfQuery(), location="query")
@blueprint.response(200, TrialBalanceView())
def read_trial_balance(asked: dict[str, Any]) -> TrialBalance:
    """Return the trial balance."""
    with database().snapshot() as connection:
        return trial_balance.trial_balance(connection, asked["as_of"])


@blueprint.get("/day-book")
@requires("reports:read")
@declines(DayInFuture, EntryNotFound)
@blueprint.arguments(DayBookQuery(), location="query")
@blueprint.response(200, ENTRY_PAGE)
def read_day_book(asked: dict[str, Any]) -> Paged:
    """Return every entry of a business day, book by book, the house's first."""
    limit = asked["limit"]
    with database().snapshot() as connection:
        found = day_book(connection, asked["day"], after=_behind(asked), limit=limit + 1)
    return page(found, limit, DAY_BOOK, lambda entry: entry.id)


@blueprint.get("/late-entries")
@requires("reports:read", *FINANCE)
@declines(DayInFuture, EntryNotFound)
@blueprint.arguments(LateQuery(), location="query")
@blueprint.response(200, ENTRY_PAGE)
def read_late_entries(asked: dict[str, Any]) -> Paged:
    """Return a business day's entries that count for a financial year gone by, or for more than 35 days before."""
    limit = asked["limit"]
    with database().snapshot() as connection:
        found = late_entries(connection, asked["day"], after=_behind(asked), limit=limit + 1)
    return page(found, limit, LATE, lambda entry: entry.id)


@blueprint.get("/ledger")
@requires("reports:read")
@declines(AccountNotFound, FilterTooWide, EntryNotFound)
@blueprint.arguments(LedgerQuery(), location="query")
@blueprint.response(200, LedgerView())
def read_ledger(asked: dict[str, Any]) -> AccountLedger:
    """Return what moved an account by business day, with its balances before and after."""
    first, last = asked["first"], asked["last"]
    if first and last and first > last:
        raise InvalidRequest({"to": ["The last day comes before the first."]})
    with database().snapshot() as connection:
        return account_ledger(
            connection, asked["account"], first=first, last=last, after=_behind(asked), limit=asked["limit"]
        )


def _behind(asked: dict[str, Any]) -> EntryId | None:
    return EntryId.parse(asked["cursor"]) if asked["cursor"] else None
