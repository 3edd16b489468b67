"""What a maker proposes among the approvals: something beside any break, or one resolution of several like breaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from wallet_service.api.fields import Code, Day, OneOf, PositiveAmount, Reason, Whole, number_of_theirs, operator
from wallet_service.api.parsing import Asked
from wallet_service.payments import adjustments
from wallet_service.payments.approvals import LARGEST_BULK
from wallet_service.payments.settlement_advices import NUMBER_PATTERN
from wallet_service.recon import resolutions

BREAK_PATTERN = r"^[A-Za-z0-9:-]{1,80}$"
_BESIDE_BREAKS: Mapping[str, set[str]] = {
    "refund": {"debit", "amount", "cause", "order_number"},
    "bring-in-balance": {"wallet", "amount"},
    "reverse-entry": {"entry"},
    "change-limit": {"limit", "to"},
}
_NEEDS = {**{name: {"breaks"} for name in resolutions.NAMES}, **_BESIDE_BREAKS}


def particulars() -> dict[str, fields.Field[Any]]:
    """Return the fields of what a resolution needs besides its break."""
    return {
        "wallet": operator(),
        "amount": PositiveAmount(),
        "line": Whole(1, 10**15, metadata={"description": "The number of another line of the bank"}),
        "until": Day(),
        "order_number": number_of_theirs(),
        "advice": Code(NUMBER_PATTERN, "The number of an advice of settlement."),
    }


class LikeBreak(Asked):
    """One of several like breaks, and what its resolution needs besides."""

    id = Code(BREAK_PATTERN, "The id of a break.", required=True)
    wallet, amount, line, until, order_number, advice = particulars().values()


class ProposalRequest(Asked):
    """What is proposed, and why.

    A resolution (`write-off`, `mark-as-duplicate` …) of the `breaks` listed, all of one kind, each with what it needs.
    Or what is beside any break: `refund` with `debit`, `amount`, `cause` and `order_number`, the department's;
    `bring-in-balance` with `wallet` and `amount`; `reverse-entry` with `entry`, by which a balance was brought in;
    `change-limit` with `limit`, and the amount it is changed `to`.
    """

    kind = OneOf(*_NEEDS, required=True)
    reason = Reason(required=True)
    breaks = fields.List(fields.Nested(LikeBreak()), validate=validate.Length(1, LARGEST_BULK))
    debit = Code(r"^[A-Z][A-Z0-9]{3,19}-D[0-9]{6,18}$", "The id of a debit.")
    entry = Code(r"^[A-Z][A-Z0-9]{3,19}-[0-9]{6,18}$", "The id of an entry of a wallet.")
    amount = PositiveAmount()
    cause = OneOf("failed", "paid")
    order_number = number_of_theirs()
    wallet = operator()
    limit = OneOf(*adjustments.LIMITS)
    to = PositiveAmount()

    @validates_schema
    def is_whole(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse a proposal that lacks what its kind needs, or has what another kind needs."""
        if "kind" in data:
            needed, given = _NEEDS[data["kind"]], data.keys() - {"kind", "reason"}
            errors = {name: [f"{data['kind']} needs it."] for name in needed - given}
            errors |= {name: [f"{data['kind']} does not take it."] for name in given - needed}
            if errors:
                raise ValidationError(errors)
