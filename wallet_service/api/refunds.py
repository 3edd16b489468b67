"""Refunds: a department did not take a payment, so the wallet has the money back."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from wallet_service.api.authentication import requires
from wallet_service.api.connections import database
from wallet_service.api.debits import parse_id
from wallet_service.api.fields import Amount, Day, Instant, OneOf, PositiveAmount, Text, masked
from wallet_service.api.idempotency import NEEDED, headers, key
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.wallets import BalanceView
from wallet_service.errors import (
    DebitNotCaptured,
    DebitNotFound,
    RefundExceedsCapture,
    RefundNeedsApproval,
    WalletClosed,
)
from wallet_service.payments import refunds
from wallet_service.payments.refunds import RefundAnswer

blueprint = Blueprint("refunds", __name__, url_prefix="/v1/debits", description="Payments given back")

CAUSES = ("failed", "paid")


class RefundAnswerView(View):
    """A refund, by the id of its entry, and the balances after it."""

    id = fields.String()
    debit = fields.String()
    amount = Amount()
    cause = OneOf(*CAUSES)
    reason = fields.String()
    posted_at = Instant()
    business_day = Day()
    balance = fields.Nested(BalanceView())

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the answer's balance, or what its refund says."""
        return getattr(obj if attr == "balance" else obj.refund, attr)


class RefundRequest(Asked):
    """How much to give back and why. `failed`: the department did not take it; `paid` needs finance's approval."""

    amount = PositiveAmount(required=True)
    reason = Text(200, required=True)
    cause = OneOf(*CAUSES, load_default="failed")


@blueprint.post("/<debit_id>/refunds")
@requires("debits:write")
@declines(DebitNotFound, DebitNotCaptured, RefundExceedsCapture, RefundNeedsApproval, WalletClosed)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(RefundRequest())
@blueprint.response(201, RefundAnswerView())
def refund(asked: dict[str, Any], debit_id: str) -> tuple[RefundAnswer, dict[str, str]]:
    """Give a payment back to the wallet, all of it or a part; together never more than was captured."""
    words = {**asked, "reason": masked(asked["reason"])}
    identity, keyed = parse_id(debit_id), key()
    answer = database().posting(lambda connection: refunds.refund(connection, identity, **words, key=keyed))
    return answer, headers(replayed=answer.replayed, entries=1, location=f"/v1/entries/{answer.refund.id}")
