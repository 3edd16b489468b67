"""The tenth law: each key, capture, advice and bank line has one set of entries, and every such entry its source."""

from __future__ import annotations

from wallet_service.ledger.laws import ENTRY
from wallet_service.ledger.proving import Fault, Law, Pass
from wallet_service.payments.ties import ENTRY_TELLS_DISPOSITION, TIES

_GIVEN_BACK = """SELECT book, entry_number, debit_number FROM refunds
                        UNION ALL SELECT book, entry_number, number FROM rebates"""
# A hold lives a week at the longest, and a minute job tidies: what was placed before and closed since has an entry.
PAYMENTS = Pass(
    "each debit and what was paid for it",
    f"""debits d FULL JOIN (SELECT * FROM entries WHERE source = 'debit' AND kind = 'payment') e
         ON e.book = d.book AND e.source_number = d.number
       LEFT JOIN books b ON b.id = coalesce(d.book, e.book)
       LEFT JOIN (SELECT g.book, g.debit_number, sum(x.amount_paise) AS paise
                  FROM ({_GIVEN_BACK}) g JOIN entries x ON x.book = g.book AND x.number = g.entry_number
                  GROUP BY 1, 2) r
         ON r.book = d.book AND r.debit_number = d.number""",  # noqa: S608 (our own text)
    f"""(SELECT book, number FROM debits WHERE business_day >= %(since)s
        UNION SELECT book, number FROM debits WHERE business_day >= %(since)s::date - 8 AND expires_at IS NOT NULL
        UNION SELECT book, source_number FROM entries WHERE business_day >= %(since)s AND source = 'debit') t
       LEFT JOIN debits d ON d.book = t.book AND d.number = t.number
       LEFT JOIN entries e ON e.book = t.book AND e.source_number = t.number AND e.source = 'debit'
         AND e.kind = 'payment'
       LEFT JOIN books b ON b.id = t.book
       LEFT JOIN LATERAL (SELECT sum(x.amount_paise) AS paise
                          FROM ({_GIVEN_BACK}) g JOIN entries x ON x.book = g.book AND x.number = g.entry_number
                          WHERE g.book = t.book AND g.debit_number = t.number) r ON true""",  # noqa: S608
    "true",
    "coalesce(d.book, e.book), coalesce(d.number, e.source_number)",
)
_SOURCES = """entries e LEFT JOIN books b ON b.id = e.book
       LEFT JOIN refunds r ON e.kind = 'refund' AND r.book = e.book AND r.entry_number = e.number
       LEFT JOIN rebates z ON e.kind = 'rebate' AND z.book = e.book AND z.entry_number = e.number
         AND z.number = e.source_number AND z.amount_paise = e.amount_paise
       LEFT JOIN credits c ON e.source = 'credit' AND c.book = e.book AND c.number = e.source_number
         AND c.entry_number = e.number AND c.amount_paise = e.amount_paise
       LEFT JOIN claims l ON e.source = 'claim' AND l.book = e.book AND l.number = e.source_number
         AND l.entry_book = e.book AND l.entry_number = e.number AND l.amount_paise = e.amount_paise
       LEFT JOIN (bank_line_postings p JOIN bank_lines n ON n.id = p.line)
         ON e.source = 'bank-line' AND p.line = e.source_number AND p.book = e.book AND p.entry_number = e.number
         AND n.amount_paise = e.amount_paise
       LEFT JOIN credit_parts q ON e.kind = 'suspense-cleared' AND e.source = 'bank-line' AND q.line = e.source_number
         AND q.entry_book = e.book AND q.entry_number = e.number
       LEFT JOIN (approval_entries g JOIN decisions x ON x.approval = g.approval AND x.decision = 'approved')
         ON e.source = 'approval' AND g.approval = e.source_number AND g.book = e.book AND g.entry_number = e.number
       LEFT JOIN advised_settlements v ON e.source = 'settlement' AND v.id = e.source_number AND e.book = 0
         AND CASE e.kind WHEN 'return' THEN v.returned_entry ELSE v.entry_number END = e.number
         AND v.amount_paise = e.amount_paise"""
OTHER_ENTRIES = Pass(
    "each other entry and its source",
    _SOURCES,
    _SOURCES,
    "e.business_day >= %(since)s AND e.kind <> 'payment'",
    "e.book, e.number",
)
_NO_SOURCE = f"format('entry %%s (%%s %%s) has no source, or another amount', {ENTRY}, e.source, e.source_number)"

_OUTCOMES = "('held', 'captured', 'voided', 'refunded', 'credited', 'claimed')"
_POSTINGS = """
         SELECT 'held' AS outcome, book, number FROM debits WHERE expires_at IS NOT NULL{of_the_day}
         UNION ALL SELECT state::text, book, number FROM debits WHERE state IN ('captured', 'voided'){of_the_day}
         UNION ALL SELECT 'refunded', book, entry_number FROM refunds WHERE approval IS NULL{at_the_time}
         UNION ALL SELECT 'credited', book, number FROM credits WHERE true{of_the_day}
         UNION ALL SELECT 'claimed', book, number FROM claims WHERE true{of_the_day}"""
_ALL_POSTINGS = _POSTINGS.format(of_the_day="", at_the_time="")
_POSTINGS_SINCE = _POSTINGS.format(
    of_the_day=" AND business_day >= %(since)s", at_the_time=" AND refunded_at >= %(began)s"
)
_NAMES_NOTHING = """format('key %%s of client %%s (%%s) names %%s-%%s, which is not there', key_text(k.key), k.client,
         k.outcome, k.book, k.number)"""
