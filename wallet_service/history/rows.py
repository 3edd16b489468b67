"""The rows as the posting functions write them: every column list of what a wallet's month leaves behind is here."""

ENTRIES = """
INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                     business_day, value_date, kind, source)
SELECT history.at(p.micros), p.number, abs(p.moves), p.current_paise,
  CASE p.event WHEN 8 THEN p.line WHEN 7 THEN p.credit_number ELSE p.debit_number END, p.book,
  CASE WHEN p.moves < 0 THEN p.book ELSE coalesce(o.account, a.account) END,
  CASE WHEN p.moves < 0 THEN coalesce(o.account, a.account) ELSE p.book END,
  p.day, CASE p.event WHEN 8 THEN q.before ELSE p.day END,
  (ARRAY['payment', NULL, 'payment', NULL, NULL, 'refund', 'top-up', 'bank-credit']::entry_kind[])[p.event],
  CASE p.event WHEN 8 THEN 'bank-line' WHEN 7 THEN 'credit' ELSE 'debit' END::source_kind
FROM posted p JOIN history.quotas q ON q.month = %(month)s AND q.half = %(half)s AND q.day = p.day
LEFT JOIN history.offered o ON o.service = p.service LEFT JOIN history.accounts a ON a.event = p.event
WHERE p.moves <> 0
"""
KEYS = """
INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number, current_paise, held_paise)
SELECT history.at(k.micros), %(client)s, '\\x00'::bytea || k.key, k.outcome, substr(sha256(k.key), 1, 16), k.book,
  k.number, CASE WHEN k.outcome NOT IN ('captured', 'refunded') THEN k.current_paise END, nullif(k.held_paise, 0)
FROM (
  SELECT p.micros, p.book, p.current_paise, p.held_paise,
    uuid_send(history.key_of(p.micros, hashint8extended(p.draw * 8 + p.event, %(seed)s + 2))) AS key,
    (ARRAY['captured', 'held', 'captured', 'voided', NULL, 'refunded', 'credited'])[p.event] AS outcome,
    CASE p.event WHEN 6 THEN p.number WHEN 7 THEN p.credit_number ELSE p.debit_number END AS number
  FROM posted p WHERE p.event NOT IN (5, 8)) k
"""
DEBITS = """
INSERT INTO debits (book, number, client, department, service, amount_paise, captured_paise, released_paise,
                    refunded_paise, entry_number, state, placed_at, business_day, expires_at, closed_at,
                    service_ticket_no, application_no, consumer_no)
SELECT p.book, p.debit_number, %(client)s, o.department, o.code, p.amount, coalesce(-c.moves, p.amount),
  coalesce(p.amount + c.moves, 0), p.refunded, CASE WHEN p.event = 1 THEN p.number WHEN c.event = 3 THEN c.number END,
  CASE c.event WHEN 4 THEN 'voided' WHEN 5 THEN 'expired' ELSE 'captured' END::debit_state,
  history.at(p.micros), p.day,
  CASE c.event WHEN 5 THEN history.at(p.micros + 3600000000) WHEN 3 THEN history.at(p.micros + 86400000000)
               WHEN 4 THEN history.at(p.micros + 86400000000) END,
  history.at(c.micros), 'BSK-T-' || (1000000000 + p.draw)::text,
  CASE WHEN NOT o.is_electricity THEN 'AP' || (2000000000 + p.draw)::text END,
  CASE WHEN o.is_electricity THEN (100000000 + (hashint8extended(p.draw, %(seed)s + 3) >> 8 & 4194303))::text END
FROM posted p JOIN history.offered o ON o.service = p.service
LEFT JOIN posted c ON p.event = 2 AND c.draw = p.draw AND c.event IN (3, 4, 5)
WHERE p.event IN (1, 2)
"""
REFUNDS = """
INSERT INTO refunds (book, entry_number, debit_number, amount_paise, cause, reason, refunded_at)
SELECT book, number, debit_number, moves, 'failed', 'The department did not take it.', history.at(micros)
FROM posted WHERE event = 6
"""
DEPOSITS = """
INSERT INTO history.deposits (file, line, book, credit_number, entry_number, amount, micros, day)
SELECT file, line, book, CASE event WHEN 7 THEN credit_number END, number, amount, micros, day
FROM posted WHERE event IN (7, 8)
"""
MOVED = """
INSERT INTO history.moved (day, account, net)
SELECT p.day, coalesce(o.account, a.account), sum(p.moves) FROM posted p
LEFT JOIN history.offered o ON o.service = p.service LEFT JOIN history.accounts a ON a.event = p.event
WHERE p.moves <> 0 GROUP BY 1, 2
"""
ENDED = """
CREATE TEMP TABLE ended ON COMMIT DROP AS
SELECT day, book, number, current_paise FROM (
  SELECT day, book, number, current_paise,
    coalesce(lag(number) OVER (PARTITION BY book ORDER BY day), number_before) AS before
  FROM posted WHERE is_last_of_day) x
WHERE number > before ORDER BY day, book
"""
DAY_BOOKS = "INSERT INTO day_books (book, day, number) SELECT book, day, number FROM ended"
DAY_BALANCES = "INSERT INTO day_balances (account, day, balance_paise) SELECT book, day, current_paise FROM ended"
OF_WALLETS = (ENTRIES, KEYS, DEBITS, REFUNDS, DEPOSITS, MOVED, ENDED, DAY_BOOKS, DAY_BALANCES)
"""What a month of one half writes, in the order in which it is written; `posted` is there."""

