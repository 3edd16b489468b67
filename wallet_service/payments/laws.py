"""The laws of holds, payments, refunds and credits."""

from __future__ import annotations

from wallet_service.ledger.laws import Law
from wallet_service.payments.movements import allowed

_ALLOWED = ", ".join(str(movement) for movement in allowed())
ENTRIES_ARE_MOVEMENTS = Law(
    1,
    "entries_are_known_movements",
    "Every entry debits and credits the kinds of account that its business event does, and no others.",
    "the posting functions, each of which writes its own event; found by this check",
    f"""SELECT format('entry %%s: a %%s from a %%s account to a %%s account', entry_id(e.book, e.number), e.kind,
         d.kind, c.kind)
       FROM entries e JOIN accounts d ON d.id = e.debit_account JOIN accounts c ON c.id = e.credit_account
       WHERE e.business_day >= %(since)s AND (e.kind::text, d.kind::text, c.kind::text) NOT IN ({_ALLOWED})
       ORDER BY e.book, e.number""",  # noqa: S608 (our own text)
)

HELD_IS_THE_OPEN_HOLDS = Law(
    6,
    "held_is_the_sum_of_open_holds",
    "What a wallet holds is the sum of its open holds.",
    "the only writer, under the book's lock",
    """SELECT format('wallet %%s: holds %%s paise, its open holds are %%s', b.code, b.held_paise, coalesce(h.paise, 0))
       FROM books b LEFT JOIN (SELECT book, sum(amount_paise) AS paise FROM debits WHERE state = 'held' GROUP BY book) h
         ON h.book = b.id
       WHERE b.held_paise <> coalesce(h.paise, 0)""",
)
CAPTURES_AND_REFUNDS_ADD_UP = Law(
    9,
    "refunds_stay_within_the_capture",
    "Captured and released are what was placed once a hold is closed; refunds never pass the capture.",
    "checks a_hold_is_taken_or_given_back and refunds_stay_within_the_capture",
    """SELECT format(
         'debit %%s: %%s of %%s paise captured, %%s released, %%s refunded (entries: %%s paid, %%s refunded)',
         debit_id(b.code, d.number), d.captured_paise, d.amount_paise, d.released_paise, d.refunded_paise,
         coalesce(e.paid, 0), coalesce(e.refunded, 0))
       FROM debits d JOIN books b ON b.id = d.book
       LEFT JOIN (SELECT book, source_number,
           sum(amount_paise) FILTER (WHERE kind = 'payment') AS paid,
           sum(amount_paise) FILTER (WHERE kind = 'refund') AS refunded
         FROM entries WHERE source = 'debit' GROUP BY book, source_number) e
         ON e.book = d.book AND e.source_number = d.number
       WHERE d.business_day >= %(since)s AND (
         d.captured_paise + d.released_paise <> CASE d.state WHEN 'held' THEN 0 ELSE d.amount_paise END
         OR d.refunded_paise > d.captured_paise
         OR coalesce(e.paid, 0) <> d.captured_paise OR coalesce(e.refunded, 0) <> d.refunded_paise)
       UNION ALL
       SELECT format('refund %%s: says %%s paise, its entry %%s', entry_id(r.book, r.entry_number), r.amount_paise,
         e.amount_paise)
       FROM refunds r LEFT JOIN entries e ON e.book = r.book AND e.number = r.entry_number AND e.kind = 'refund'
         AND e.source_number = r.debit_number
       WHERE e.amount_paise IS DISTINCT FROM r.amount_paise""",
)
ONE_SET_OF_ENTRIES = Law(
    10,
    "one_set_of_entries_per_source",
    "Each key, capture, advice and bank line has one set of entries, and every such entry has its source.",
    "keys a_key_has_one_answer, entries_once_per_source, entries_once_per_bank_line and bank_line_postings_pkey",
    """SELECT format('key %%s of client %%s (%%s) names %%s-%%s, which is not there', k.key, k.client, k.outcome,
         k.book, k.number)
       FROM keys k WHERE (k.outcome IN ('held', 'captured', 'voided') AND NOT EXISTS (
           SELECT FROM debits d WHERE d.book = k.book AND d.number = k.number
             AND (k.outcome = 'held' OR d.state::text = k.outcome)))
         OR (k.outcome = 'refunded' AND NOT EXISTS (
           SELECT FROM refunds r WHERE r.book = k.book AND r.entry_number = k.number))
         OR (k.outcome = 'claimed' AND NOT EXISTS (
           SELECT FROM claims c WHERE c.book = k.book AND c.number = k.number))
         OR (k.outcome = 'credited' AND NOT EXISTS (
           SELECT FROM credits c WHERE c.book = k.book AND c.number = k.number))
       UNION ALL
       SELECT format('%%s keys (%%s) name one posting %%s-%%s', count(*), min(k.outcome), k.book, k.number)
       FROM keys k WHERE k.outcome IN ('held', 'captured', 'voided', 'refunded', 'credited', 'claimed')
       GROUP BY k.outcome, k.book, k.number HAVING count(*) > 1
       UNION ALL
       SELECT format('%%s %%s-%%s has no key that it answers', p.outcome, p.book, p.number) FROM (
         SELECT 'held' AS outcome, book, number FROM debits WHERE expires_at IS NOT NULL AND business_day >= %(since)s
         UNION ALL
         SELECT state::text, book, number FROM debits
         WHERE state IN ('captured', 'voided') AND business_day >= %(since)s
         UNION ALL
         SELECT 'refunded', r.book, r.entry_number FROM refunds r JOIN entries e
           ON e.book = r.book AND e.number = r.entry_number AND e.business_day >= %(since)s
         UNION ALL
         SELECT 'credited', book, number FROM credits WHERE business_day >= %(since)s
         UNION ALL
         SELECT 'claimed', book, number FROM claims WHERE business_day >= %(since)s) p
       WHERE NOT EXISTS (SELECT FROM keys k
         WHERE k.book = p.book AND k.number = p.number AND k.outcome = p.outcome)
       UNION ALL
       SELECT format('entry %%s (%%s %%s) has no source, or another amount', entry_id(e.book, e.number), e.source,
         e.source_number)
       FROM entries e WHERE e.business_day >= %(since)s AND (
         (e.source = 'debit' AND e.kind = 'payment' AND NOT EXISTS (SELECT FROM debits d WHERE d.book = e.book
           AND d.number = e.source_number AND d.entry_number = e.number AND d.captured_paise = e.amount_paise))
         OR (e.kind = 'refund' AND NOT EXISTS (SELECT FROM refunds r
           WHERE r.book = e.book AND r.entry_number = e.number))
         OR (e.source = 'credit' AND e.kind NOT IN ('recovery', 'return') AND NOT EXISTS (SELECT FROM credits c
           WHERE c.book = e.book AND c.number = e.source_number AND c.entry_number = e.number
           AND c.amount_paise = e.amount_paise))
         OR (e.source = 'claim' AND e.kind <> 'recovery' AND NOT EXISTS (SELECT FROM claims c WHERE c.book = e.book
           AND c.number = e.source_number AND c.entry_book = e.book AND c.entry_number = e.number
           AND c.amount_paise = e.amount_paise))
         OR (e.source = 'bank-line' AND e.kind NOT IN ('recovery', 'return') AND NOT EXISTS (
           SELECT FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line
           WHERE p.line = e.source_number AND p.book = e.book AND p.entry_number = e.number
             AND l.amount_paise = e.amount_paise)))
       UNION ALL
       SELECT format('bank line %%s: its entries move %%s paise of the bank, the line is of %%s', p.line,
         coalesce(e.paise, 0), l.amount_paise)
       FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line LEFT JOIN LATERAL (
         SELECT sum(x.amount_paise) AS paise FROM entries x LEFT JOIN receivables r ON r.line = p.line
         WHERE l.bank_account IN (x.debit_account, x.credit_account) AND (
           (x.source = 'bank-line' AND x.source_number = p.line)
           OR (x.book = 0 AND x.source = 'receivable' AND x.source_number = r.id))) e ON true
       WHERE e.paise IS DISTINCT FROM l.amount_paise OR NOT EXISTS (
         SELECT FROM entries x WHERE x.book = p.book AND x.number = p.entry_number)""",
)
LAWS: tuple[Law, ...] = (ENTRIES_ARE_MOVEMENTS, HELD_IS_THE_OPEN_HOLDS, CAPTURES_AND_REFUNDS_ADD_UP, ONE_SET_OF_ENTRIES)
