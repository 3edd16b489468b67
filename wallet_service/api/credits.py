"""Credits: a deposit that the portal advises before the bank's line is seen."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from wallet_service.api.authentication import caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Code, Day, Instant, OneOf, PositiveAmount, operator
from wallet_service.api.idempotency import NEEDED, headers, key
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.wallets import BalanceView
from wallet_service.errors import (
    AlreadyAdvised,
    AlreadyCredited,
    BankLineDiffers,
    BeingReturned,
    CreditNotFound,
    WalletClosed,
    WalletNotFound,
)
from wallet_service.identifiers import CreditId
from wallet_service.payments import credits
from wallet_service.payments.credits import Credit, CreditAnswer

blueprint = Blueprint("credits", __name__, url_prefix="/v1/credits", description="Deposits advised")

LIST = "credits"
STATES = ("credited", "awaiting-bank", "tied", "withdrawn")
CHANNELS = ("neft", "rtgs", "imps", "upi", "van", "cash", "cdm", "cheque")
_ALL = "reports:read"


class CreditView(View):
    """An advised deposit: credited, or awaiting the bank's line and why."""

    id = fields.String()
    state = OneOf(*STATES)
    reason = fields.String(allow_none=True, metadata={"description": "Why it waits for the bank"})
    wallet = fields.String()
    amount = Amount()
    bank_reference = fields.String()
    booked_on = Day()
    channel = OneOf(*CHANNELS)
    advised_at = Instant()
    business_day = Day(allow_none=True)
    entry = fields.String(allow_none=True, metadata={"description": "The id of the entry that credited the wallet"})


class CreditAnswerView(CreditView):
    """An advised deposit as this call left it, and the balances after it."""

    balance = fields.Nested(BalanceView())

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the answer's balance, or what its credit says."""
        return getattr(obj if attr == "balance" else obj.credit, attr)


def _reference(**options: Any) -> Code:
    return Code(r"^[A-Za-z0-9'_][A-Za-z0-9 /_-]{0,63}$", "1 to 64 letters, digits and / _ -", **options)


class CreditRequest(Asked):
    """Which deposit, as the bank's advice tells it."""

    wallet = operator(required=True)
    amount = PositiveAmount(required=True)
    bank_reference = _reference(required=True)
    booked_on = Day(required=True)
    channel = OneOf(*CHANNELS, required=True)


class CreditsQuery(PageQuery):
    """Which credits."""

    wallet = operator()
    state = OneOf(*STATES)
    bank_reference = _reference()
    cursor = Cursor(LIST, r"[A-Z][A-Z0-9]{3,19}-C[0-9]{6,18}", load_default=None)


@blueprint.post("")
@requires("credits:write")
@declines(WalletNotFound, WalletClosed, AlreadyCredited, AlreadyAdvised, BankLineDiffers, BeingReturned)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(CreditRequest())
@blueprint.response(201, CreditAnswerView())
def advise(asked: dict[str, Any]) -> tuple[CreditAnswer, dict[str, str]]:
    """Advise a deposit. One that can be relied on is credited at once, any other when the bank's line comes."""
    keyed = key()
    answer = database().posting(lambda connection: credits.advise(connection, **asked, key=keyed))
    entries = 0 if answer.credit.entry is None else 1
    return answer, headers(replayed=answer.replayed, entries=entries, location=f"/v1/credits/{answer.credit.id}")


@blueprint.get("/<credit_id>")
@requires("credits:write", _ALL)
@declines(CreditNotFound)
@blueprint.response(200, CreditView())
def get_credit(credit_id: str) -> Credit:
    """Return an advised deposit as it stands. Another client's is not there, but for an auditor."""
    try:
        identity = CreditId.parse(credit_id)
    except ValueError:
        raise CreditNotFound(credit=credit_id[:64]) from None
    with database().statement() as connection:
        return credits.get(connection, identity, client_id=_whose())


@blueprint.get("")
@requires("credits:write", _ALL)
@blueprint.arguments(CreditsQuery(), location="query")
@blueprint.response(200, page_of(CreditView))
def find(asked: dict[str, Any]) -> Paged:
    """Find advised deposits: your own; an auditor finds everybody's."""
    limit, after = asked.pop("limit"), asked.pop("cursor")
    with database().statement() as connection:
        found = credits.find(connection, client_id=_whose(), **asked, after=after, limit=limit + 1)
    return page(found, limit, LIST, lambda credit: credit.id)


def _whose() -> int | None:
    return None if _ALL in caller().scopes else caller().id
