"""Claims: a deposit that an operator says was made, which the bank's line or a person confirms."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from wallet_service.api.authentication import caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Code, Day, Instant, OneOf, PositiveAmount, operator
from wallet_service.api.idempotency import NEEDED, headers, key
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.wallets import BalanceView
from wallet_service.errors import (
    AlreadyClaimed,
    AlreadyCredited,
    BankLineDiffers,
    BeingReturned,
    ClaimNotFound,
    DepositInFuture,
    WalletClosed,
    WalletNotFound,
)
from wallet_service.identifiers import ClaimId
from wallet_service.payments import claims
from wallet_service.payments.claims import Claim, ClaimAnswer

blueprint = Blueprint("claims", __name__, url_prefix="/v1/claims", description="Deposits claimed by operators")

LIST = "claims"
_ALL = "reports:read"


class ClaimView(View):
    """A claimed deposit: open, offered lines that a person decides on, tied to a line, or withdrawn; and why."""

    id = fields.String()
    state = OneOf(*claims.STATES)
    reason = fields.String(metadata={"description": "Why it is in its state, in words"})
    wallet = fields.String()
    amount = Amount()
    deposited_on = Day()
    mode = OneOf(*claims.MODES)
    branch_code = fields.String(allow_none=True)
    cdm_no = fields.String(allow_none=True)
    slip_no = fields.String(allow_none=True)
    claimed_at = Instant()
    business_day = Day()
    offers = fields.List(fields.Integer(), metadata={"description": "The numbers of the bank's lines that fit it"})
    line = fields.Integer(allow_none=True, metadata={"description": "The number of the bank's line it is tied to"})
    entry = fields.String(allow_none=True, metadata={"description": "The id of the entry that credited the wallet"})


class ClaimAnswerView(ClaimView):
    """A claimed deposit as this call left it, and the balances after it."""

    balance = fields.Nested(BalanceView())

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the answer's balance, or what its claim says."""
        return getattr(obj if attr == "balance" else obj.claim, attr)


def _number_on_a_slip() -> Code:
    return Code(r"^[A-Za-z0-9](?:[A-Za-z0-9 ./_-]{0,30}[A-Za-z0-9])?$", "1 to 32 letters, digits and . / _ -")


class ClaimRequest(Asked):
    """Which deposit, as its slip tells it. The branch's code or the deposit machine's number is needed."""

    wallet = operator(required=True)
    amount = PositiveAmount(required=True)
    deposited_on = Day(required=True)
    mode = OneOf(*claims.MODES, required=True)
    branch_code = Code(r"^[0-9]{1,5}$", "1 to 5 digits.")
    cdm_no = _number_on_a_slip()
    slip_no = _number_on_a_slip()

    @validates_schema
    def names_a_place(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a deposit that was made nowhere."""
        if "branch_code" not in data and "cdm_no" not in data:
            raise ValidationError("Give the branch's code, or the number of the deposit machine.", "branch_code")


class ClaimsQuery(PageQuery):
    """Which claims."""

    wallet = operator()
    state = OneOf(*claims.STATES)
    cursor = Cursor(LIST, r"[A-Z][A-Z0-9]{3,19}-L[0-9]{6,18}", load_default=None)


@blueprint.post("")
@requires("claims:write")
@declines(
    WalletNotFound, WalletClosed, DepositInFuture, AlreadyClaimed, AlreadyCredited, BankLineDiffers, BeingReturned
)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(ClaimRequest())
@blueprint.response(201, ClaimAnswerView())
def claim(asked: dict[str, Any]) -> tuple[ClaimAnswer, dict[str, str]]:
    """Claim a cash, machine or cheque deposit. The bank's line credits it; where several fit, a person decides."""
    keyed = key()
    answer = database().posting(lambda connection: claims.claim(connection, **asked, key=keyed))
    entries = 0 if answer.claim.entry is None else 1
    return answer, headers(replayed=answer.replayed, entries=entries, location=f"/v1/claims/{answer.claim.id}")


@blueprint.get("/<claim_id>")
@requires("claims:write", _ALL)
@declines(ClaimNotFound)
@blueprint.response(200, ClaimView())
def get_claim(claim_id: str) -> Claim:
    """Return a claim as it stands. Another client's is not there, but for an auditor."""
    try:
        identity = ClaimId.parse(claim_id)
    except ValueError:
        raise ClaimNotFound(claim=claim_id[:64]) from None
    with database().statement() as connection:
        return claims.get(connection, identity, client_id=_whose())


@blueprint.get("")
@requires("claims:write", _ALL)
@blueprint.arguments(ClaimsQuery(), location="query")
@blueprint.response(200, page_of(ClaimView))
def find(asked: dict[str, Any]) -> Paged:
    """Find claims: your own; an auditor finds everybody's."""
    limit, after = asked.pop("limit"), asked.pop("cursor")
    with database().statement() as connection:
        found = claims.find(connection, client_id=_whose(), **asked, after=after, limit=limit + 1)
    return page(found, limit, LIST, lambda claim: claim.id)


def _whose() -> int | None:
    return None if _ALL in caller().scopes else caller().id
