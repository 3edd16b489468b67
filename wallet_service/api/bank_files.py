"""Bank files: uploaded by a maker, released or rejected by a checker, shown line by line."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import Connection

from wallet_service.api.authentication import FINANCE, caller, requires
from wallet_service.api.bank_uploads import FORM, brought
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, Instant, OneOf, SignedAmount, Text
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, Nothing, View
from wallet_service.api.problems import declines
from wallet_service.errors import (
    BankAccountNotFound,
    BankFileNotFound,
    BankFileNotReleasable,
    FileAlreadyReceived,
    FileNotReadable,
    ProfileNotFound,
    SamePerson,
)
from wallet_service.recon import bank_files, intake, releasing
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.chain import Outcome

blueprint = Blueprint("bank-files", __name__, url_prefix="/v1/bank-files", description="The bank's statements")

LIST, LINES = "bank-files", "bank-lines"
READERS = (*FINANCE, "reports:read")
LINE_STATES = ("unposted", "posted", "suspense")
_NUMBER = r"[1-9][0-9]{0,17}"


class RejectView(View):
    """A line of a file that was refused, and why. `row` is its line in the file."""

    row = fields.Integer()
    text = fields.String()
    reason = fields.String()


class BankFileView(View):
    """A bank file: what it says, how far it got, and which of its lines were refused (not told in lists).

    While it is `received`, `lines_read` grows; its figures are told once it is `read`. `joins` says how it joins what
    its account has: of its lines, `new_lines` are posted on release, and `known_lines` were told by a file before.
    `release_by` has released a large one that is still `read`: a job does it.
    """

    id = fields.Integer()
    state = OneOf(*bank_files.STATES)
    reason = fields.String(allow_none=True)
    bank_account = fields.String(allow_none=True)
    account_number = fields.String(allow_none=True)
    filename = fields.String()
    form = fields.String(allow_none=True)
    profile = fields.String(allow_none=True)
    sha256 = fields.String()
    received_by = fields.String()
    received_at = Instant()
    release_by = fields.String(allow_none=True)
    period_first = Day(allow_none=True)
    period_last = Day(allow_none=True)
    opening = SignedAmount(allow_none=True)
    closing = SignedAmount(allow_none=True)
    inflows = Amount()
    outflows = Amount()
    bytes = fields.Integer()
    lines_read = fields.Integer()
    lines = fields.Integer()
    inflow_lines = fields.Integer()
    outflow_lines = fields.Integer()
    joins = OneOf(*Outcome, allow_none=True)
    new_lines = fields.Integer()
    known_lines = fields.Integer()
    posted_lines = fields.Integer()
    decided_by = fields.String(allow_none=True)
    decided_at = Instant(allow_none=True)
    posted_at = Instant(allow_none=True)
    rejects = fields.List(fields.Nested(RejectView()))


class BankLineView(View):
    """A line that a released file brought, and what became of it: by which rule, which had seen which candidates."""

    id = fields.Integer()
    row = fields.Integer()
    booked_on = Day()
    value_date = Day()
    direction = OneOf("inflow", "outflow")
    amount = Amount()
    balance_after = SignedAmount()
    description = fields.String()
    reference = fields.String()
    branch = fields.String(allow_none=True)
    state = OneOf(*LINE_STATES)
    disposition = fields.String(allow_none=True)
    rule = fields.String(allow_none=True)
    rule_version = fields.Integer(allow_none=True)
    candidates = fields.List(fields.String())
    reason = fields.String(allow_none=True)
    entry = fields.String(allow_none=True)


class FilesQuery(PageQuery):
    """Which files, the newest first."""

    state = OneOf(*bank_files.STATES, load_default=None)
    cursor = Cursor(LIST, _NUMBER, load_default=None)


class LinesQuery(PageQuery):
    """Which lines, in the file's order."""

    state = OneOf(*LINE_STATES, load_default=None)
    cursor = Cursor(LINES, _NUMBER, load_default=None)


class RejectionRequest(Asked):
    """Why nothing of the file shall be posted."""

    reason = Text(200, required=True)


FILE = BankFileView()


