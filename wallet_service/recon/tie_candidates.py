"""What a department's list is compared with: its new rows, rows that are open, and the payments that may be theirs.

Payments are found by ticket, by application and by the day on which the department was paid; nothing walks history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from wallet_service.identifiers import DebitId, ServiceCode
from wallet_service.money import Paise
from wallet_service.recon import tie_second_looks
from wallet_service.recon.lists import KeptList
from wallet_service.recon.tie_out import Found, OurId, Ours, RowId, Theirs

_AT_ONCE = 5_000
# What the version before was found to be counts no more, and is marked so when this one's results are written.
_CURRENT = "t.replaced_by IS NULL AND t.file IS DISTINCT FROM %(old)s::bigint"
_OURS = f"""
d.book, d.number, b.code, d.service, d.service_ticket_no, d.application_no, d.state::text,
CASE d.state WHEN 'captured' THEN d.captured_paise ELSE d.amount_paise END AS amount_paise,
d.captured_paise - d.refunded_paise AS net_paise,
coalesce((SELECT e.business_day FROM entries e WHERE e.book = d.book AND e.number = d.entry_number), d.business_day)
  AS day,
d.state = 'captured' AND d.refunded_paise = d.captured_paise AND NOT EXISTS (
  SELECT FROM refunds r WHERE r.book = d.book AND r.debit_number = d.number AND r.cause <> 'failed') AS is_given_back,
EXISTS (SELECT FROM tie_results t WHERE t.book = d.book AND t.number = d.number AND t.n IS NOT NULL
        AND {_CURRENT} AND NOT (t.found = 'paid-there' AND t.settled_at IS NULL)) AS is_tied
"""  # noqa: S608 (our own text)
_EXPECTED = f"""
SELECT {_OURS}
FROM services s JOIN entries p ON p.credit_account = s.account AND p.credit_account <> p.book AND p.kind = 'payment'
  AND p.business_day BETWEEN %(first)s AND %(last)s
JOIN debits d ON d.book = p.book AND d.number = p.source_number JOIN books b ON b.id = d.book
WHERE s.department = %(department)s AND coalesce(s.code = %(service)s, true)
  AND NOT EXISTS (SELECT FROM tie_results t WHERE t.book = d.book AND t.number = d.number AND {_CURRENT})
"""  # noqa: S608 (our own text)
_BY_TICKET = f"""
SELECT {_OURS}
FROM unnest(%(numbers)s::text[]) k (number) JOIN debits d ON d.service_ticket_no = k.number
JOIN books b ON b.id = d.book
WHERE d.department = %(department)s
"""  # noqa: S608 (our own text)
_BY_APPLICATION = f"""
SELECT {_OURS}
FROM unnest(%(numbers)s::text[]) k (number) JOIN debits d ON d.application_no = k.number
JOIN books b ON b.id = d.book
WHERE d.department = %(department)s
"""  # noqa: S608 (our own text)
_ROW = "r.file, r.n, r.service, r.ticket, r.application, r.receipt, r.amount_paise, r.day, r.is_paid"
_CONTENT = "{0}.service, {0}.amount_paise, {0}.day, {0}.is_paid, coalesce({0}.ticket, ''), coalesce({0}.receipt, '')"
_NEW_ROWS = f"""
SELECT DISTINCT ON (r.n) {_ROW}, o.book, o.number FROM department_rows r
LEFT JOIN (SELECT x.*, t.book, t.number FROM department_rows x JOIN tie_results t ON t.file = x.file AND t.n = x.n
           WHERE x.file = %(old)s) o
  ON ({_CONTENT.format("o")}) = ({_CONTENT.format("r")}) AND o.application IS NOT DISTINCT FROM r.application
WHERE r.file = %(file)s AND NOT EXISTS (SELECT FROM tie_results t WHERE t.file = r.file AND t.n = r.n)
ORDER BY r.n, o.n
"""  # noqa: S608 (our own text)
_OPEN = f"""
t.found NOT IN ('agreed', 'not-paid') AND t.settled_at IS NULL AND {_CURRENT} AND l.department = %(department)s
"""
_OPEN_ROWS = f"""
SELECT {_ROW}, t.book, t.number, t.id, t.found FROM tie_results t JOIN department_lists l ON l.file = t.file
JOIN department_rows r ON r.file = t.file AND r.n = t.n
WHERE {_OPEN} AND t.found IN ('theirs-only', 'paid-twice-there', 'paid-there')
"""  # noqa: S608 (our own text)
_OPEN_PAYMENTS = f"""
SELECT {_OURS}, t.id, t.found, t.n, r.service AS row_service, r.ticket, r.application, r.receipt,
  r.amount_paise AS row_paise, r.day AS row_day, r.is_paid, t.file
FROM tie_results t JOIN department_lists l ON l.file = t.file
JOIN debits d ON d.book = t.book AND d.number = t.number JOIN books b ON b.id = d.book
LEFT JOIN department_rows r ON r.file = t.file AND r.n = t.n
WHERE {_OPEN} AND t.found IN ('amount-differs', 'failed-there', 'ours-only', 'paid-twice-here')
ORDER BY t.id
"""  # noqa: S608 (our own text)
_CONTRADICTED = f"""
SELECT {_OURS}, t.id, t.found, t.rule, t.n, r.service AS row_service, r.ticket, r.application, r.receipt,
  r.amount_paise AS row_paise, r.day AS row_day, r.is_paid, t.file
