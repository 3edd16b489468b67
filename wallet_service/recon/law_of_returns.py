"""What of the twelfth law is about deposits that go back: each leaves a wallet once, whoever finds that it went back.

What a wallet gave back is counted by deposit, and proved against what it has had of it, what the bank's lines took by
themselves, and what two persons took. Each query returns one text a fault.
"""

from __future__ import annotations

# Out of suspense; parts of an advice that was credited at once; out of the differences; by the line itself; by an
# advice that the line tied.
_HAD = """SELECT c.line, c.book, c.amount_paise FROM suspense_clearings c
            JOIN entries e ON e.book = c.book AND e.number = c.entry_number
            WHERE c.line = t.line AND e.kind = 'suspense-cleared' AND e.credit_account = c.book
          UNION ALL
          SELECT q.line, q.book, c.amount_paise FROM credit_parts q JOIN suspense_clearings c
            ON c.line = q.line AND c.book = q.entry_book AND c.entry_number = q.entry_number
            WHERE q.line = t.line AND c.book = 0
          UNION ALL
          SELECT s.line, c.book, c.amount_paise FROM surpluses s JOIN surplus_clearings c ON c.surplus = s.id
            WHERE s.line = t.line
          UNION ALL
          SELECT p.line, coalesce(k.book, p.book), coalesce(k.amount_paise, l.amount_paise) FROM bank_line_postings p
            JOIN bank_lines l ON l.id = p.line
            LEFT JOIN credits k ON k.line = p.line AND p.disposition IN ('tie', 'together')
            WHERE p.line = t.line AND p.disposition IN ('tie', 'together', 'claim', 'wallet')"""
_TAKEN = """SELECT line, book, amount_paise FROM deposits_returned
            UNION ALL
            SELECT (a.payload::jsonb ->> 'deposit')::bigint, b.id, e.amount_paise
            FROM approvals a JOIN approval_entries x ON x.approval = a.id
            JOIN entries e ON e.book = x.book AND e.number = x.entry_number AND e.kind IN ('return', 'owed')
            JOIN books b ON b.code = a.payload::jsonb ->> 'wallet'
            WHERE a.kind = 'explain-return'"""
_COUNTED = f"""SELECT format(
         'line %%s: wallet %%s had %%s paise of it, gave back %%s; it was credited %%s, the returns are %%s',
         coalesce(t.line, r.line), b.code, coalesce(t.credited_paise, 0), coalesce(t.taken_paise::text, 'nothing'),
         coalesce(h.paise, 0), coalesce(r.paise, 0))
       FROM deposits_taken_back t
       FULL JOIN (SELECT line, book, sum(amount_paise) AS paise FROM ({_TAKEN}) x GROUP BY 1, 2) r
         ON r.line = t.line AND r.book = t.book
       LEFT JOIN books b ON b.id = coalesce(t.book, r.book)
       LEFT JOIN LATERAL (SELECT sum(y.amount_paise) AS paise FROM ({_HAD}) y WHERE y.book = t.book) h ON true
       WHERE t.taken_paise IS DISTINCT FROM r.paise OR t.credited_paise > coalesce(h.paise, 0)
         OR t.taken_paise > t.credited_paise"""  # noqa: S608 (our own text)
# What a line took of a wallet is counted whole: of the advice that it returned, or the wallet's deposit that it undid.
_RETURNED = """SELECT format('line %%s: is of %%s paise, of wallets'' deposits it took %%s',
         coalesce(p.line, r.by_line), p.amount_paise, coalesce(r.paise, 0))
       FROM (SELECT o.line, l.amount_paise FROM bank_line_postings o JOIN bank_lines l ON l.id = o.line
             LEFT JOIN undone_lines u ON u.by_line = o.line LEFT JOIN bank_line_postings d ON d.line = u.line
             WHERE o.disposition = 'return' OR o.disposition = 'undo' AND d.disposition IN ('claim', 'wallet')) p
       FULL JOIN (SELECT by_line, sum(amount_paise) AS paise FROM deposits_returned GROUP BY 1) r ON r.by_line = p.line
       WHERE p.amount_paise IS DISTINCT FROM r.paise"""
TAKEN_BACK = f"{_COUNTED} UNION ALL {_RETURNED}"