OPENING = """
INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                     business_day, value_date, kind, source)
SELECT (%(day)s - 1 + time '06:00') AT TIME ZONE 'Asia/Kolkata' + n.number * interval '1 hour', n.number, o.paise,
  CASE n.number WHEN 2 THEN 0 ELSE o.paise END, CASE n.number WHEN 2 THEN 1 ELSE n.number END, o.book,
  CASE n.number WHEN 2 THEN o.book ELSE a.account END, CASE n.number WHEN 2 THEN a.account ELSE o.book END,
  %(day)s - 1, %(day)s - 1, CASE n.number WHEN 2 THEN 'reversal' ELSE 'opening' END::entry_kind,
  CASE n.number WHEN 2 THEN 'entry' ELSE 'wallet' END::source_kind
FROM (SELECT h.book, 50000 + (abs(hashint8extended(h.book, %(seed)s) %% 180)) * 2500 AS paise,
        CASE WHEN h.book %% 50 = 7 THEN 3 ELSE 1 END AS entries FROM history.habits h) o
CROSS JOIN LATERAL generate_series(1, o.entries) n (number) JOIN history.accounts a ON a.event = 0
ORDER BY n.number, o.book
"""
OPENING_AUDITED = """
INSERT INTO audit (happened_at, by_whom, act, subject, facts)
SELECT e.posted_at, 'history', CASE e.kind WHEN 'reversal' THEN 'reverse' ELSE 'bring-in-balance' END,
  entry_id(e.book, CASE e.kind WHEN 'reversal' THEN 1 ELSE e.number END),
  CASE e.kind WHEN 'reversal' THEN jsonb_build_object('reason', 'brought in from the wrong list',
    'entry', entry_id(e.book, e.number)) ELSE '{}' END
FROM entries e ORDER BY e.number, e.book
"""
OPENING_STANDING = """
UPDATE books b SET number = e.number, current_paise = e.balance_paise
FROM (SELECT DISTINCT ON (book) book, number, balance_paise FROM entries ORDER BY book, number DESC) e
WHERE b.id = e.book
"""
OPENING_DAY = """
INSERT INTO day_books (book, day, number) SELECT id, %(day)s - 1, number FROM books WHERE number > 0 ORDER BY id;
INSERT INTO day_balances (account, day, balance_paise)
SELECT id, %(day)s - 1, current_paise FROM books WHERE number > 0 ORDER BY id;
INSERT INTO history.moved (day, account, net)
SELECT %(day)s - 1, a.account, sum(b.current_paise) FROM books b JOIN history.accounts a ON a.event = 0 GROUP BY 2
"""
OF_THE_OPENING = (OPENING, OPENING_AUDITED, OPENING_STANDING, OPENING_DAY)
"""The balances brought in the day before the first; one in fifty was wrong, was reversed and brought in anew."""
