"""What a bank announces, for which operator a reference is: kept beside its lines. By itself it moves nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from wallet_service.identifiers import OperatorCode, strong_reference
from wallet_service.money import Paise
from wallet_service.recon.announced import Announcement
from wallet_service.recon.readers.profile import Row

_AT_ONCE = 5_000
_FOUND = """
SELECT DISTINCT a.reference, a.operator, a.amount_paise, a.day
FROM announcements a JOIN bank_files f ON f.id = a.file AND f.state = 'released'
WHERE a.reference = ANY (%s::text[]) ORDER BY a.reference, a.operator, a.amount_paise, a.day
"""
_NEW = """
SELECT count(*) FROM announcements a WHERE a.file = %s AND NOT EXISTS (
  SELECT FROM announcements b JOIN bank_files f ON f.id = b.file AND f.state = 'released'
  WHERE b.reference = a.reference AND b.amount_paise = a.amount_paise AND b.day = a.day
    AND b.operator IS NOT DISTINCT FROM a.operator)
"""


def keep(connection: Connection, file_id: int, rows: Sequence[Row]) -> int:
    """Keep the rows of a file, and return how many of them no released file has announced in the same words.

    They count once the file is released.
    """
    told = [
        (file_id, n, row.number, _reference(row), row.amount, row.day, row.operator) for n, row in enumerate(rows, 1)
    ]
    for first in range(0, len(told), _AT_ONCE):
        connection.exec_driver_sql(
            "INSERT INTO announcements (file, n, row_number, reference, amount_paise, day, operator)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            told[first : first + _AT_ONCE],
        )
    new: int = connection.exec_driver_sql(_NEW, (file_id,)).scalar_one()
    return new


def find(connection: Connection, references: Iterable[str]) -> Mapping[str, tuple[Announcement, ...]]:
    """Return what released files announce, each different telling once, by reference (`strong_reference` form)."""
    found: dict[str, list[Announcement]] = defaultdict(list)
    for row in connection.exec_driver_sql(_FOUND, (list(references),)):
        operator = None if row.operator is None else OperatorCode(row.operator)
        found[row.reference].append(Announcement(row.reference, operator, Paise(row.amount_paise), row.day))
    return {reference: tuple(told) for reference, told in found.items()}


def _reference(row: Row) -> str:
    """Return the form in which the bank's line will bear the row's reference; the reader has seen that it has one."""
    return strong_reference(str(row.values["reference"])) or ""
