"""What of the tenth law is about ties: an advice, a claim, a reference and a line of the bank that name one another.

An entry, an open item and an account's sum do not tell whose deposit a line was; the rows that do are proved against
each other here. Each query returns one text a fault. They go over the bank's lines and what was advised, not over
payments.
"""

from __future__ import annotations

# What was credited by a line is of the line's amount and has its entry; what was cleared from suspense has a clearing.
_CREDITS = """SELECT format('line %%s (%%s) and the credit %%s of %%s paise, tied to line %%s, are not one deposit',
         p.line, p.disposition, credit_id(b.code, c.number), c.amount_paise, c.line)
       FROM (SELECT * FROM credits k WHERE line IS NOT NULL AND share = 0
               AND NOT EXISTS (SELECT FROM split_credits s WHERE s.book = k.book AND s.number = k.number)) c
       FULL JOIN (SELECT x.*, l.amount_paise FROM bank_line_postings x JOIN bank_lines l ON l.id = x.line
                  WHERE x.disposition IN ('tie', 'claim')) p ON p.line = c.line
       LEFT JOIN suspense_clearings s ON s.line = c.line AND s.book = c.book AND s.entry_number = c.entry_number
         AND s.amount_paise = c.amount_paise
       LEFT JOIN books b ON b.id = c.book
       WHERE CASE WHEN c.line IS NULL THEN p.disposition = 'tie' WHEN p.line IS NULL THEN s.line IS NULL
         ELSE p.amount_paise <> c.amount_paise OR (p.book, p.entry_number) IS DISTINCT FROM (c.book, c.entry_number)
           AND (p.book <> 0 OR p.disposition <> 'tie') END"""
_CLAIMS = """SELECT format('line %%s (%%s) and the claim %%s of %%s paise, tied to line %%s, are not one deposit',
         p.line, p.disposition, claim_id(b.code, c.number), c.amount_paise, c.line)
       FROM (SELECT * FROM claims WHERE line IS NOT NULL) c
       FULL JOIN (SELECT x.*, l.amount_paise FROM bank_line_postings x JOIN bank_lines l ON l.id = x.line
                  WHERE x.disposition IN ('tie', 'claim')) p ON p.line = c.line
       LEFT JOIN suspense_clearings s ON s.line = c.line AND s.book = c.entry_book AND s.entry_number = c.entry_number
         AND s.amount_paise = c.amount_paise
       LEFT JOIN books b ON b.id = c.book
       WHERE CASE WHEN c.line IS NULL THEN p.disposition = 'claim' WHEN p.line IS NULL THEN s.line IS NULL
         ELSE p.amount_paise <> c.amount_paise
           OR (p.book, p.entry_number) IS DISTINCT FROM (c.entry_book, c.entry_number) END"""
# The lines that made an advice together are its amount, each whole; it is tied to the last, which was posted so unless
# the advice came later.
_PARTS = """SELECT format('line %%s and the credit %%s of %%s paise, made by %%s line(s) of %%s paise, tell otherwise',
         coalesce(p.line, x.line, c.line), credit_id(b.code, c.number), s.amount_paise, coalesce(x.lines, 0), x.paise)
       FROM split_credits s
       FULL JOIN (SELECT q.book, q.number, max(q.line) AS line, count(*) AS lines, sum(n.amount_paise) AS paise,
                    bool_and(n.amount_paise = l.amount_paise AND e.source_number = q.line AND e.source = 'bank-line'
                      AND e.kind = 'suspense-cleared') AS whole
                  FROM credit_parts q
                  LEFT JOIN suspense_clearings n ON n.line = q.line AND n.book = q.entry_book
                    AND n.entry_number = q.entry_number
                  LEFT JOIN bank_lines l ON l.id = q.line
                  LEFT JOIN entries e ON e.book = q.entry_book AND e.number = q.entry_number
                  GROUP BY q.book, q.number) x ON x.book = s.book AND x.number = s.number
       LEFT JOIN credits c ON c.book = s.book AND c.number = s.number
       LEFT JOIN books b ON b.id = c.book
       FULL JOIN (SELECT o.line, q.book, q.number FROM bank_line_postings o LEFT JOIN credit_parts q ON q.line = o.line
                  WHERE o.disposition = 'parts') p ON p.book = s.book AND p.number = s.number
       WHERE s.book IS NULL OR x.book IS NULL
         OR CASE WHEN p.line IS NULL THEN c.advised_as <> 'tied' ELSE p.line IS DISTINCT FROM c.line END
         OR c.state NOT IN ('tied', 'withdrawn')
         OR x.lines NOT BETWEEN 2 AND 8 OR NOT coalesce(x.whole, false) OR c.share <> 0
         OR c.amount_paise <> s.amount_paise OR s.seen_paise <> s.amount_paise OR x.paise <> s.amount_paise"""
