"""Debits as they stand: with what is kept beside them, of those of a page alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wallet_service.money import Paise
from wallet_service.payments.answers import Debit, debit_of
from wallet_service.payments.unknowns import unknown

BESIDE_COLUMNS = """u.since AS unknown_since, u.answer_due, u.answer::text AS answer, c.certificate_no,
  coalesce(z.amount_paise, 0) AS rebate_paise"""
BESIDE_JOINS = """LEFT JOIN unknown_payments u ON u.book = d.book AND u.number = d.number AND u.resolved_at IS NULL
LEFT JOIN LATERAL (SELECT certificate_no FROM certificates
  WHERE book = d.book AND number = d.number ORDER BY id DESC LIMIT 1) c ON true
LEFT JOIN rebates z ON z.book = d.book AND z.number = d.number"""


def standing_from(page: str) -> str:
    """Return a query of debits as they stand, out of *page*, a query of debits ``d.*`` and their book's ``code``."""
    return f"SELECT d.*, {BESIDE_COLUMNS} FROM ({page}) d {BESIDE_JOINS}"  # noqa: S608 (our own text)


def standing(row: Any) -> Debit:
    """Return the debit of a row of `standing_from`."""
    debit = debit_of(row, row.code)
    told = None
    if row.unknown_since is not None:
        told = unknown(row.state, since=row.unknown_since, answer_due=row.answer_due, answer=row.answer)
    rebate = Paise(row.rebate_paise)
    refunded = Paise(debit.refunded - rebate)  # A debit's row counts all that went back.
    return replace(debit, refunded=refunded, rebate=rebate, unknown=told, certificate_no=row.certificate_no)
