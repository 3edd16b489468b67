"""Exports: a report over some days as a file, asked for with its purpose and streamed from the books."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import Connection

from wallet_service.api.authentication import caller, requires
from wallet_service.api.connections import database, databases
from wallet_service.api.fields import Day, Instant, OneOf, Text, department, masked, operator
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import DayInFuture, ExportNotFound, ServiceNotFound, WalletNotFound
from wallet_service.ledger.entries import EntryKind
from wallet_service.reports import exports
from wallet_service.reports.exports import FORMATS, REPORTS, Export, File, Filters
from wallet_service.reports.streaming import stream

blueprint = Blueprint("exports", __name__, url_prefix="/v1/exports", description="Reports as files")

CSV = "text/csv"
_FILE = {"description": "The file", "content": {CSV: {"schema": {"type": "string"}}}}
_NUMBER = r"[1-9][0-9]{0,17}"


class Purpose(Text):
    """To what purpose data leave. Numbers by which a person could be known are masked before anything keeps them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(200, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return masked(super()._deserialize(value, attr, data, **kwargs))


class ExportFilters(Asked):
    """What narrows an export."""

    wallet = operator()
    department = department()
    kind = OneOf(*EntryKind)


class ExportRequest(Asked):
    """Which report over which business days, both included and at most 367; and why."""

    report = OneOf(*REPORTS, required=True)
    first = Day(data_key="from", required=True)
    last = Day(data_key="to", required=True)
    format = OneOf(*FORMATS, required=True)
    filters = fields.Nested(ExportFilters(), load_default=dict)
    purpose = Purpose(required=True)


class FileView(View):
    """The file as it was sent whole for the first time; `rows` do not count the header."""

    rows = fields.Integer()
    bytes = fields.Integer()
    sha256 = fields.String()


class ChosenFiltersView(View):
    """What narrows an export; null narrows nothing."""

    wallet = fields.String(allow_none=True)
    department = fields.String(allow_none=True)
    kind = fields.String(allow_none=True)


class ExportView(View):
    """An export. Of days after `closed_to` it holds what was posted by `made_at`; every fetch gives the same bytes."""

    id = fields.Integer()
    state = OneOf("ready")
    report = OneOf(*REPORTS)
    first = Day(data_key="from")
    last = Day(data_key="to")
    format = OneOf(*FORMATS)
    filters = fields.Nested(ChosenFiltersView())
    purpose = fields.String()
    made_by = fields.String()
    made_at = Instant()
    closed_to = Day(allow_none=True)
    filename = fields.String()
    file = fields.Nested(FileView(), allow_none=True)


EXPORT = ExportView()


@blueprint.post("")
@requires("reports:read")
@declines(DayInFuture, WalletNotFound, ServiceNotFound)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(ExportRequest())
@blueprint.response(202, EXPORT)
def request_export(asked: dict[str, Any]) -> Response:
    """Ask for a report as a file. It is ready at once, and its purpose is kept."""
    client = caller()

    def act(connection: Connection) -> Export:
        return exports.request(
            connection,
            report=asked["report"],
            first=asked["first"],
            last=asked["last"],
            format_=asked["format"],
            filters=Filters(**asked["filters"]),
            purpose=asked["purpose"],
            by=client.person,
            client_id=client.id,
        )

    return once(EXPORT, act, status=202, location=lambda body: f"/v1/exports/{body['id']}")


@blueprint.get("/<export_id>")
@requires("reports:read")
@declines(ExportNotFound)
@blueprint.response(200, EXPORT)
def get_export(export_id: str) -> Export:
    """Return one of your exports."""
    with database().statement() as connection:
        return exports.get(connection, _id(export_id), client_id=caller().id)


@blueprint.get("/<export_id>/file")
@requires("reports:read")
@declines(ExportNotFound)
@blueprint.doc(responses={"200": _FILE})
def get_file(export_id: str) -> Response:
    """Return the file of one of your exports, streamed; the first line names the columns."""
    books, client = database(), caller()
    with books.statement() as connection:
        export = exports.get(connection, _id(export_id), client_id=client.id)

    def sent(file: File) -> None:
        with books.transaction() as connection:
            exports.record_file(connection, export, file)

    file = stream(databases().settings.database_url, export, sent)
    with books.transaction() as connection:
        exports.record_fetch(connection, export, by=client.person)
    headers = {"Content-Disposition": f'attachment; filename="{export.filename}"'}
    return Response(file, headers=headers, content_type=f"{CSV}; charset=utf-8")


def _id(text: str) -> int:
    if not re.fullmatch(_NUMBER, text, re.ASCII):
        raise ExportNotFound(export=text[:64])
    return int(text)
