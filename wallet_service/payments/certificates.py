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

from wallet_service.errors import CertificateOfAnotherService, CertificateRecorded, DebitNotFound
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

    The same again changes nothing.

    Raises:
        DebitNotFound: there is none, or it is neither.
        CertificateOfAnotherService: the number names another department or service than the debit's.
        CertificateRecorded: the debit has another number, or the number is another debit's.
    """
    found = connection.exec_driver_sql(
        _DEBIT, {"code": debit.book, "number": debit.number, "client": client_id, "departments": _listed(departments)}
    ).one_or_none()
    if found is None:
        raise DebitNotFound(debit=str(debit))
    if (number.department, number.service) != (found.department, found.service):
        raise CertificateOfAnotherService(
            debit=str(debit), certificate_no=str(number), department=found.department, service=found.service
        )
    place = {"book": found.book, "number": debit.number, "certificate": str(number)}
    added = connection.exec_driver_sql(_ADD, {**place, "by": by}).rowcount
    kept = connection.exec_driver_sql(_KEPT, place).one_or_none()
    if kept is None:
        raise CertificateRecorded(debit=str(debit), certificate_no=str(number))
    if added:
        facts = {"certificate_no": str(number)}
        audit.record(connection, by=by, act="note-certificate", subject=str(debit), facts=facts)
    return Certificate(str(debit), kept.certificate_no, kept.noted_at)


def _listed(departments: Collection[str] | None) -> list[str] | None:
    return None if departments is None else sorted(departments)


_DEBIT = """
SELECT d.book, d.department, d.service FROM books b JOIN debits d ON d.book = b.id
WHERE b.code = %(code)s AND d.number = %(number)s AND coalesce(d.client = %(client)s, true)
  AND coalesce(d.department = ANY (%(departments)s::text[]), true)
"""
# Whatever it collides with, the look-up behind it tells whether this very number is kept with this very debit.
_ADD = """
INSERT INTO certificates (book, number, certificate_no, noted_by)
VALUES (%(book)s, %(number)s, %(certificate)s, %(by)s) ON CONFLICT DO NOTHING
"""
_KEPT = """
SELECT certificate_no, noted_at FROM certificates
WHERE book = %(book)s AND number = %(number)s AND certificate_no = %(certificate)s
"""
