"""State Bank of India's account statement of 2026: six columns, and often nothing before them.

Source: domain facts A1.4. It has no value date: a line counts on its date. Exported as CSV its sixteen rows before the
titles are blank, so that it names neither account, period nor opening balance: the account is said by who brings the
file, the rest by its lines. Its ``Details`` are wrapped at a fixed width, in the middle of words (`wraps`).
"""

from __future__ import annotations

from wallet_service.recon.readers import preamble
from wallet_service.recon.readers.layouts import Layout

SIX = Layout(
    "sbi-6",
    {
        "txn date": "date",
        "value date": "date",
        "description": "details",
        "ref no/cheque no": "ref no/cheque no",
        "debit": "debit",
        "credit": "credit",
        "balance": "balance",
    },
    state=preamble.read_what_is_stated,
)
