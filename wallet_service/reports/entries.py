"""Every entry, in every column that an auditor needs."""

from __future__ import annotations

from wallet_service.reports.cells import SOURCE, in_book, rupees
from wallet_service.reports.report import Report

# A wallet's own account is called after its book, so only the house's few accounts are looked up.
ENTRIES = Report(
    "entries",
    {
        "id": in_book("e.number"),
        "book": "e.code",
        "number": "e.number",
        "posted_at": "e.posted_at",
        "business_day": "e.business_day",
        "value_date": "e.value_date",
        "kind": "e.kind",
        "debit_account": "coalesce(e.debited, 'wallet:' || e.code)",
        "credit_account": "coalesce(e.credited, 'wallet:' || e.code)",
        "amount": rupees("e.amount_paise"),
        "balance": rupees("e.balance_paise"),
        "source": SOURCE,
    },
    more=("d.code AS debited", "c.code AS credited"),
    joins="LEFT JOIN accounts d ON d.id = e.debit_account AND d.id < 1000000"
    " LEFT JOIN accounts c ON c.id = e.credit_account AND c.id < 1000000",
)
