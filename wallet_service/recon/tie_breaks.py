"""The differences between departments' lists and our books, as breaks: what our books have not explained since."""

from __future__ import annotations

_SINCE = "coalesce(r.day, t.our_day)"
_PAISE = """CASE t.found WHEN 'amount-differs' THEN abs(d.captured_paise - d.refunded_paise - r.amount_paise)
    WHEN 'theirs-only' THEN r.amount_paise WHEN 'paid-twice-there' THEN r.amount_paise
    WHEN 'paid-there' THEN r.amount_paise ELSE d.captured_paise - d.refunded_paise END"""
_OPEN = """FROM tie_results t JOIN department_lists l ON l.file = t.file
LEFT JOIN department_rows r ON r.file = t.file AND r.n = t.n
LEFT JOIN debits d ON d.book = t.book AND d.number = t.number LEFT JOIN books b ON b.id = t.book
WHERE t.found NOT IN ('agreed', 'not-paid') AND t.settled_at IS NULL AND t.replaced_by IS NULL
  AND CASE WHEN d.number IS NULL THEN true
    WHEN t.found = 'paid-there' THEN d.captured_paise <> r.amount_paise OR EXISTS (
      SELECT FROM refunds f WHERE f.book = d.book AND f.debit_number = d.number)
    WHEN t.found = 'amount-differs' THEN d.captured_paise - d.refunded_paise <> r.amount_paise
    ELSE d.captured_paise > d.refunded_paise END"""
TIES = f"""
SELECT t.found, CASE WHEN t.number IS NULL THEN 'list ' || t.file || ' line ' || r.row_number
  ELSE debit_id(b.code, t.number) END, {_SINCE}, {_PAISE},
  b.code, 'List ' || t.file || ' of ' || l.department || ': ' || t.words
{_OPEN}
"""
"""What is open: the kind of break, what it is about, since when, how many paise, whose wallet, and why."""

OF_A_DEPARTMENT = f"""
SELECT {_SINCE} AS since, count(*) AS differences, sum({_PAISE})::bigint AS paise
{_OPEN} AND l.department = %(department)s GROUP BY 1
"""
"""How many differences a department's lists have, since which day, and what they come to in paise."""
