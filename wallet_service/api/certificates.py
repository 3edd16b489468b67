"""Certificate numbers, kept with the payments for which they were issued."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from wallet_service.api.authentication import DEPARTMENT, caller, requires
from wallet_service.api.debits import parse_id
from wallet_service.api.fields import Code, Instant
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import CertificateOfAnotherService, CertificateRecorded, DebitNotCaptured, DebitNotFound
from wallet_service.payments import certificates
from wallet_service.payments.certificates import CertificateNo

blueprint = Blueprint("certificates", __name__, url_prefix="/v1/debits", description="Certificates of what was paid")


class CertificateRequest(Asked):
    """The certificate's number: department and service, as the debit has them, year and serial."""

    certificate_no = Code(
        certificates.PATTERN, "Three letters, three digits, a year and six digits: AMD0152022000001.", required=True
    )


class CertificateView(View):
    """A certificate's number and its debit."""

    debit = fields.String()
    certificate_no = fields.String()
    noted_at = Instant()


CERTIFICATE = CertificateView()


@blueprint.post("/<debit_id>/certificate")
@requires("debits:write", DEPARTMENT)
@declines(DebitNotFound, CertificateRecorded, DebitNotCaptured, CertificateOfAnotherService)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(CertificateRequest())
@blueprint.response(200, CERTIFICATE)
def note(asked: dict[str, Any], debit_id: str) -> Response:
    """Keep the number of the certificate that was issued for a payment: of your own debits, or as that department.

    A department that sends another number than was noted puts that right: the latest counts.
    """
    identity, number, client = parse_id(debit_id), CertificateNo.parse(asked["certificate_no"]), caller()
    own: dict[str, Any] = (
        {"client_id": client.id} if "debits:write" in client.scopes else {"departments": client.departments}
    )
    return once(CERTIFICATE, lambda connection: certificates.note(connection, identity, number, **own, by=client.name))
