"""Work that is stuck: what should be done by now and is not, and another try at it."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import Connection

from wallet_service.api.authentication import FINANCE, caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Instant, OneOf
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import JobNotFailed, JobNotFound
from wallet_service.recon import unfinished
from wallet_service.recon.unfinished import STUCK, State, Unfinished

blueprint = Blueprint("jobs", __name__, url_prefix="/v1/jobs", description="Work that is stuck")

LIST = "jobs"


class JobView(View):
    """Work that is stuck: what is to be done to what, since when, why it is not done, and what to do next.

    `given-up`: it was tried until that was of no use. `late`: it should be done by now. `waiting`: it is tried again.
    """

    id = fields.String()
    kind = OneOf("job", "bank-file", "night")
    job = fields.String()
    subject = fields.String()
    state = OneOf(*State)
    since = Instant()
    tries = fields.Integer()
    words = fields.String()
    next_step = fields.String()


class JobsQuery(PageQuery):
    """Which of them."""

    state = OneOf(*STUCK, load_default=None)
    cursor = Cursor(LIST, rf"[0-9]{{10,17}}/{unfinished.PATTERN}", load_default=None)


JOB = JobView()


@blueprint.get("")
@requires("reports:read", *FINANCE)
@blueprint.arguments(JobsQuery(), location="query")
@blueprint.response(200, page_of(JobView))
def find(asked: dict[str, Any]) -> Paged:
    """List what is stuck, the oldest first: jobs given up or late, bank files left alone, nights without an end."""
    limit = asked["limit"]
    after = unfinished.behind(asked["cursor"]) if asked["cursor"] else None
    with database().statement() as connection:
        found = unfinished.list_unfinished(connection, state=asked["state"], after=after, limit=limit + 1)
    return page(found, limit, LIST, unfinished.place)


@blueprint.post("/<job_id>/retry")
@requires("finance:make")
@declines(JobNotFound, JobNotFailed)
@blueprint.doc(parameters=HONOURED)
@blueprint.response(202, JOB)
def retry(job_id: str) -> Response:
    """Have stuck work tried again. It was ordered before by whoever may, and what was done of it is not done twice."""
    person = caller().person

    def act(connection: Connection) -> Unfinished:
        return unfinished.try_again(connection, job_id, by=person)

    return once(JOB, act, status=202, location=lambda body: "/v1/jobs")
