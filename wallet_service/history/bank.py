"""The bank's side of a month: a file each working morning with the deposits of the day before, released and posted."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg

# Cash is credited by its line, whose number the wallet's entry has; what was advised is tied in the house book.
_SEEN = """
CREATE TEMP TABLE seen ON COMMIT DROP AS
SELECT s.*, row_number() OVER (PARTITION BY s.file ORDER BY s.line) AS place,
  t.closing + sum(s.amount) OVER (ORDER BY s.line ROWS UNBOUNDED PRECEDING) AS balance,
  o.number + count(*) FILTER (WHERE s.is_tied) OVER (ORDER BY s.line ROWS UNBOUNDED PRECEDING) AS house_number
FROM (
  SELECT d.file, q.day, q.before AS booked_on, q.midnight, d.book, b.code, d.credit_number, d.entry_number, d.amount,
    d.micros AS credited_at, d.line IS NULL AS is_tied,
    coalesce(d.line, d.file * 1000000::bigint + 600000
      + row_number() OVER (PARTITION BY d.file, d.line IS NULL ORDER BY d.book, d.credit_number)) AS line
  FROM history.deposits d JOIN history.quotas q ON q.file = d.file AND q.half = 0 JOIN books b ON b.id = d.book
  WHERE q.month = %(month)s) s
CROSS JOIN (SELECT coalesce((SELECT balance_after_paise FROM bank_lines
                             ORDER BY booked_on DESC, id DESC LIMIT 1), 0) AS closing) t
CROSS JOIN (SELECT number FROM books WHERE id = 0) o
ORDER BY s.line
"""
_FILES = """
INSERT INTO bank_files (id, state, bank_account, account_number, sha256, content_digest, filename, form, received_by,
  received_at, period_first, period_last, opening_paise, closing_paise, line_count, new_line_count, inflow_paise,
  decided_by, decided_at, posted_at)
OVERRIDING SYSTEM VALUE
SELECT q.file, 'released', k.account, k.number, sha256(x.content), sha256(x.content), x.name, 'generated',
  'history-maker', history.at(q.midnight + 25200000000), q.before, q.day - 1,
  t.closing - s.inflow, t.closing, s.lines, s.lines, s.inflow,
  'history-checker', history.at(q.midnight + 26400000000), history.at(q.midnight + 30600000000)
FROM history.quotas q
CROSS JOIN LATERAL (SELECT 'sbi-pool-' || q.before AS name,
                      convert_to('Generated: the deposits of ' || q.before, 'UTF8') AS content) x
JOIN bank_accounts k ON k.name = 'sbi:pool'
CROSS JOIN LATERAL (SELECT count(*) AS lines, coalesce(sum(amount), 0) AS inflow FROM seen WHERE file = q.file) s
CROSS JOIN LATERAL (SELECT coalesce((SELECT balance FROM seen WHERE file <= q.file ORDER BY line DESC LIMIT 1),
  (SELECT balance_after_paise FROM bank_lines ORDER BY booked_on DESC, id DESC LIMIT 1), 0) AS closing) t
WHERE q.month = %(month)s AND q.half = 0 ORDER BY q.file;
INSERT INTO bank_file_contents (file, content)
SELECT q.file, convert_to('Generated: the deposits of ' || q.before, 'UTF8')
FROM history.quotas q WHERE q.month = %(month)s AND q.half = 0 ORDER BY q.file
"""
_LINES = """
INSERT INTO bank_lines (id, bank_account, file, row_number, booked_on, value_date, direction, amount_paise,
  balance_before_paise, balance_after_paise, occurrence, description, reference, branch, strong_references)
OVERRIDING SYSTEM VALUE
SELECT s.line, a.account, s.file, s.place, s.booked_on, s.booked_on, 'inflow', s.amount, s.balance - s.amount,
  s.balance, 1, CASE WHEN s.is_tied THEN 'BY TRANSFER-UPI/CR/' || n.reference || '/BSK OPERATOR/SBIN/TOP UP--'
          ELSE 'CASH DEPOSIT-CASH DEPOSIT ' || s.code || '--' END,
  '', CASE WHEN NOT s.is_tied THEN (10000 + s.book %% 900)::text END,
  CASE WHEN s.is_tied THEN ARRAY[n.reference] ELSE '{}' END
FROM seen s JOIN history.accounts a ON a.event = 8
CROSS JOIN LATERAL (SELECT (400000000000 + s.line)::text AS reference) n
ORDER BY s.line
"""
_HOUSE = """
INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                     business_day, value_date, kind, source)
SELECT history.at(s.midnight + 27000000000 + s.place * 1000), s.house_number, s.amount, NULL, s.line, 0, b.account,
  t.account, s.day, s.booked_on, 'top-up-seen', 'bank-line'
