"""The open items of a day, by value date: what is open now, and what was closed after the day.

So a day's items cost what is open and what happened since; history before the day is not read. An entry counts for no
later day than its business day, so whatever counts for a later day than this one was posted in a later one.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection

# An advice is open by the day when just one of the two is counted by then: the credit, and the bank's line of it. Lines
# that are parts of an advice are counted together, when the last of them is seen; until then they lie in suspense.
_TRANSIT = """
WITH transit AS (SELECT id FROM accounts WHERE code = 'transit:top-ups'),
looked_at AS (
  SELECT book, number FROM credits WHERE state = 'credited'
  UNION SELECT book, number FROM credits WHERE withdrawn_on > %(day)s
  UNION SELECT e.book, e.source_number FROM entries e
    WHERE e.debit_account = (SELECT id FROM transit) AND e.debit_account <> e.book AND e.business_day > %(day)s
      AND e.kind = 'top-up'
  UNION SELECT c.book, c.number FROM entries e JOIN credits c ON c.line = e.source_number
    WHERE e.credit_account = (SELECT id FROM transit) AND e.credit_account <> e.book AND e.business_day > %(day)s
      AND e.kind = 'top-up-seen'
  UNION SELECT q.book, q.number FROM entries e
    JOIN credit_parts q ON q.entry_book = e.book AND q.entry_number = e.number
    WHERE e.credit_account = (SELECT id FROM transit) AND e.credit_account <> e.book AND e.business_day > %(day)s
      AND e.kind = 'suspense-cleared')
SELECT 'transit:top-ups' AS account, credit_id(b.code, c.number) AS item, c.bank_reference AS reference,
  c.booked_on AS since, CASE WHEN t.value_date <= %(day)s THEN c.amount_paise ELSE -c.amount_paise END AS paise,
  CASE WHEN t.value_date <= %(day)s THEN 'credited, not seen at the bank by this day'
       ELSE 'seen at the bank by this day, credited later' END AS words
FROM looked_at x JOIN credits c ON c.book = x.book AND c.number = x.number JOIN books b ON b.id = c.book
JOIN entries t ON t.book = c.book AND t.number = c.entry_number AND t.kind = 'top-up'
LEFT JOIN bank_line_postings p ON p.line = c.line
LEFT JOIN credit_parts q ON q.line = c.line AND q.book = c.book AND q.number = c.number
LEFT JOIN entries s ON s.book = coalesce(q.entry_book, p.book) AND s.number = coalesce(q.entry_number, p.entry_number)
  AND s.kind IN ('top-up-seen', 'suspense-cleared')
WHERE (t.value_date <= %(day)s) <> coalesce(coalesce(s.value_date, c.withdrawn_on) <= %(day)s, false)
ORDER BY c.booked_on, b.code, c.number
"""
_SUSPENSE = """
WITH looked_at AS (
  SELECT line FROM suspense_items WHERE cleared_paise < amount_paise
  UNION SELECT c.line FROM accounts a JOIN entries e ON e.debit_account = a.id AND e.debit_account <> e.book
    JOIN suspense_clearings c ON c.book = e.book AND c.entry_number = e.number
    WHERE a.kind IN ('suspense', 'differences') AND e.business_day > %(day)s
  UNION SELECT c.line FROM accounts a JOIN entries e ON e.credit_account = a.id AND e.credit_account <> e.book
    JOIN suspense_clearings c ON c.book = e.book AND c.entry_number = e.number
    WHERE a.kind IN ('suspense', 'differences') AND e.business_day > %(day)s)
SELECT a.code AS account, 'bank line ' || l.id AS item, replace(l.description, E'\\n', ' ') AS reference,
  l.booked_on AS since,
  i.amount_paise - coalesce((SELECT sum(c.amount_paise) FROM suspense_clearings c
    JOIN entries e ON e.book = c.book AND e.number = c.entry_number
    WHERE c.line = i.line AND e.value_date <= %(day)s), 0)::bigint AS paise,
  i.reason AS words
FROM looked_at x JOIN suspense_items i ON i.line = x.line JOIN bank_lines l ON l.id = i.line
JOIN accounts a ON a.id = i.account
WHERE l.booked_on <= %(day)s ORDER BY l.booked_on, l.id
"""
# What was written to the differences lessens them until it is explained or written off.
_SURPLUS = """
SELECT 'suspense:differences' AS account, 'surplus ' || s.id AS item, replace(l.description, E'\\n', ' ') AS reference,
  l.booked_on AS since,
  coalesce((SELECT sum(c.amount_paise) FROM surplus_clearings c
    JOIN entries e ON e.book = c.book AND e.number = c.entry_number
    WHERE c.surplus = s.id AND e.value_date <= %(day)s), 0)::bigint - s.amount_paise AS paise,
  s.reason AS words
FROM surpluses s JOIN bank_lines l ON l.id = s.line JOIN entries o ON o.book = 0 AND o.number = s.entry_number
WHERE o.value_date <= %(day)s ORDER BY s.id
"""
# What an operator owes is one open item: what is open of it now, less what counts for later days.
_RECEIVABLE = """
WITH owed AS (
  SELECT a.id, sum(r.amount_paise - r.recovered_paise) AS paise,
    min((r.opened_at AT TIME ZONE 'Asia/Kolkata')::date) AS since
  FROM receivables r JOIN books b ON b.id = r.book JOIN accounts a ON a.code = 'receivable:' || b.code
  WHERE r.recovered_paise < r.amount_paise GROUP BY a.id
  UNION ALL
  SELECT a.id, -e.amount_paise, NULL FROM accounts a
  JOIN entries e ON e.debit_account = a.id AND e.debit_account <> e.book
  WHERE a.kind = 'receivable' AND e.business_day > %(day)s AND e.value_date > %(day)s
  UNION ALL
  SELECT a.id, e.amount_paise, NULL FROM accounts a
  JOIN entries e ON e.credit_account = a.id AND e.credit_account <> e.book
  WHERE a.kind = 'receivable' AND e.business_day > %(day)s AND e.value_date > %(day)s)
SELECT a.code AS account, 'operator ' || split_part(a.code, ':', 2) AS item, NULL AS reference,
  coalesce(CASE WHEN min(o.since) <= %(day)s THEN min(o.since) END,
    (SELECT e.value_date FROM entries e WHERE e.debit_account = a.id AND e.debit_account <> e.book
     ORDER BY e.business_day LIMIT 1)) AS since,
  sum(o.paise)::bigint AS paise, 'owed after a return or correction, repaid by the next top-up' AS words
FROM owed o JOIN accounts a ON a.id = o.id GROUP BY a.id ORDER BY a.code
"""


def open_items(connection: Connection, day: date) -> dict[str, list[Any]]:
    """Return the open items of a day by account, as rows: item, reference, since, paise, words."""
    found: dict[str, list[Any]] = {}
    for query in (_TRANSIT, _SUSPENSE, _SURPLUS, _RECEIVABLE):
        for row in connection.exec_driver_sql(query, {"day": day}):
            if row.paise:
                found.setdefault(row.account, []).append(row)
    return found
