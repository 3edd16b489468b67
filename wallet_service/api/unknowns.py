"""Debits whose department has not answered: marked by the portal, answered by portal or department."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import Connection

from wallet_service.api.authentication import DEPARTMENT, caller, requires
from wallet_service.api.debits import NOTHING, DebitView, parse_id
from wallet_service.api.fields import OneOf
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import DebitNotFound, FateKnown, NotUnknown
from wallet_service.payments import debits, unknowns
from wallet_service.payments.debits import Debit
from wallet_service.payments.unknowns import Answered, DepartmentAnswer

blueprint = Blueprint("unknowns", __name__, url_prefix="/v1/debits", description="Departments that have not answered")

DEBIT = DebitView()


class KnownRequest(Asked):
    """What the department says: `paid`, it has the payment; `not-paid`, it has not."""

    answer = OneOf(*DepartmentAnswer, required=True)


class KnownView(View):
    """What is kept as the department's answer. `not-paid`: the debit is then to be voided or refunded."""

    debit = fields.String()
    answer = OneOf(*DepartmentAnswer)


KNOWN = KnownView()


@blueprint.post("/<debit_id>/unknown")
@requires("debits:write")
@declines(DebitNotFound, FateKnown)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(NOTHING)
@blueprint.response(200, DEBIT)
def mark_unknown(asked: dict[str, Any], debit_id: str) -> Response:
    """Say that the department has not answered for a debit, held or captured. Nobody pays again: it is verified.

    It is open, and a break, until the department's answer is known and the debit stands as it says, or until the
    debit is voided or refunded whole. Marked already, it stays as it is.
    """
    identity, client = parse_id(debit_id), caller()

    def mark(connection: Connection) -> Debit:
        unknowns.mark(connection, identity, client_id=client.id, by=client.name)
        return debits.get(connection, identity, client_id=client.id)

    return once(DEBIT, mark)


@blueprint.post("/<debit_id>/known")
@requires("debits:write", DEPARTMENT)
@declines(DebitNotFound, NotUnknown)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(KnownRequest())
@blueprint.response(200, KNOWN)
def make_known(asked: dict[str, Any], debit_id: str) -> Response:
    """Say what the department answered for a debit that was unknown: of your own debits, or as that department."""
    identity, answer, client = parse_id(debit_id), DepartmentAnswer(asked["answer"]), caller()

    def keep(connection: Connection) -> Answered:
        if "debits:write" in client.scopes:
            return unknowns.answer_as_client(connection, identity, answer, client_id=client.id, by=client.name)
        own = client.departments
        return unknowns.answer_as_department(connection, identity, answer, departments=own, by=client.name)

    return once(KNOWN, keep)