@blueprint.post("")
@requires("finance:make")
@declines(FileNotReadable, FileAlreadyReceived, ProfileNotFound, BankAccountNotFound)
@blueprint.doc(parameters=HONOURED, requestBody=FORM)
@blueprint.response(201, FILE)
def upload() -> Response:
    """Take in a bank file. Its state says whether it was read, waits for the file between, or contradicts another.

    A large one is answered at once, as `received`: a job reads it, and `GET` shows how far it is.
    One that cannot be relied on is refused whole, with its lines and reasons, and kept as a rejected file. What a
    profile reads has no balances: it announces, and nothing is posted from it.
    """
    filename, take = brought()

    def act(connection: Connection) -> BankFile:
        return take(connection, filename=filename, by=caller().person)

    def readable(connection: Connection) -> BankFile:
        taken = act(connection)
        if taken.state != "received" and not taken.is_readable:
            raise _refused(taken)
        return taken

    try:
        return once(FILE, readable, status=201, location=lambda body: f"/v1/bank-files/{body['id']}")
    except FileNotReadable:  # The key keeps no trace of it; the file is kept all the same.
        with database().transaction() as connection:
            kept = act(connection)
        raise _refused(kept) from None


@blueprint.get("")
@requires(*READERS)
@blueprint.arguments(FilesQuery(), location="query")
@blueprint.response(200, page_of(BankFileView))
def list_files(asked: dict[str, Any]) -> Paged:
    """List the bank files, the newest first."""
    limit, after = asked["limit"], _cursor(asked)
    with database().statement() as connection:
        found = bank_files.list_files(connection, state=asked["state"], after=after, limit=limit + 1)
    return page(found, limit, LIST, lambda file: file.id)


@blueprint.get("/<file_id>")
@requires(*READERS)
@declines(BankFileNotFound)
@blueprint.response(200, FILE)
def get_file(file_id: str) -> BankFile:
    """Return a bank file with its refused lines."""
    with database().statement() as connection:
        return bank_files.get(connection, _id(file_id))


@blueprint.get("/<file_id>/lines")
@requires(*READERS)
@declines(BankFileNotFound)
@blueprint.arguments(LinesQuery(), location="query")
@blueprint.response(200, page_of(BankLineView))
def list_lines(asked: dict[str, Any], file_id: str) -> Paged:
    """List the lines that a released file brought, and what became of each."""
    limit, after = asked["limit"], _cursor(asked)
    with database().statement() as connection:
        file = bank_files.get(connection, _id(file_id))
        found = bank_files.list_lines(connection, file.id, state=asked["state"], after=after, limit=limit + 1)
    return page(found, limit, LINES, lambda line: line.row)


@blueprint.post("/<file_id>/release")
@requires("finance:check")
@declines(BankFileNotFound, BankFileNotReleasable, SamePerson)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(Nothing())
@blueprint.response(200, FILE)
def release(asked: dict[str, Any], file_id: str) -> Response:
    """Let a file's new lines be posted. Who uploaded it may not.

    A large file is answered at once and stays `read` until a job has let its lines take their places; `GET` tells when.
    """
    identity = _id(file_id)
    with database().statement() as connection:
        is_large = releasing.is_large(connection, identity)
        statements = {} if is_large else intake.read_for_release(connection, identity)
    if is_large:
        return once(FILE, lambda connection: releasing.ask(connection, identity, by=caller().person))
    return once(FILE, lambda connection: intake.release(connection, identity, statements, by=caller().person))


@blueprint.post("/<file_id>/reject")
@requires("finance:check")
@declines(BankFileNotFound, BankFileNotReleasable, SamePerson)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(RejectionRequest())
@blueprint.response(200, FILE)
def reject(asked: dict[str, Any], file_id: str) -> Response:
    """Put a file aside for good; nothing of it will be posted."""
    identity = _id(file_id)
    return once(
        FILE, lambda connection: intake.reject(connection, identity, by=caller().person, reason=asked["reason"])
    )


def _refused(file: BankFile) -> FileNotReadable:
    rejects = [{"line": each.row, "reason": each.reason, "text": each.text} for each in file.rejects]
    return FileNotReadable(reason=file.reason or "", rejects=rejects, file=file.id)


def _id(text: str) -> int:
    if not re.fullmatch(_NUMBER, text, re.ASCII):
        raise BankFileNotFound(file=text[:64])
    return int(text)


def _cursor(asked: dict[str, Any]) -> int | None:
    return int(asked["cursor"]) if asked["cursor"] else None
