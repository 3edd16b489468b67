"""The advices of settlement that the lines of a batch may pay, read under its locks."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from wallet_service.identifiers import DepartmentCode
from wallet_service.money import Paise
from wallet_service.recon.candidates import PayoutCandidate

_FIND = """
SELECT id, number, department, amount_paise, utr, strong_utr,
  CASE WHEN returned IS NOT NULL THEN 'returned' WHEN line IS NOT NULL THEN 'paid'
    WHEN called_off IS NOT NULL THEN 'called off' ELSE 'advised' END AS state
FROM settlement_advices WHERE number = ANY (%(numbers)s) OR strong_utr = ANY (%(numbers)s)
"""


def find(connection: Connection, numbers: Collection[str]) -> dict[int, PayoutCandidate]:
    """Return the advices that have one of these as their number, or as the reference of their payout, by their ids."""
    if not numbers:
        return {}
    rows = connection.exec_driver_sql(_FIND, {"numbers": sorted(numbers)})
    return {
        row.id: PayoutCandidate(
            number=row.number,
            department=DepartmentCode(row.department),
            amount=Paise(row.amount_paise),
            state=row.state,
            utr=row.utr,
            strong_utr=row.strong_utr,
        )
        for row in rows
    }
