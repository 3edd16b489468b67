"""Certificate numbers: what a department issued for a payment, kept with it as a reference.

Source: domain facts S20: department code, service code, year and serial, sixteen characters in all.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import Connection

from wallet_service.errors import CertificateOfAnotherService, CertificateRecorded, DebitNotCaptured, DebitNotFound
from wallet_service.identifiers import DebitId
from wallet_service.ledger import audit

PATTERN = r"^[A-Z]{3}[0-9]{3}20[0-9]{2}[0-9]{6}$"
_PARTS = re.compile(r"([A-Z]{3})([0-9]{3})(20[0-9]{2})([0-9]{6})", re.ASCII)


@dataclass(frozen=True)
class CertificateNo:
    """A certificate's number, ``AMD0152022000001``: whose it is, of which year, and which of that year."""

    department: str
    service: str
    year: int
    serial: int

    def __str__(self) -> str:
        return f"{self.department}{self.service}{self.year:04d}{self.serial:06d}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number that *text* spells.

        Raises:
            ValueError: it is not of that form.
        """
        found = _PARTS.fullmatch(text)
        if found is None:
            raise ValueError("not a certificate number such as AMD0152022000001")
        return cls(found[1], found[2], int(found[3]), int(found[4]))


@dataclass(frozen=True)
class Certificate:
    """A certificate's number as it is kept with its debit."""

    debit: str
    certificate_no: str
    noted_at: datetime


def note(
    connection: Connection,
    debit: DebitId,
    number: CertificateNo,
    *,
    client_id: int | None = None,
    departments: Collection[str] | None = None,
    by: str,
) -> Certificate:
    """Keep a certificate's number with a debit of a client's own, or one that pays one of *departments*.

    The same again changes nothing. A department may put another number in place of the one that is there, whoever noted
    it: the latest counts, and both are kept.

    Raises:
        DebitNotFound: there is none, or it is neither.
        DebitNotCaptured: it is a hold, or one that was voided or lapsed.
        CertificateOfAnotherService: the number names another department or service than the debit's.
        CertificateRecorded: the number is another debit's, or the debit has another and *departments* are not named.
    """
    found = connection.exec_driver_sql(
        _DEBIT, {"code": debit.book, "number": debit.number, "client": client_id, "departments": _listed(departments)}
    ).one_or_none()
    if found is None:
        raise DebitNotFound(debit=str(debit))
    if found.state != "captured":
        raise DebitNotCaptured(debit=str(debit), state=found.state)
    if (number.department, number.service) != (found.department, found.service):
        raise CertificateOfAnotherService(
            debit=str(debit), certificate_no=str(number), department=found.department, service=found.service
        )
    place = {"book": found.book, "number": debit.number, "certificate": str(number)}
    connection.exec_driver_sql(_LOCK, {"service": f"{number.department}{number.service}"})
    before = connection.exec_driver_sql(_KEPT, place).one_or_none()
    if before is not None and before.certificate_no == str(number):
        return Certificate(str(debit), before.certificate_no, before.noted_at)
    is_taken = connection.exec_driver_sql(OF_CERTIFICATE, place).rowcount > 0
    if is_taken or (before is not None and departments is None):
        raise CertificateRecorded(debit=str(debit), certificate_no=str(number))
    kept = connection.exec_driver_sql(_ADD, {**place, "by": by}).one()
    facts = {"certificate_no": str(number)} | ({} if before is None else {"instead_of": before.certificate_no})
    audit.record(connection, by=by, act="note-certificate", subject=str(debit), facts=facts)
    return Certificate(str(debit), kept.certificate_no, kept.noted_at)


def _listed(departments: Collection[str] | None) -> list[str] | None:
    return None if departments is None else sorted(departments)


OF_CERTIFICATE = """
SELECT c.book, c.number FROM certificates c WHERE c.certificate_no = %(certificate)s
  AND NOT EXISTS (SELECT FROM certificates n WHERE n.book = c.book AND n.number = c.number AND n.id > c.id)
"""
"""Finds the debit, by its book's id and its number, that has a certificate's number now: one or none."""

_DEBIT = """
SELECT d.book, d.department, d.service, d.state::text AS state FROM books b JOIN debits d ON d.book = b.id
WHERE b.code = %(code)s AND d.number = %(number)s AND coalesce(d.client = %(client)s, true)
  AND coalesce(d.department = ANY (%(departments)s::text[]), true)
"""
# A debit and its number are of one service: who notes one of that service is alone until all is kept.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('certificates'), hashtext(%(service)s))"
_KEPT = """
SELECT certificate_no, noted_at FROM certificates WHERE book = %(book)s AND number = %(number)s
ORDER BY id DESC LIMIT 1
"""
_ADD = """
INSERT INTO certificates (book, number, certificate_no, noted_by)
VALUES (%(book)s, %(number)s, %(certificate)s, %(by)s) RETURNING certificate_no, noted_at
"""
