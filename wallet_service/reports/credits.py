"""What topped wallets up, and what of it was taken back: one line for each entry that moves a wallet and is no payment.

`credit` is what the wallet had of it, `debit` what it gave.
"""

from __future__ import annotations

from wallet_service.reports.cells import SOURCE, in_book, rupees, words
from wallet_service.reports.report import Report

CREDITS = Report(
    "credits",
    {
        "id": in_book("e.number"),
        "wallet": "e.code",
        "kind": "e.kind",
        "credit": f"CASE e.credit_account WHEN e.book THEN {rupees('e.amount_paise')} END",
        "debit": f"CASE e.debit_account WHEN e.book THEN {rupees('e.amount_paise')} END",
        "posted_at": "e.posted_at",
        "business_day": "e.business_day",
        "value_date": "e.value_date",
        "source": SOURCE,
        "channel": "e.channel",
        "bank_reference": words("e.bank_reference"),
        "branch_code": words("e.branch_code"),
    },
    more=("coalesce(a.channel::text, l.mode::text) AS channel", "a.bank_reference", "l.branch_code"),
    joins="LEFT JOIN credits a ON e.source = 'credit' AND a.book = e.book AND a.number = e.source_number"
    " LEFT JOIN claims l ON e.source = 'claim' AND l.book = e.book AND l.number = e.source_number",
    only="e.book <> 0 AND e.source <> 'debit'",
)
