"""What departments' lists answer of payments that were unknown: a row that ties one says whether it was paid."""

from __future__ import annotations

from wallet_service.database import Database
from wallet_service.identifiers import DebitId
from wallet_service.payments import unknowns
from wallet_service.payments.unknowns import DepartmentAnswer

# An amount that differs is no answer: a person asks. What is answered already in these words is answered, and what the
# department, or the portal, said after the list was released stands. Of lists, that whose row ties the payment counts;
# no client has a blank in its name.
_ANSWERED = """
SELECT b.code, u.number, t.file, x.answer
FROM unknown_payments u JOIN tie_results t ON t.book = u.book AND t.number = u.number
JOIN department_lists l ON l.file = t.file AND l.department = %s JOIN books b ON b.id = u.book
JOIN bank_files f ON f.id = t.file
CROSS JOIN LATERAL (SELECT CASE WHEN t.found IN ('agreed', 'paid-there') THEN 'paid'
                                WHEN t.found IN ('not-paid', 'failed-there') THEN 'not-paid' END AS answer) x
WHERE u.resolved_at IS NULL AND t.n IS NOT NULL AND t.replaced_by IS NULL AND x.answer IS NOT NULL
  AND u.answer IS DISTINCT FROM x.answer::department_answer
  AND (u.answered_at IS NULL OR f.decided_at > u.answered_at OR u.answered_by LIKE 'list %%')
ORDER BY u.book, u.number
"""


def answer_unknowns(database: Database, department: str) -> int:
    """Keep what a department's lists say of its unknown payments, each in a transaction of its own; return how many.

    Done again it changes nothing, and an answer that came after a list was released is not taken back by it. A debit
    that does not stand as the answer says stays a break until it does.
    """
    with database.statement() as connection:
        rows = connection.exec_driver_sql(_ANSWERED, (department,)).all()
    for row in rows:
        with database.transaction() as connection:
            unknowns.resolve(
                connection, DebitId(row.code, row.number), DepartmentAnswer(row.answer), by=f"list {row.file}"
            )
    return len(rows)
