"""A month of one half of the wallets, in a few statements: what is drawn, in the order in which it happened, posted."""

from __future__ import annotations

from typing import Any

import psycopg

from wallet_service.history import rows

# One payment a draw. Its two hashes are cut into bits: wallet, time, amount; service, paise, fate, delay, channel.
# More is paid in the middle of the day: the time is the mean of two equal draws, from 8 to 22 o'clock.
DRAWN = """
CREATE TEMP TABLE drawn ON COMMIT DROP AS
SELECT p.*, sum(p.amount) OVER w AS spent, row_number() OVER w AS placed
FROM (
  SELECT r.draw, r.day, r.file, r.midnight, s.book, m.service, r.i,
    r.midnight + 28800000000 + ((r.h >> 20 & 65535) + (r.h >> 36 & 65535)) * 384521 + (r.i & 262143) AS micros,
    greatest(10, a.rupees * m.percent / 100) * 100
      + CASE WHEN m.has_paise AND r.i >> 18 & 15 = 0 THEN (r.i >> 22 & 127)::integer %% 100 ELSE 0 END AS amount,
    (r.i >> 29 & 65535)::integer AS fate, (r.i >> 45 & 4095)::integer AS delay
  FROM (SELECT draw, q.day, q.file, q.midnight, hashint8extended(draw, %(seed)s) AS h,
          hashint8extended(draw, %(seed)s + 1) AS i
        FROM history.quotas q
        CROSS JOIN LATERAL generate_series(q.first_draw, q.first_draw + q.payments - 1) draw
        WHERE q.month = %(month)s AND q.half = %(half)s) r
  JOIN history.slots s ON s.half = %(half)s AND s.slot = r.h & (%(slots)s - 1)
  JOIN history.amounts a ON a.slot = r.h >> 52 & 4095
  JOIN history.menu m ON m.slot = r.i & 1023) p
WINDOW w AS (PARTITION BY p.book ORDER BY p.micros, p.draw ROWS UNBOUNDED PRECEDING)
"""
# A wallet is refilled by whole deposits as soon as a payment or hold would pass what it has. A quarter is advised and
# credited at once; the rest is cash, seen on the bank's file of the morning.
REFILLED = """
CREATE TEMP TABLE refilled ON COMMIT DROP AS
SELECT n.draw, n.day, n.book, n.amount, n.is_advised, n.file + n.is_advised::integer AS file,
  CASE WHEN n.is_advised THEN n.micros - (1 + n.delay / 16) * 1000000::bigint
       ELSE n.midnight + 27000000000 + n.place * 1000 END AS micros,
  CASE WHEN NOT n.is_advised THEN n.file * 1000000::bigint + %(half)s * 300000 + n.place END AS line
FROM (
  SELECT x.*, row_number() OVER (PARTITION BY x.day, x.is_advised ORDER BY x.draw) AS place
  FROM (
    SELECT y.*, y.i >> 57 & 3 = 0 AND y.deposited <= 5000000 AS is_advised, y.deposited AS amount
    FROM (
      SELECT d.draw, d.day, d.file, d.midnight, d.book, d.i, d.delay, d.micros, (h.deposit * (
          greatest(0, (d.spent - b.current_paise + h.deposit - 1) / h.deposit)
          - greatest(0, (d.spent - d.amount - b.current_paise + h.deposit - 1) / h.deposit)))::integer AS deposited
      FROM drawn d JOIN books b ON b.id = d.book JOIN history.habits h ON h.book = d.book) y
    WHERE y.deposited > 0) x) n
"""
# Events: 1 paid at once, 2 held, 3 captured, 4 voided, 5 expired, 6 refunded, 7 advised, 8 credited by the bank.
# Of 65,536 fates 2 % are holds (787 captured whole, 196 in part, 197 voided, 131 expired), 0.5 % refunds (230 whole).
POSTED = """
CREATE TEMP TABLE posted ON COMMIT DROP AS
SELECT e.*, b.number AS number_before,
  b.number + sum((e.moves <> 0)::integer) OVER w AS number,
  b.current_paise + sum(e.moves) OVER w AS current_paise,
  sum(e.holds) OVER w AS held_paise,
  b.debits + e.placed AS debit_number,
  b.credits + sum((e.event = 7)::integer) OVER w AS credit_number,
  lead(e.day) OVER w IS DISTINCT FROM e.day AS is_last_of_day
FROM (
  SELECT draw, day, book, micros, service, placed, amount,
    CASE WHEN fate < 1311 THEN 2 ELSE 1 END AS event,
    CASE WHEN fate < 1311 THEN 0 ELSE -amount END AS moves, CASE WHEN fate < 1311 THEN amount ELSE 0 END AS holds,
    CASE WHEN fate BETWEEN 60000 AND 60229 THEN amount WHEN fate BETWEEN 60230 AND 60327 THEN amount / 200 * 100
         ELSE 0 END AS refunded, NULL::integer AS file, NULL::bigint AS line
  FROM drawn
  UNION ALL
  SELECT draw, day, book,
    micros + CASE WHEN fate < 1180 THEN 20 + delay / 4 ELSE 3600 + delay %% 60 END * 1000000::bigint,
    service, placed, amount, CASE WHEN fate < 983 THEN 3 WHEN fate < 1180 THEN 4 ELSE 5 END,
    CASE WHEN fate < 787 THEN -amount WHEN fate < 983 THEN -(amount / 200 * 100) ELSE 0 END, -amount, 0, NULL, NULL
  FROM drawn WHERE fate < 1311
  UNION ALL
  SELECT draw, day, book, micros + (60 + delay) * 1000000::bigint, service, placed, amount, 6,
    CASE WHEN fate <= 60229 THEN amount ELSE amount / 200 * 100 END, 0, 0, NULL, NULL
  FROM drawn WHERE fate BETWEEN 60000 AND 60327
  UNION ALL
  SELECT draw, day, book, micros, NULL, NULL, amount, CASE WHEN is_advised THEN 7 ELSE 8 END, amount, 0, 0, file, line
  FROM refilled) e
JOIN books b ON b.id = e.book
WINDOW w AS (PARTITION BY e.book ORDER BY e.micros, e.event, e.draw ROWS UNBOUNDED PRECEDING)
ORDER BY e.micros, e.book, number
"""
STANDING = """
UPDATE books b SET number = b.number + x.entries, debits = b.debits + x.debits, credits = b.credits + x.credits,
  current_paise = b.current_paise + x.moved, open_day = greatest(b.open_day, x.day)
FROM (SELECT book, count(*) FILTER (WHERE moves <> 0) AS entries, count(*) FILTER (WHERE event IN (1, 2)) AS debits,
        count(*) FILTER (WHERE event = 7) AS credits, sum(moves) AS moved, max(day) AS day
      FROM posted GROUP BY book) x
WHERE b.id = x.book
"""


def post(connection: psycopg.Connection[Any], asked: dict[str, Any]) -> None:
    """Draw and post a month of one half; *asked* has ``month``, ``half``, ``seed``, ``slots`` and ``client``."""
    for statement in (DRAWN, REFILLED, POSTED, *rows.OF_WALLETS, STANDING):
        connection.execute(statement, asked)