_NO_KEY = "format('%%s %%s-%%s has no key that it answers', x.outcome, x.book, x.number)"
_TWICE = """SELECT format('%%s keys (%%s) name one posting %%s-%%s', count(*), min(k.outcome), k.book, k.number)
       FROM keys k WHERE k.outcome IN {outcomes} AND {where}
       GROUP BY k.outcome, k.book, k.number HAVING count(*) > 1"""
_COUNTS_DIFFER = f"""(SELECT count(*) FROM keys WHERE outcome IN {_OUTCOMES})
         <> (SELECT count(*) FROM ({_ALL_POSTINGS}) postings)"""  # noqa: S608 (our own text)
# Where each key names a posting, each posting has a key, and there are as many of one as of the other, none has two.
_KEYS = f"""SELECT CASE WHEN x.number IS NULL THEN {_NAMES_NOTHING} ELSE {_NO_KEY} END
       FROM (SELECT * FROM keys WHERE outcome IN {_OUTCOMES}) k FULL JOIN ({_ALL_POSTINGS}) x
         ON x.book = k.book AND x.number = k.number AND x.outcome = k.outcome
       WHERE k.key IS NULL OR x.number IS NULL
       UNION ALL
       {_TWICE.format(outcomes=_OUTCOMES, where=_COUNTS_DIFFER)}"""  # noqa: S608 (our own text)
_KEYS_SINCE = f"""SELECT {_NAMES_NOTHING} FROM keys k
       LEFT JOIN debits d ON d.book = k.book AND d.number = k.number
         AND CASE k.outcome WHEN 'held' THEN d.expires_at IS NOT NULL ELSE d.state::text = k.outcome END
       LEFT JOIN refunds r ON k.outcome = 'refunded' AND r.book = k.book AND r.entry_number = k.number
       LEFT JOIN credits c ON k.outcome = 'credited' AND c.book = k.book AND c.number = k.number
       LEFT JOIN claims l ON k.outcome = 'claimed' AND l.book = k.book AND l.number = k.number
       WHERE k.recorded_at >= %(began)s AND k.outcome IN {_OUTCOMES}
         AND d.number IS NULL AND r.book IS NULL AND c.number IS NULL AND l.number IS NULL
       UNION ALL
       {_TWICE.format(outcomes=_OUTCOMES, where="k.recorded_at >= %(began)s")}
       UNION ALL
       SELECT {_NO_KEY} FROM ({_POSTINGS_SINCE}) x
       LEFT JOIN (SELECT * FROM keys WHERE recorded_at >= %(began)s) k
         ON k.book = x.book AND k.number = x.number AND k.outcome = x.outcome WHERE k.key IS NULL"""  # noqa: S608
_LINES = f"""SELECT format('bank line %%s (%%s): its entries (%%s) move %%s paise of the bank, the line is of %%s',
         p.line, p.disposition, y.kind, coalesce(e.paise, 0), l.amount_paise)
       FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line
       LEFT JOIN entries y ON y.book = p.book AND y.number = p.entry_number
       LEFT JOIN (
         SELECT x.line, sum(x.amount_paise) AS paise FROM (
           SELECT source_number AS line, amount_paise, debit_account, credit_account
           FROM entries WHERE source = 'bank-line' AND business_day >= %(since)s::date - 1
           UNION ALL
           SELECT r.line, o.amount_paise, o.debit_account, o.credit_account FROM receivables r
           JOIN entries o ON o.book = 0 AND o.source = 'receivable' AND o.source_number = r.id
           UNION ALL
           SELECT a.line, o.amount_paise, o.debit_account, o.credit_account FROM settlement_advices a
           JOIN advised_settlements i ON i.advice = a.id
           JOIN entries o ON o.book = 0 AND o.number = i.entry_number) x
         JOIN bank_lines z ON z.id = x.line AND z.bank_account IN (x.debit_account, x.credit_account)
         GROUP BY x.line) e ON e.line = p.line
       WHERE (e.paise IS DISTINCT FROM l.amount_paise OR y.book IS NULL OR NOT {ENTRY_TELLS_DISPOSITION})
         AND p.posted_at >= %(began)s"""  # noqa: S608 (our own text)
ONE_SET_OF_ENTRIES = Law(
    10,
    "one_set_of_entries_per_source",
    "Each key, capture, advice and bank line has one set of entries, and every such entry has its source.",
    "keys a_key_has_one_answer, entries_pay_a_debit_once, entries_once_per_source, entries_once_per_bank_line and"
    " bank_line_postings_pkey",
    query=f"{_KEYS} UNION ALL {_LINES} UNION ALL {TIES}",
    query_since=f"{_KEYS_SINCE} UNION ALL {_LINES} UNION ALL {TIES}",
    faults=(
        Fault(
            PAYMENTS,
            """e.number IS NOT NULL AND (d.number IS NULL OR d.entry_number IS DISTINCT FROM e.number
                 OR d.captured_paise <> e.amount_paise)""",
            _NO_SOURCE,
        ),
        Fault(
            OTHER_ENTRIES,
            """(e.kind = 'refund' AND r.book IS NULL) OR (e.kind = 'rebate' AND z.book IS NULL)
               OR (e.source = 'credit' AND e.kind NOT IN ('recovery', 'return') AND c.book IS NULL)
               OR (e.source = 'claim' AND e.kind <> 'recovery' AND l.book IS NULL)
               OR (e.source = 'approval' AND e.kind <> 'recovery' AND g.book IS NULL)
               OR ((e.source = 'settlement' OR e.kind = 'settlement') AND v.id IS NULL)
               OR (e.source = 'bank-line' AND e.kind NOT IN ('recovery', 'return') AND p.book IS NULL
                 AND q.line IS NULL)""",
            _NO_SOURCE,
        ),
    ),
)