_UNDONE = """SELECT format('line %%s: undone by line %%s, and the lines or what was done with them tell otherwise',
         u.line, coalesce(u.by_line, p.line))
       FROM undone_lines u
       FULL JOIN (SELECT * FROM bank_line_postings WHERE disposition = 'undo') p ON p.line = u.by_line
       LEFT JOIN bank_lines l ON l.id = u.by_line
       LEFT JOIN bank_lines o ON o.id = u.line
       LEFT JOIN bank_line_postings d ON d.line = u.line
       LEFT JOIN suspense_clearings s ON s.line = u.line AND s.book = p.book AND s.entry_number = p.entry_number
       WHERE u.line IS NULL OR p.line IS NULL OR o.direction IS NOT DISTINCT FROM l.direction
         OR o.amount_paise IS DISTINCT FROM l.amount_paise
         OR coalesce(d.disposition NOT IN ('claim', 'wallet') AND s.line IS NULL, true)"""
_TAKEN_BACK_ONCE = """SELECT format('line %%s: undone by line %%s, and tied to the credit %%s', u.line, u.by_line,
         credit_id(b.code, c.number))
       FROM undone_lines u JOIN credits c ON c.line = u.line JOIN books b ON b.id = c.book"""
# One row takes one advice, and is found by whoever advises the same again.
_ADVISED = """SELECT format('reference %%s: names the credit %%s, and the credit %%s has it',
         coalesce(r.reference, c.strong_reference), credit_id(d.code, r.credit_number), credit_id(b.code, c.number))
       FROM (SELECT * FROM credits WHERE strong_reference IS NOT NULL) c
       FULL JOIN (SELECT * FROM bank_references WHERE credit_number IS NOT NULL) r
         ON r.reference = c.strong_reference AND r.credit_book = c.book AND r.credit_number = c.number
       LEFT JOIN books b ON b.id = c.book
       LEFT JOIN books d ON d.id = r.credit_book
       WHERE c.number IS NULL OR r.reference IS NULL AND c.state <> 'withdrawn'"""
_SHOWN = """SELECT format('line %%s: its reference %%s is not kept as one that the bank has shown', l.id, n.number)
       FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line AND l.direction = 'inflow'
       CROSS JOIN LATERAL unnest(array_append(l.strong_references, l.deposit_number)) AS n (number)
       LEFT JOIN bank_references r ON r.reference = n.number
       WHERE n.number IS NOT NULL AND p.rule <> 'reversal' AND r.line IS NULL"""

# A settlement that was paid has its entry, and was paid by the line of its advice.
_SETTLED = """SELECT format('settlement %%s of the advice %%s: paid by entry house-%%s, which does not pay it', i.id,
         a.number, i.entry_number)
       FROM advised_settlements i JOIN settlement_advices a ON a.id = i.advice JOIN settlements s ON s.id = i.settlement
       LEFT JOIN entries e ON e.book = 0 AND e.number = i.entry_number AND e.kind = 'settlement'
         AND e.source = 'settlement' AND e.source_number = i.id AND e.debit_account = s.account
         AND e.amount_paise = i.amount_paise
       WHERE i.entry_number IS NOT NULL AND (e.number IS NULL OR a.line IS NULL)
       UNION ALL
       SELECT format('settlement %%s of the advice %%s: came back by entry house-%%s, which does not bring it', i.id,
         a.number, i.returned_entry)
       FROM advised_settlements i JOIN settlement_advices a ON a.id = i.advice JOIN settlements s ON s.id = i.settlement
       LEFT JOIN entries e ON e.book = 0 AND e.number = i.returned_entry AND e.kind = 'return'
         AND e.source = 'settlement' AND e.source_number = i.id AND e.credit_account = s.account
         AND e.amount_paise = i.amount_paise
       WHERE i.returned_entry IS NOT NULL AND (e.number IS NULL OR a.returned IS NULL)"""

# A line's disposition, and the kinds of entries that it may have.
ENTRY_TELLS_DISPOSITION = """CASE y.kind::text WHEN 'top-up-seen' THEN p.disposition IN ('tie', 'together')
         WHEN 'bank-credit' THEN p.disposition IN ('tie', 'claim', 'wallet')
         WHEN 'return' THEN p.disposition IN ('return', 'undo') WHEN 'owed' THEN p.disposition IN ('return', 'undo')
         WHEN 'suspense-cleared' THEN p.disposition = 'undo' WHEN 'difference-explained' THEN p.disposition = 'undo'
         WHEN 'suspense' THEN p.disposition IN ('suspense', 'parts') ELSE p.disposition = y.kind::text END"""
TIES = f"""{_CREDITS}
       UNION ALL {_CLAIMS}
       UNION ALL {_PARTS}
       UNION ALL {_UNDONE}
       UNION ALL {_TAKEN_BACK_ONCE}
       UNION ALL {_ADVISED}
       UNION ALL {_SHOWN}
       UNION ALL {_SETTLED}"""
