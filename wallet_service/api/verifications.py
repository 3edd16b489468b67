"""Verification of payment: was it paid, when, how much, and what is not known of it here."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from wallet_service.api.authentication import DEPARTMENT, requires
from wallet_service.api.connections import database
from wallet_service.api.departments import AUDITOR, DepartmentPaymentView, own_departments
from wallet_service.api.fields import Amount, Code, number_of_theirs
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.errors import InvalidRequest
from wallet_service.payments import certificates
from wallet_service.payments.verifications import Verification, verify

blueprint = Blueprint("verifications", __name__, url_prefix="/v1/verifications", description="Was it paid")

_ONE_OF = ("application_no", "service_ticket_no", "certificate_no")


class VerificationView(View):
    """Whether it is paid, and the amount, less rebates and refunds. `not_known` is what these books do not tell.

    The first 50 payments are told, those that pay it before the others. What is absent and what is another
    department's are answered alike.
    """

    paid = fields.Boolean()
    amount = Amount()
    words = fields.String()
    not_known = fields.String()
    payments = fields.List(fields.Nested(DepartmentPaymentView()))


class VerificationQuery(Asked):
    """By which number: one of the three."""

    application_no = number_of_theirs()
    service_ticket_no = number_of_theirs()
    certificate_no = Code(certificates.PATTERN, "Three letters, three digits, a year and six digits.")


@blueprint.get("")
@requires(DEPARTMENT, AUDITOR)
@blueprint.arguments(VerificationQuery(), location="query")
@blueprint.response(200, VerificationView())
def verification(asked: dict[str, Any]) -> Verification:
    """Say whether an application, a ticket or what a certificate was issued for is paid: of your department alone."""
    if len(asked) != 1:
        raise InvalidRequest({"query": [f"Give one of: {', '.join(_ONE_OF)}."]})
    with database().statement() as connection:
        return verify(connection, departments=own_departments(), **asked)
