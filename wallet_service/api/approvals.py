"""Approvals: what one person of finance proposes, and another decides on, exactly as it was shown."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates_schema

from wallet_service.api.authentication import FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import (
    Code,
    Instant,
    OneOf,
    PositiveAmount,
    Reason,
    number_of_theirs,
    operator,
)
from wallet_service.api.idempotency import HONOURED, NEEDED, key_text, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import (
    AlreadyDecided,
    ApprovalNotFound,
    InvalidRequest,
    NotYourProposal,
    ProposalChanged,
    ResolutionNotPossible,
    SamePerson,
)
from wallet_service.identifiers import DebitId
from wallet_service.payments import adjustments, approvals
from wallet_service.payments.approvals import Approval, Proposed

blueprint = Blueprint(
    "approvals", __name__, url_prefix="/v1/approvals", description="What one person proposes and another decides on"
)

LIST = "approvals"
READERS = ("reports:read", *FINANCE)
_NUMBER = r"[1-9][0-9]{0,17}"
_BESIDE_BREAKS = {
    "refund": {"debit", "amount", "cause", "order_number"},
    "bring-in-balance": {"wallet", "amount"},
    "change-limit": {"limit", "to"},
}


class ApprovalView(View):
    """A proposal and what became of it.

    `payload` is what is proposed; `payload_sha256` is the SHA-256 of its JSON with names sorted and no blanks, in
    UTF-8. `stale`: a checker approved it when it could no longer be done, so nothing moved; `reason` says why.
    """

    id = fields.Integer()
    kind = OneOf(*Proposed)
    about = fields.String(allow_none=True, metadata={"description": "The id of the break that it resolves"})
    payload = fields.Dict(keys=fields.String())
    payload_sha256 = fields.String()
    state = OneOf(*approvals.STATES)
    proposed_by = fields.String()
    proposed_at = Instant()
    decided_by = fields.String(allow_none=True)
    decided_at = Instant(allow_none=True)
    reason = fields.String(allow_none=True, metadata={"description": "The decision's"})
    entries = fields.List(fields.String(), metadata={"description": "The ids of the entries that it posted"})


class ApprovalsQuery(PageQuery):
    """Which proposals."""

    state = OneOf(*approvals.STATES, load_default=None)
    kind = OneOf(*Proposed, load_default=None)
    about = Code(r"^[A-Za-z0-9:-]{1,80}$", "The id of a break.", load_default=None)
    cursor = Cursor(LIST, _NUMBER, load_default=None)


def _shown() -> Code:
    return Code(r"^[0-9a-f]{64}$", "64 hexadecimal digits: payload_sha256 as it was shown.", required=True)


class ApprovalRequest(Asked):
    """Which payload was shown to whoever decides."""

    payload_sha256 = _shown()


class RejectionOfProposal(ApprovalRequest):
    """Which payload was shown, and why it shall not be."""

    reason = Reason(required=True)


class WithdrawalRequest(Asked):
    """Why it shall not be after all."""

    reason = Reason(required=True)


class ProposalRequest(Asked):
    """What is proposed beside any break, and why.

    `refund`: `debit`, `amount`, `cause` and `order_number`, the department's. `bring-in-balance`: `wallet` and
    `amount`. `change-limit`: `limit`, and the amount it is changed `to`.
    """

    kind = OneOf(*_BESIDE_BREAKS, required=True)
    reason = Reason(required=True)
    debit = Code(r"^[A-Z][A-Z0-9]{3,19}-D[0-9]{6,18}$", "The id of a debit.")
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
            needed, given = _BESIDE_BREAKS[data["kind"]], data.keys() - {"kind", "reason"}
            errors = {name: [f"{data['kind']} needs it."] for name in needed - given}
            errors |= {name: [f"{data['kind']} does not take it."] for name in given - needed}
            if errors:
                raise ValidationError(errors)


APPROVAL = ApprovalView()


def location(body: dict[str, Any]) -> str:
    """Return where a proposal is found."""
    return f"/v1/approvals/{body['id']}"


@blueprint.post("")
@requires("finance:make")
@declines(ResolutionNotPossible)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(ProposalRequest())
@blueprint.response(201, APPROVAL)
def propose(asked: dict[str, Any]) -> Response:
    """Propose what is beside any break: a refund by order, a balance from before, another limit. Nothing moves yet."""
    key_text()
    kind, told = asked.pop("kind"), {**asked, "by": caller().person}
    if kind == "refund":
        debit = _debit(told.pop("debit"))
        return once(APPROVAL, lambda c: adjustments.propose_refund(c, debit, **told), status=201, location=location)
    if kind == "bring-in-balance":
        return once(APPROVAL, lambda c: adjustments.propose_balance(c, **told), status=201, location=location)
    return once(APPROVAL, lambda c: adjustments.propose_limit(c, **told), status=201, location=location)


@blueprint.get("")
@requires(*READERS)
@blueprint.arguments(ApprovalsQuery(), location="query")
@blueprint.response(200, page_of(ApprovalView))
def find(asked: dict[str, Any]) -> Paged:
    """List what was proposed and what became of it, the newest first."""
    limit, after = asked.pop("limit"), asked.pop("cursor")
    with database().statement() as connection:
        found = approvals.find(connection, **asked, after=int(after) if after else None, limit=limit + 1)
    return page(found, limit, LIST, lambda approval: approval.id)


@blueprint.get("/<approval_id>")
@requires(*READERS)
@declines(ApprovalNotFound)
@blueprint.response(200, APPROVAL)
def get_approval(approval_id: str) -> Approval:
    """Return a proposal and what became of it."""
    with database().statement() as connection:
        return approvals.get(connection, _id(approval_id))


@blueprint.post("/<approval_id>/approve")
@requires("finance:check")
@declines(ApprovalNotFound, AlreadyDecided, ProposalChanged, SamePerson)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(ApprovalRequest())
@blueprint.response(200, APPROVAL)
def approve(asked: dict[str, Any], approval_id: str) -> Response:
    """Let what was proposed happen, once, as it was shown. Who proposed it may not.

    Where it can no longer be done the answer's state is `stale`, and nothing moved.
    """
    identity, shown, by = _id(approval_id), asked["payload_sha256"], caller().person
    return once(APPROVAL, lambda connection: approvals.approve(connection, identity, shown, by=by))


@blueprint.post("/<approval_id>/reject")
@requires("finance:check")
@declines(ApprovalNotFound, AlreadyDecided, ProposalChanged, SamePerson)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(RejectionOfProposal())
@blueprint.response(200, APPROVAL)
def reject(asked: dict[str, Any], approval_id: str) -> Response:
    """Put a proposal aside for good. Who proposed it withdraws it instead."""
    identity, shown, by = _id(approval_id), asked["payload_sha256"], caller().person
    return once(APPROVAL, lambda c: approvals.reject(c, identity, shown, reason=asked["reason"], by=by))


@blueprint.post("/<approval_id>/withdraw")
@requires("finance:make")
@declines(ApprovalNotFound, AlreadyDecided, NotYourProposal)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(WithdrawalRequest())
@blueprint.response(200, APPROVAL)
def withdraw(asked: dict[str, Any], approval_id: str) -> Response:
    """Take back your own proposal that nobody has decided on."""
    identity, by = _id(approval_id), caller().person
    return once(APPROVAL, lambda c: approvals.withdraw(c, identity, reason=asked["reason"], by=by))


def _id(text: str) -> int:
    if not re.fullmatch(_NUMBER, text, re.ASCII):
        raise ApprovalNotFound(approval=text[:64])
    return int(text)


def _debit(text: str) -> DebitId:
    try:
        return DebitId.parse(text)
    except ValueError:
        raise InvalidRequest({"debit": ["The id of a debit."]}) from None
