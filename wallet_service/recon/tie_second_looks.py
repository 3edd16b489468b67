"""Results on which both sides agreed, and that our own books contradict since: they are judged again.

A refund is looked for from the day before a department's newest comparison on, which judged whatever was before; of
what was found unpaid there is little, and it is looked at whole.
"""

from __future__ import annotations

from sqlalchemy import Connection

_SINCE = """
SELECT department, (max(tied_at) AT TIME ZONE 'Asia/Kolkata')::date - 1 AS day FROM department_lists
WHERE tied_at IS NOT NULL AND coalesce(department = %s, true) GROUP BY department ORDER BY department
"""
_GIVEN_BACK = """
SELECT DISTINCT r.book, r.debit_number AS number FROM services s
JOIN entries e ON e.debit_account = s.account AND e.debit_account <> e.book AND e.kind = 'refund'
  AND e.business_day >= %s
JOIN refunds r ON r.book = e.book AND r.entry_number = e.number AND r.cause = 'failed'
WHERE s.department = %s
"""
_AGREED = """
SELECT t.id FROM unnest(%s::int[], %s::int[]) k (book, number)
JOIN debits d ON d.book = k.book AND d.number = k.number
JOIN tie_results t ON t.book = k.book AND t.number = k.number AND t.n IS NOT NULL
WHERE t.found = 'agreed' AND t.replaced_by IS NULL AND d.state = 'captured' AND d.refunded_paise = d.captured_paise
  AND NOT EXISTS (SELECT FROM refunds o WHERE o.book = k.book AND o.debit_number = k.number AND o.cause <> 'failed')
"""
_NOT_PAID = """
SELECT t.id FROM (SELECT id, file, book, number FROM tie_results
  WHERE found = 'not-paid' AND n IS NOT NULL AND number IS NOT NULL AND replaced_by IS NULL) t
JOIN department_lists l ON l.file = t.file JOIN debits d ON d.book = t.book AND d.number = t.number
WHERE l.department = %s AND d.state = 'captured' AND d.captured_paise > d.refunded_paise
"""


def contradicted(connection: Connection, department: str | None = None) -> dict[str, list[int]]:
    """Return the ids of such results by department, of one or of all: given back as failed, or captured after all."""
    found = {}
    for of, since in connection.exec_driver_sql(_SINCE, (department,)).all():
        back = connection.exec_driver_sql(_GIVEN_BACK, (since, of)).all()
        payments = ([row.book for row in back], [row.number for row in back])
        ids = list(connection.exec_driver_sql(_AGREED, payments).scalars()) if back else []
        ids += connection.exec_driver_sql(_NOT_PAID, (of,)).scalars()
        if ids:
            found[of] = ids
    return found
