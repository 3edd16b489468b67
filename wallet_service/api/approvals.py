"""Approvals: what one person of finance proposes, and another decides on, exactly as it was shown."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from marshmallow import fields

from wallet_service.api.authentication import FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Code, Count, Instant, OneOf, Reason
from wallet_service.api.idempotency import HONOURED, NEEDED, key_text, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.api.proposing import BREAK_PATTERN, ProposalRequest
from wallet_service.errors import (
    AlreadyDecided,
    ApprovalNotFound,
    BreakNotFound,
    InvalidRequest,
    NotYourProposal,
    PartOfABulk,
    ProposalChanged,
    ResolutionNotPossible,
    SamePerson,
)
from wallet_service.identifiers import DebitId, EntryId
from wallet_service.payments import adjustments, approvals
from wallet_service.payments.approvals import Approval, Proposed
from wallet_service.recon import resolutions
from wallet_service.recon.resolutions import Particulars

blueprint = Blueprint(
    "approvals", __name__, url_prefix="/v1/approvals", description="What one person proposes and another decides on"
)

LIST = "approvals"
READERS = ("reports:read", *FINANCE)
_NUMBER = r"[1-9][0-9]{0,17}"


class ApprovalView(View):
    """A proposal and what became of it.

    `payload` is what is proposed; `payload_sha256` is the SHA-256 of its JSON with names sorted and no blanks, in
    UTF-8. `stale`: a checker approved it when it could no longer be done, so nothing moved; `reason` says why.
    A bulk has `parts`, all of them in its payload; each is a proposal too, `part_of` it, and done or stale by itself.
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
    part_of = fields.Integer(allow_none=True, metadata={"description": "The bulk that it is a part of"})
    parts = fields.Integer(metadata={"description": "How many proposals it consists of; 0 where it is no bulk"})
    stale_parts = fields.Integer(metadata={"description": "How many of them could not be done when it was approved"})


class ApprovalsQuery(PageQuery):
    """Which proposals. The parts of a bulk are listed where it, or the break of one, is asked for."""

    state = OneOf(*approvals.STATES, load_default=None)
    kind = OneOf(*Proposed, load_default=None)
    about = Code(BREAK_PATTERN, "The id of a break.", load_default=None)
    part_of = Count(1, 999_999_999, load_default=None)
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


APPROVAL = ApprovalView()


def location(body: dict[str, Any]) -> str:
    """Return where a proposal is found."""
    return f"/v1/approvals/{body['id']}"


@blueprint.post("")
@requires("finance:make")
@declines(BreakNotFound, ResolutionNotPossible)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(ProposalRequest())
@blueprint.response(201, APPROVAL)
def propose(asked: dict[str, Any]) -> Response:
    """Propose one resolution of several like breaks, or what is beside any break. Nothing moves yet."""
    key_text()
    kind, told = asked.pop("kind"), {**asked, "by": caller().person}
    if "breaks" in told:
        like = [(each.pop("id"), Particulars(**each)) for each in told.pop("breaks")]
        return once(APPROVAL, lambda c: resolutions.propose_bulk(c, kind, like, **told), status=201, location=location)
    if kind == "refund":
        debit = _debit(told.pop("debit"))
        return once(APPROVAL, lambda c: adjustments.propose_refund(c, debit, **told), status=201, location=location)
    if kind == "bring-in-balance":
        return once(APPROVAL, lambda c: adjustments.propose_balance(c, **told), status=201, location=location)
    if kind == "reverse-entry":
        entry = _entry(told.pop("entry"))
        return once(APPROVAL, lambda c: adjustments.propose_reversal(c, entry, **told), status=201, location=location)
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
@declines(ApprovalNotFound, AlreadyDecided, PartOfABulk, ProposalChanged, SamePerson)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(ApprovalRequest())
@blueprint.response(200, APPROVAL)
def approve(asked: dict[str, Any], approval_id: str) -> Response:
    """Let what was proposed happen, once, as it was shown. Who proposed it may not.

    Where it can no longer be done the answer's state is `stale`, and nothing moved. Of a bulk what can be done is done,
    and `stale_parts` says how much could not.
    """
    identity, shown, by = _id(approval_id), asked["payload_sha256"], caller().person
    return once(APPROVAL, lambda connection: approvals.approve(connection, identity, shown, by=by))


@blueprint.post("/<approval_id>/reject")
@requires("finance:check")
@declines(ApprovalNotFound, AlreadyDecided, PartOfABulk, ProposalChanged, SamePerson)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(RejectionOfProposal())
@blueprint.response(200, APPROVAL)
def reject(asked: dict[str, Any], approval_id: str) -> Response:
    """Put a proposal aside for good. Who proposed it withdraws it instead."""
    identity, shown, by = _id(approval_id), asked["payload_sha256"], caller().person
    return once(APPROVAL, lambda c: approvals.reject(c, identity, shown, reason=asked["reason"], by=by))


@blueprint.post("/<approval_id>/withdraw")
@requires("finance:make")
@declines(ApprovalNotFound, AlreadyDecided, NotYourProposal, PartOfABulk)
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


def _entry(text: str) -> EntryId:
    try:
        return EntryId.parse(text)
    except ValueError:
        raise InvalidRequest({"entry": ["The id of an entry of a wallet."]}) from None
