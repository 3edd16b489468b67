"""What wallets paid to departments, and what came back of it: one line for each payment, rebate and refund.

Consumer and application numbers and narrations are personal data and stay behind. So does what a debit's row says of
its state: it changes later, and an export does not.
"""

from __future__ import annotations

from wallet_service.reports.cells import in_book, rupees, words
from wallet_service.reports.report import Report

DEBITS = Report(
    "debits",
    {
        "id": in_book("e.source_number", "D"),
        "wallet": "e.code",
        "department": "e.department",
        "service": "e.service",
        "service_ticket_no": words("e.service_ticket_no"),
        "kind": "e.kind",
        "amount": rupees("e.amount_paise"),
        "posted_at": "e.posted_at",
        "business_day": "e.business_day",
        "entry": in_book("e.number"),
    },
    more=("x.department", "x.service", "x.service_ticket_no"),
    joins="JOIN debits x ON x.book = e.book AND x.number = e.source_number",
    only="e.source = 'debit'",
)
