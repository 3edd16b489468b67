"""Departments' lists that have not come, as breaks: of closed days with payments, by what finance expects of each."""

from __future__ import annotations

# What is expected of a department's service, less what its lists cover, leaves few days to look up: the cost goes by
# how many lists there are since the first day, and not by payments or settlements (behind OFFSET those of the missing
# days only are looked up). Of a term of n bank days, the days are late that lie before the last n + 1 of the bank's
# working days, today among them.
MISSING = """
(WITH late AS MATERIALIZED (
  SELECT t.bank_days, bank_days_before(india_today() + 1, t.bank_days + 1) AS before
  FROM (SELECT DISTINCT bank_days FROM list_terms) t),
expected AS MATERIALIZED (
  SELECT t.department, daterange(t.first_day, greatest(t.first_day, least(t.last_day + 1, l.before))) AS days
  FROM list_terms t JOIN late l ON l.bank_days = t.bank_days),
covered AS MATERIALIZED (
  SELECT l.department, l.service, range_agg(daterange(l.first_day, l.last_day, '[]')) AS days
  FROM expected e JOIN department_lists l ON l.department = e.department AND l.last_day >= lower(e.days)
  WHERE l.version IS NOT NULL
    AND l.file NOT IN (SELECT n.replaces FROM department_lists n WHERE n.replaces IS NOT NULL)
  GROUP BY l.department, l.service),
missed AS (
  SELECT e.department, v.account, v.code AS service,
    unnest(datemultirange(e.days) - coalesce((SELECT range_agg(c.days) FROM covered c
      WHERE c.department = e.department AND coalesce(c.service = v.code, true)), '{}')) AS days
  FROM expected e JOIN services v ON v.department = e.department)
SELECT 'list-missing', 'list ' || m.department || ' ' || to_char(s.day, 'YYYY-MM-DD'),
  s.day, sum(s.collected_paise)::bigint, NULL,
  'The ' || d.name || '''s list of ' || to_char(s.day, 'DD/MM/YYYY') || ' has not come: '
    || string_agg(m.service, ', ' ORDER BY m.service) || '; ' || sum(s.payments)
    || CASE sum(s.payments) WHEN 1 THEN ' payment.' ELSE ' payments.' END
FROM missed m JOIN departments d ON d.code = m.department
CROSS JOIN LATERAL (SELECT x.day, x.collected_paise, x.payments FROM settlements x
  WHERE x.account = m.account AND x.day >= lower(m.days) AND x.day < upper(m.days) AND x.payments > 0 OFFSET 0) s
GROUP BY m.department, d.name, s.day)
"""
"""The kind of break, whose list of which day, since that day, what was collected in paise, no wallet, and of what."""

NEXT_STEP = "Ask the department for its list, take it in and have it released; that closes this."
