"""The differences between departments' lists and our books, as breaks: what our books have not explained since."""

from __future__ import annotations

TIES = """
SELECT t.found, CASE WHEN t.number IS NULL THEN 'list ' || t.file || ' line ' || t.row_number
  ELSE debit_id(b.code, t.number) END, t.since, t.amount_paise,
  b.code, 'List ' || t.file || ' of ' || t.department || ': ' || t.words
FROM open_ties t LEFT JOIN books b ON b.id = t.book
"""
"""What is open: the kind of break, what it is about, since when, how many paise, whose wallet, and why."""

OF_A_DEPARTMENT = """
SELECT since, count(*) AS differences, sum(amount_paise)::bigint AS paise
FROM open_ties WHERE department = %(department)s GROUP BY 1
"""
"""How many differences a department's lists have, since which day, and what they come to in paise."""
