"""What of the twelfth law is about departments: each account is due, in tie-out, advised or being collected.

A settlement is proved against the snapshots of its account, which the eighth law proves; each query returns one text a
fault.
"""

from __future__ import annotations

_PAYABLE = """SELECT format(
         'account %%s: %%s paise, of which %%s due, %%s in tie-out, %%s advised, %%s being collected'
         ' and %%s carried over', a.code, p.balance_paise, p.due_paise, p.in_tie_out_paise, p.advised_paise,
         p.collecting_paise, p.carried_paise)
       FROM payable_to_departments() p JOIN accounts a ON a.id = p.account
       WHERE p.balance_paise
         <> p.due_paise + p.in_tie_out_paise + p.advised_paise + p.collecting_paise - p.carried_paise
         OR p.due_paise < 0 OR p.in_tie_out_paise < 0"""
# The night tests the laws before it draws a day's settlements up: they are proved by the next one.
_DAYS = """SELECT format('settlement of %%s for %%s: %%s paise net, its account moved %%s', a.code, s.day, x.net,
         x.moved)
       FROM settlements s JOIN accounts a ON a.id = s.account
       LEFT JOIN day_balances b ON b.account = s.account AND b.day = s.day
       LEFT JOIN LATERAL (SELECT balance_paise FROM day_balances WHERE account = s.account AND day < s.day
         ORDER BY day DESC LIMIT 1) p ON true
       LEFT JOIN LATERAL (SELECT sum(e.amount_paise) AS paise FROM entries e WHERE e.debit_account = s.account
         AND e.debit_account <> e.book AND e.business_day = s.day AND e.kind = 'settlement') o ON true
       LEFT JOIN (SELECT x.account, e.business_day AS day, sum(e.amount_paise) AS paise
         FROM advised_settlements i JOIN settlements x ON x.id = i.settlement
         JOIN entries e ON e.book = 0 AND e.number = i.returned_entry
         WHERE i.returned_entry IS NOT NULL GROUP BY 1, 2) r ON r.account = s.account AND r.day = s.day
       CROSS JOIN LATERAL (SELECT s.collected_paise - s.refunded_paise - s.rebated_paise AS net,
         b.balance_paise - coalesce(p.balance_paise, 0) + coalesce(o.paise, 0)
           - coalesce(r.paise, 0) AS moved) x
       WHERE s.day >= %(since)s::date - 1 AND x.net IS DISTINCT FROM x.moved"""
_CHAIN = """SELECT format('settlement of %%s for %%s: brings %%s paise of a shortfall, the day before left %%s',
         a.code, x.day, x.brought_paise, x.carried)
       FROM (SELECT account, day, brought_paise,
               coalesce(lag(carried_paise) OVER (PARTITION BY account ORDER BY day), 0) AS carried FROM settlements) x
       JOIN accounts a ON a.id = x.account WHERE x.brought_paise <> x.carried"""
_ADVICES = """SELECT format('advice %%s: %%s paise, its settlements are %%s, of which %%s live and %%s paid',
         a.number, a.amount_paise, coalesce(i.paise, 0), coalesce(i.live, 0), coalesce(i.paid, 0))
       FROM settlement_advices a LEFT JOIN (
         SELECT x.advice, sum(x.amount_paise) AS paise, min(v.department) AS first, max(v.department) AS last,
           coalesce(sum(x.amount_paise) FILTER (WHERE x.is_live), 0) AS live,
           coalesce(sum(x.amount_paise) FILTER (WHERE x.entry_number IS NOT NULL), 0) AS paid
         FROM advised_settlements x JOIN settlements s ON s.id = x.settlement JOIN services v ON v.account = s.account
         GROUP BY x.advice) i ON i.advice = a.id
       WHERE a.amount_paise IS DISTINCT FROM i.paise OR i.first <> a.department OR i.last <> a.department
         OR i.live <> CASE WHEN a.called_off IS NULL AND a.returned IS NULL THEN a.amount_paise ELSE 0 END
         OR i.paid <> CASE WHEN a.line IS NULL THEN 0 ELSE a.amount_paise END"""
# What the department itself ordered back after its newest advice is beyond it: that was decided knowing of the advice.
_OVERPAID = """SELECT format('account %%s: %%s paise advised and not paid, it owes %%s, and %%s went back since',
         a.code, p.advised_paise, p.balance_paise, g.paise)
       FROM payable_to_departments() p JOIN accounts a ON a.id = p.account
       CROSS JOIN LATERAL (SELECT max(n.advised_at) AS at FROM settlements s
         JOIN advised_settlements i ON i.settlement = s.id AND i.is_live AND i.entry_number IS NULL
         JOIN settlement_advices n ON n.id = i.advice WHERE s.account = p.account) t
       CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount_paise), 0) AS paise FROM entries e
         WHERE e.debit_account = p.account AND e.debit_account <> e.book AND e.kind <> 'settlement'
           AND e.business_day >= (t.at AT TIME ZONE 'Asia/Kolkata')::date) g
       WHERE p.advised_paise > 0 AND p.advised_paise > p.balance_paise + g.paise"""
SETTLEMENTS = f"""{_PAYABLE}
       UNION ALL {_DAYS}
       UNION ALL {_CHAIN}
       UNION ALL {_ADVICES}
       UNION ALL {_OVERPAID}"""