FROM tie_results t JOIN department_rows r ON r.file = t.file AND r.n = t.n
JOIN debits d ON d.book = t.book AND d.number = t.number JOIN books b ON b.id = d.book
WHERE t.id = ANY (%(ids)s::bigint[]) AND {_CURRENT} ORDER BY t.id
"""  # noqa: S608 (our own text)


@dataclass(frozen=True, slots=True)
class Known:
    """A result: its id, what it was found to be, its row and its payment, if it has them, and by which rule."""

    id: int
    found: Found
    row: Theirs | None
    ours: OurId | None
    rule: str = ""


@dataclass(frozen=True)
class OpenRow:
    """A row that is open, and the result by which it is."""

    row: Theirs
    id: int
    found: Found
    ours: OurId | None


@dataclass(frozen=True)
class Payments:
    """The payments that may be those of some rows, by id; *codes* are the operators of their books."""

    known: dict[OurId, Ours]
    codes: dict[int, str]

    def id_of(self, ours: OurId) -> str:
        """Return a payment's id as callers know it."""
        return str(DebitId(self.codes[ours[0]], ours[1]))


def new_rows(connection: Connection, asked: KeptList) -> list[Theirs]:
    """Return the rows of a list that have no result yet, each with what it tied in the version before."""
    rows = connection.exec_driver_sql(_NEW_ROWS, {"file": asked.id, "old": asked.replaces})
    return [_theirs(row, (row.book, row.number) if row.number else None) for row in rows]


def open_rows(connection: Connection, asked: KeptList) -> dict[RowId, OpenRow]:
    """Return the rows of a list's department that still look for a payment."""
    found = {}
    for row in connection.exec_driver_sql(_OPEN_ROWS, {"department": asked.department, "old": asked.replaces}):
        ours = (row.book, row.number) if row.number else None
        found[row.file, row.n] = OpenRow(_theirs(row, None), row.id, Found(row.found), ours)
    return found


def open_payments(connection: Connection, asked: KeptList) -> Iterator[tuple[Known, Ours]]:
    """Yield the open results of a list's department that have a payment, each with the payment as it stands now."""
    for row in connection.exec_driver_sql(_OPEN_PAYMENTS, {"department": asked.department, "old": asked.replaces}):
        theirs = None if row.n is None else _their_row(row)
        yield Known(row.id, Found(row.found), theirs, (row.book, row.number)), _ours(row)


def contradicted(connection: Connection, asked: KeptList) -> Iterator[tuple[Known, Theirs, Ours]]:
    """Yield the results of a list's department that agreed and that our books contradict since, as both stand now."""
    ids = tie_second_looks.contradicted(connection, asked.department).get(asked.department, [])
    for row in connection.exec_driver_sql(_CONTRADICTED, {"ids": ids, "old": asked.replaces}) if ids else ():
        theirs = _their_row(row)
        yield Known(row.id, Found(row.found), theirs, (row.book, row.number), row.rule), theirs, _ours(row)


def payments(connection: Connection, asked: KeptList, rows: Iterable[Theirs]) -> Payments:
    """Return the payments that a list should have, and all that share a number with a row or with one of those."""
    found = Payments({}, {})
    of = {"department": asked.department, "old": asked.replaces}
    days = {"service": asked.service, "first": asked.first, "last": asked.last}
    for row in connection.exec_driver_sql(_EXPECTED, of | days):
        _add(found, row, is_expected=True)
    tickets, applications = set[str](), set[str]()
    for theirs in rows:
        tickets |= {theirs.ticket} if theirs.ticket else set()
        applications |= {each for each in (theirs.application, theirs.receipt) if each}
    for ours in found.known.values():
        tickets.add(ours.ticket)
        applications |= {ours.application} if ours.application else set()
    for query, numbers in ((_BY_TICKET, sorted(tickets)), (_BY_APPLICATION, sorted(applications))):
        for start in range(0, len(numbers), _AT_ONCE):
            for row in connection.exec_driver_sql(query, of | {"numbers": numbers[start : start + _AT_ONCE]}):
                _add(found, row, is_expected=False)
    return found


def _add(found: Payments, row: Any, *, is_expected: bool) -> None:
    if (row.book, row.number) not in found.known:
        found.known[row.book, row.number] = _ours(row, is_expected=is_expected)
        found.codes[row.book] = row.code


def _theirs(row: Any, before: OurId | None) -> Theirs:
    numbers = (row.ticket, row.application, row.receipt)
    service, amount = ServiceCode(row.service), Paise(row.amount_paise)
    return Theirs((row.file, row.n), service, *numbers, amount, row.day, row.is_paid, before)


def _their_row(row: Any) -> Theirs:
    """Return the row of a result that has a payment."""
    numbers, service = (row.ticket, row.application, row.receipt), ServiceCode(row.row_service)
    return Theirs((row.file, row.n), service, *numbers, Paise(row.row_paise), row.row_day, row.is_paid)


def _ours(row: Any, *, is_expected: bool = False) -> Ours:
    return Ours(
        id=(row.book, row.number),
        service=ServiceCode(row.service),
        ticket=row.service_ticket_no,
        application=row.application_no,
        amount=Paise(row.amount_paise),
        net=Paise(row.net_paise),
        day=row.day,
        state=row.state,
        is_given_back=row.is_given_back or False,
        is_tied=row.is_tied,
        is_expected=is_expected,
    )
