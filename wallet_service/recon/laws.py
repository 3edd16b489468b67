"""The laws by which the books agree with the bank, and open items with their accounts.

A house account's balance is its last snapshot and what was posted since: that snapshots are sums, law 8 proves.
"""

from __future__ import annotations

from wallet_service.ledger.proving import Law
from wallet_service.payments.law_of_settlements import SETTLEMENTS
from wallet_service.recon.law_of_returns import TAKEN_BACK

OPEN_ITEMS_ARE_THE_ACCOUNT = Law(
    12,
    "open_items_add_up_to_their_account",
    "Every transit, suspense and receivable account is the sum of its open items; a department's is what is due, in"
    " tie-out, advised and still being collected, less what is carried over; no more of it is advised than it is owed.",
    "the only writer, which posts and opens or clears an item together; found by this check",
    f"""SELECT format('account %%s: %%s paise, its open items are %%s', a.code, x.balance, x.items)
       FROM accounts a LEFT JOIN house_balances('infinity') h ON h.account = a.id
       CROSS JOIN LATERAL (SELECT coalesce(h.balance_paise, 0) AS balance, CASE a.kind
         WHEN 'transit' THEN (SELECT coalesce(sum(amount_paise), 0) FROM credits WHERE state = 'credited')
         WHEN 'receivable' THEN (SELECT coalesce(sum(r.amount_paise - r.recovered_paise), 0) FROM receivables r
           JOIN books b ON b.id = r.book WHERE 'receivable:' || b.code = a.code)
         ELSE (SELECT coalesce(sum(amount_paise - cleared_paise), 0) FROM suspense_items WHERE account = a.id)
           - CASE a.kind WHEN 'differences' THEN (SELECT coalesce(sum(amount_paise - cleared_paise), 0) FROM surpluses)
             ELSE 0 END
         END AS items) x
       WHERE a.kind IN ('transit', 'suspense', 'differences', 'receivable') AND x.balance <> x.items
       UNION ALL
       SELECT format('wallet %%s: counts %%s paise untied, its credits are %%s', b.code, b.untied_paise,
         coalesce(c.paise, 0))
       FROM books b LEFT JOIN (SELECT book, sum(amount_paise) AS paise FROM credits WHERE state = 'credited'
         GROUP BY book) c ON c.book = b.id
       WHERE b.untied_paise <> coalesce(c.paise, 0)
       UNION ALL
       SELECT format('wallet %%s: counts %%s paise owed, its receivables are %%s', b.code, b.owed_paise,
         coalesce(r.paise, 0))
       FROM books b LEFT JOIN (SELECT book, sum(amount_paise - recovered_paise) AS paise FROM receivables
         GROUP BY book) r ON r.book = b.id
       WHERE b.owed_paise <> coalesce(r.paise, 0)
       UNION ALL
       SELECT format('limit %%s: counts %%s paise, the untied credits are %%s', l.name, l.used_paise, c.paise)
       FROM limits l CROSS JOIN (SELECT coalesce(sum(amount_paise), 0) AS paise FROM credits WHERE state = 'credited') c
       WHERE l.name = 'untied-in-all' AND l.used_paise <> c.paise
       UNION ALL
       SELECT format('suspense item of line %%s: %%s paise cleared, its clearings are %%s', i.line, i.cleared_paise,
         coalesce(c.paise, 0))
       FROM suspense_items i LEFT JOIN (SELECT line, sum(amount_paise) AS paise FROM suspense_clearings
         GROUP BY line) c ON c.line = i.line
       WHERE i.cleared_paise <> coalesce(c.paise, 0)
       UNION ALL
       SELECT format('surplus %%s: %%s of %%s paise cleared, its clearings are %%s, its entry of %%s', s.id,
         s.cleared_paise, s.amount_paise, coalesce(c.paise, 0), e.amount_paise)
       FROM surpluses s LEFT JOIN (SELECT surplus, sum(amount_paise) AS paise FROM surplus_clearings
         GROUP BY surplus) c ON c.surplus = s.id
       LEFT JOIN suspense_clearings e ON e.book = 0 AND e.entry_number = s.entry_number AND e.line = s.line
       WHERE s.cleared_paise <> coalesce(c.paise, 0) OR e.amount_paise IS DISTINCT FROM s.amount_paise
       UNION ALL
       {TAKEN_BACK}
       UNION ALL
       SELECT format('line %%s: shared by %%s paise of advices and counts %%s, of %%s', l.id, coalesce(c.paise, 0),
         s.tied_paise, l.amount_paise)
       FROM shared_lines s
       FULL JOIN (SELECT line FROM bank_line_postings WHERE disposition = 'together') p ON p.line = s.line
       FULL JOIN (SELECT line, sum(amount_paise) AS paise FROM credits WHERE share > 0 GROUP BY line) c
         ON c.line = coalesce(s.line, p.line)
       LEFT JOIN bank_lines l ON l.id = coalesce(s.line, p.line, c.line)
       LEFT JOIN credits o ON o.line = l.id AND o.share = 0
       WHERE o.number IS NOT NULL OR p.line IS NULL OR s.tied_paise IS DISTINCT FROM l.amount_paise
         OR s.amount_paise IS DISTINCT FROM l.amount_paise OR c.paise IS DISTINCT FROM l.amount_paise
       UNION ALL {SETTLEMENTS}""",  # noqa: S608 (our own text)
)
BOOKS_AGREE_WITH_THE_BANK = Law(
    13,
    "books_agree_with_the_bank",
    "Bank per books and the lines not yet posted make the statement's closing; the bank covers what is owed.",
    "each line being posted once, to the paisa; found by this check",
    """SELECT format('account %%s: %%s paise in the books and %%s not yet posted, the statement closes with %%s',
         a.code, x.balance, x.unposted, x.closing)
       FROM bank_accounts k JOIN accounts a ON a.id = k.account
       LEFT JOIN house_balances('infinity') h ON h.account = k.account
       CROSS JOIN LATERAL (SELECT coalesce(h.balance_paise, 0) AS balance,
         (SELECT coalesce(sum(CASE l.direction WHEN 'inflow' THEN l.amount_paise ELSE -l.amount_paise END), 0)
          FROM bank_lines l WHERE l.bank_account = a.id
            AND NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = l.id)) AS unposted,
         (SELECT l.balance_after_paise FROM bank_lines l WHERE l.bank_account = a.id
          ORDER BY l.booked_on DESC, l.id DESC LIMIT 1) AS closing) x
       WHERE k.opening_entry IS NOT NULL AND x.closing IS NOT NULL AND x.balance + x.unposted <> x.closing
       UNION ALL
       SELECT format('bank and what is owed to the scheme are %%s paise, what it owes is %%s', sum(x.ours),
         sum(x.theirs))
       FROM (
         SELECT CASE a.normal_side WHEN 'debit' THEN h.balance_paise ELSE 0 END AS ours,
                CASE a.normal_side WHEN 'credit' THEN h.balance_paise ELSE 0 END AS theirs
         FROM house_balances('infinity') h JOIN accounts a ON a.id = h.account
         UNION ALL SELECT 0, current_paise FROM books) x
       HAVING sum(x.ours) <> sum(x.theirs)""",
)
LAWS: tuple[Law, ...] = (OPEN_ITEMS_ARE_THE_ACCOUNT, BOOKS_AGREE_WITH_THE_BANK)
