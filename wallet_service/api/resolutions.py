"""Resolutions: a maker proposes how a break is resolved; nothing moves until another person approves it."""

from __future__ import annotations

import re
from typing import Any

from flask import Response

from wallet_service.api.approvals import APPROVAL, location
from wallet_service.api.authentication import caller, requires
from wallet_service.api.fields import Day, OneOf, PositiveAmount, Reason, Whole, operator
from wallet_service.api.idempotency import NEEDED, key_text, once
from wallet_service.api.parsing import Asked, Blueprint
from wallet_service.api.problems import declines
from wallet_service.errors import BreakNotFound, ResolutionNotPossible
from wallet_service.recon import resolutions
from wallet_service.recon.resolutions import Particulars

blueprint = Blueprint(
    "resolutions", __name__, url_prefix="/v1/breaks", description="How what did not match is resolved"
)

_ID = r"[A-Za-z0-9:-]{1,80}"


class ResolutionRequest(Asked):
    """How the break shall be resolved, and why.

    `credit-wallet` needs `wallet` and takes `amount`, all that is open if left out; of an offered claim it needs the
    `line`. `mark-as-duplicate` of a line and `explain-return` need the other `line`; `explain-return` and `write-off`
    take `amount`; `wait` needs `until`. The others need nothing.
    """

    resolution = OneOf(*resolutions.NAMES, required=True)
    reason = Reason(required=True)
    wallet = operator()
    amount = PositiveAmount()
    line = Whole(1, 10**15, metadata={"description": "The number of another line of the bank"})
    until = Day()


@blueprint.post("/<break_id>/resolutions")
@requires("finance:make")
@declines(BreakNotFound, ResolutionNotPossible)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(ResolutionRequest())
@blueprint.response(201, APPROVAL)
def resolve(asked: dict[str, Any], break_id: str) -> Response:
    """Propose how a break is resolved. It waits among the approvals for another person's decision."""
    key_text()
    if not re.fullmatch(_ID, break_id, re.ASCII):
        raise BreakNotFound(**{"break": break_id[:64]})
    resolution, reason, by = asked.pop("resolution"), asked.pop("reason"), caller().person
    particulars = Particulars(**asked)
    return once(
        APPROVAL,
        lambda c: resolutions.propose(c, break_id, resolution, particulars, reason=reason, by=by),
        status=201,
        location=location,
    )
