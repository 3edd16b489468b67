"""Resolutions: a maker proposes how a break is resolved; nothing moves until another person approves it."""

from __future__ import annotations

from typing import Any

from flask import Response

from wallet_service.api.approvals import APPROVAL, location
from wallet_service.api.authentication import caller, requires
from wallet_service.api.breaks import require_break_id
from wallet_service.api.fields import OneOf, Reason
from wallet_service.api.idempotency import NEEDED, key_text, once
from wallet_service.api.parsing import Asked, Blueprint
from wallet_service.api.problems import declines
from wallet_service.api.proposing import particulars
from wallet_service.errors import BreakNotFound, ResolutionNotPossible
from wallet_service.recon import resolutions
from wallet_service.recon.resolutions import Particulars

blueprint = Blueprint(
    "resolutions", __name__, url_prefix="/v1/breaks", description="How what did not match is resolved"
)


class ResolutionRequest(Asked):
    """How the break shall be resolved, and why.

    `credit-wallet` needs `wallet` and takes `amount`, all that is open if left out; of an offered claim it needs the
    `line`. `mark-as-duplicate` of a line and `explain-return` need the other `line`; `explain-return`, `write-off` and
    `write-to-differences` take `amount`; `explain-return` takes the `wallet` that has had the deposit, and gives
    it back; `refund` needs `order_number`, that of the department's list or letter, and takes `amount`;
    `tie-settlement` needs the `advice` that a debit paid, and takes another `line` that paid the rest;
    `return-settlement` needs the `advice` whose payout came back; `wait` needs `until`. The others need nothing.
    """

    resolution = OneOf(*resolutions.NAMES, required=True)
    reason = Reason(required=True)
    wallet, amount, line, until, order_number, advice = particulars().values()


@blueprint.post("/<break_id>/resolutions")
@requires("finance:make")
@declines(BreakNotFound, ResolutionNotPossible)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(ResolutionRequest())
@blueprint.response(201, APPROVAL)
def resolve(asked: dict[str, Any], break_id: str) -> Response:
    """Propose how a break is resolved. It waits among the approvals for another person's decision."""
    key_text()
    require_break_id(break_id)
    resolution, reason, by = asked.pop("resolution"), asked.pop("reason"), caller().person
    besides = Particulars(**asked)
    return once(
        APPROVAL,
        lambda c: resolutions.propose(c, break_id, resolution, besides, reason=reason, by=by),
        status=201,
        location=location,
    )
