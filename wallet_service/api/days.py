"""Business days: what each is like and what its night did; a checker has one closed."""

from __future__ import annotations

from datetime import date

from flask import Response
from marshmallow import ValidationError, fields
from sqlalchemy import Connection

from wallet_service.api.authentication import FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, Instant, OneOf
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.parsing import Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import DayClosed, DayInFuture, DayNotFound, EarlierDayOpen
from wallet_service.ledger import audit, days, outbox
from wallet_service.recon import bank_files, business_day
from wallet_service.recon.business_day import STATES, BusinessDay
from wallet_service.recon.night import CLOSE_JOB
from wallet_service.recon.night_steps import Step

blueprint = Blueprint("days", __name__, url_prefix="/v1/days", description="Business days and their nights")

_DAY = Day()


class FigureView(View):
    """What was counted; `amount` and the average `age_days` where there are such."""

    what = fields.String()
    count = fields.Integer()
    amount = Amount(attribute="paise", allow_none=True)
    age_days = fields.Integer(allow_none=True)


class StepView(View):
    """A step of the night. Without `ended_at` it is at work or was cut off, or `failure` says why it could not end."""

    step = OneOf(*Step)
    words = fields.String()
    began_at = Instant()
    ended_at = Instant(allow_none=True)
    by = fields.String()
    figures = fields.List(fields.Nested(FigureView()))
    failure = fields.String(allow_none=True)


class LawView(View):
    """What the last test of a law found before the day closed, with the first rows at fault."""

    law = fields.Integer()
    sentence = fields.String()
    holds = fields.Boolean()
    faults = fields.Integer()
    rows = fields.List(fields.String())


class DayFileView(View):
    """A bank file that tells of the day, or came on it."""

    id = fields.Integer()
    state = OneOf(*bank_files.STATES)
    bank_account = fields.String(allow_none=True)
    filename = fields.String()
    period_first = Day(allow_none=True)
    period_last = Day(allow_none=True)
    new_lines = fields.Integer()
    posted_lines = fields.Integer()
    reason = fields.String(allow_none=True)


class StatementMadeView(View):
    """A version of the day's reconciliation statement, which `/v1/reconciliations/{day}?version=` gives."""

    version = fields.Integer()
    state = OneOf("provisional", "final")
    agrees = fields.Boolean()
    made_by = fields.String()
    made_at = Instant()


class BusinessDayView(View):
    """A business day. `closing` means that its night has begun, or that a checker asked for it to be closed.

    `late_entries` count much earlier than they were posted; `/v1/reports/late-entries?day=` lists them.
    """

    day = Day()
    state = OneOf(*STATES)
    financial_year = fields.String()
    is_bank_day = fields.Boolean()
    began_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)
    steps = fields.List(fields.Nested(StepView()))
    totals = fields.List(fields.Nested(FigureView()))
    of_earlier_years = fields.Nested(FigureView())
    late_entries = fields.Nested(FigureView())
    laws = fields.List(fields.Nested(LawView()))
    files = fields.List(fields.Nested(DayFileView()))
    statements = fields.List(fields.Nested(StatementMadeView()))


BUSINESS_DAY = BusinessDayView()


@blueprint.get("/<day>")
@requires("reports:read", *FINANCE)
@declines(DayNotFound)
@blueprint.response(200, BUSINESS_DAY)
def get_day(day: str) -> BusinessDay:
    """Return a business day: its state, what its night did and found, totals by kind, bank files and statements."""
    asked = _day(day)
    with database().snapshot() as connection:
        return business_day.view(connection, asked)


@blueprint.post("/<day>/close")
@requires("finance:check")
@declines(DayNotFound, DayInFuture, DayClosed, EarlierDayOpen)
@blueprint.doc(parameters=HONOURED)
@blueprint.response(202, BUSINESS_DAY)
def close_day(day: str) -> Response:
    """Have a business day closed, today early too. A worker does its night; the day tells how far it is."""
    asked, person = _day(day), caller().person

    def act(connection: Connection) -> BusinessDay:
        days.begin(connection, asked, by=person)
        outbox.enqueue_unless_open(connection, CLOSE_JOB, asked.isoformat())
        audit.record(connection, by=person, act="ask-to-close-day", subject=asked.isoformat())
        return business_day.view(connection, asked)

    return once(BUSINESS_DAY, act, status=202, location=lambda body: f"/v1/days/{body['day']}")


def _day(text: str) -> date:
    try:
        found: date = _DAY.deserialize(text)
    except ValidationError:
        raise DayNotFound(day=text[:64]) from None
    return found