FROM seen s JOIN history.accounts b ON b.event = 8 JOIN history.accounts t ON t.event = 7
WHERE s.is_tied ORDER BY s.line;
INSERT INTO history.moved (day, account, net)
SELECT s.day, a.account, CASE a.event WHEN 8 THEN sum(s.amount) ELSE -sum(s.amount) END
FROM seen s JOIN history.accounts a ON a.event IN (7, 8) WHERE s.is_tied GROUP BY s.day, a.account, a.event;
INSERT INTO day_books (book, day, number)
SELECT 0, day, max(house_number) FROM seen WHERE is_tied GROUP BY day ORDER BY day;
UPDATE books SET number = x.number, open_day = greatest(open_day, x.day)
FROM (SELECT max(house_number) AS number, max(day) AS day FROM seen WHERE is_tied) x WHERE id = 0 AND x.day IS NOT NULL
"""
_POSTINGS = """
INSERT INTO bank_line_postings (line, disposition, rule, rule_version, candidates, reason, book, entry_number,
                                posted_at)
SELECT s.line, CASE WHEN s.is_tied THEN 'tie' ELSE 'wallet' END,
  CASE WHEN s.is_tied THEN 'advised' ELSE 'operator-named' END, CASE WHEN s.is_tied THEN 1 ELSE 2 END,
  jsonb_build_array(CASE WHEN s.is_tied THEN credit_id(s.code, s.credit_number) ELSE s.code END),
  CASE WHEN s.is_tied THEN 'Reference, amount and date are those of the credit advised to ' || s.code || '.'
       ELSE 'It names ' || s.code || ' and no other operator.' END,
  CASE WHEN s.is_tied THEN 0 ELSE s.book END, CASE WHEN s.is_tied THEN s.house_number ELSE s.entry_number END,
  CASE WHEN s.is_tied THEN history.at(s.midnight + 27000000000 + s.place * 1000) ELSE history.at(s.credited_at) END
FROM seen s ORDER BY s.line
"""
_ADVISED = """
INSERT INTO credits (book, number, client, amount_paise, entry_number, line, advised_at, business_day, booked_on, state,
                     advised_as, channel, bank_reference, strong_reference)
SELECT s.book, s.credit_number, %(client)s, s.amount, s.entry_number, s.line, history.at(s.credited_at), s.booked_on,
  s.booked_on, 'tied', 'credited', 'upi', n.reference, n.reference
FROM seen s CROSS JOIN LATERAL (SELECT (400000000000 + s.line)::text AS reference) n
WHERE s.is_tied ORDER BY s.credited_at, s.book;
INSERT INTO bank_references (reference, credit_book, credit_number, line)
SELECT (400000000000 + line)::text, book, credit_number, line FROM seen WHERE is_tied ORDER BY line
"""
# What was advised on the last day is not seen at the bank yet.
_UNTIED = """
CREATE TEMP TABLE untied ON COMMIT DROP AS
SELECT d.*, (400000600000 + d.file * 1000000::bigint
             + row_number() OVER (ORDER BY d.book, d.credit_number))::text AS reference
FROM history.deposits d WHERE d.file > (SELECT max(file) FROM history.quotas);
INSERT INTO credits (book, number, client, amount_paise, entry_number, advised_at, business_day, booked_on, state,
                     advised_as, channel, bank_reference, strong_reference)
SELECT book, credit_number, %(client)s, amount, entry_number, history.at(micros), day, day, 'credited', 'credited',
  'upi', reference, reference
FROM untied ORDER BY micros, book;
INSERT INTO bank_references (reference, credit_book, credit_number) SELECT reference, book, credit_number FROM untied;
UPDATE books SET untied_paise = x.paise FROM (SELECT book, sum(amount) AS paise FROM untied GROUP BY book) x
WHERE id = x.book;
UPDATE limits SET used_paise = (SELECT coalesce(sum(amount), 0) FROM untied) WHERE name = 'untied-in-all'
"""
_DAYS = """
INSERT INTO days (day, began_at, closed_at)
SELECT d::date, (d::date + 1 + time '00:05') AT TIME ZONE 'Asia/Kolkata',
  (d::date + 1 + time '00:06') AT TIME ZONE 'Asia/Kolkata'
FROM generate_series(%(from)s, %(to)s, interval '1 day') d;
INSERT INTO day_balances (account, day, balance_paise)
SELECT x.account, x.day, CASE a.normal_side WHEN 'debit' THEN x.net ELSE -x.net END
FROM (SELECT account, day, sum(sum(net)) OVER (PARTITION BY account ORDER BY day) AS net
      FROM history.moved GROUP BY account, day) x
JOIN accounts a ON a.id = x.account WHERE x.day BETWEEN %(from)s AND %(to)s ORDER BY x.day, x.account
"""
_BOUND = """
UPDATE bank_accounts SET number = coalesce(number, '00000030000000001'), opening_entry = 0,
  bound_by = coalesce(bound_by, 'history-checker') WHERE name = 'sbi:pool'
"""


def bind(connection: psycopg.Connection[Any]) -> None:
    """Give the pool account a number, if it has none, and let its chain begin with nothing."""
    connection.execute(_BOUND)


def post(connection: psycopg.Connection[Any], asked: dict[str, Any], days: tuple[date, date]) -> None:
    """Post the bank files of a month whose wallets are done, and close its days, first to last."""
    for statement in (_SEEN, _FILES, _LINES, _HOUSE, _POSTINGS, _ADVISED, _DAYS):
        connection.execute(statement, {**asked, "from": days[0], "to": days[1]})


def leave_untied(connection: psycopg.Connection[Any], asked: dict[str, Any]) -> None:
    """Record the credits advised on the last day, which the bank has not shown yet."""
    connection.execute(_UNTIED, asked)
