"""Verification of payment: was this application, ticket or certificate paid; and what is not known of it here.

Source: domain facts S24: verification of payment is a step of the public-service agreement.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from wallet_service.money import Paise
from wallet_service.payments.certificates import OF_CERTIFICATE
from wallet_service.payments.department_payments import PAYMENT_COLUMNS, DepartmentPayment, payment_of
from wallet_service.payments.standing import BESIDE_JOINS

MOST = 50


@dataclass(frozen=True)
class Verification:
    """Whether a demand is paid, and *amount*, the paise that were paid, less rebates and refunds, in all *payments*.

    *words* say it for people, and *not_known* what these books do not tell. What is absent and what is another
    department's are told alike.
    """

    paid: bool
    amount: Paise
    words: str
    not_known: str
    payments: Sequence[DepartmentPayment]


def verify(
    connection: Connection,
    *,
    departments: Collection[str] | None,
    application_no: str | None = None,
    service_ticket_no: str | None = None,
    certificate_no: str | None = None,
) -> Verification:
    """Return what is known by one of three numbers of payments to *departments*; None: to any.

    Up to 50 are told: those that pay it first, then what is held, each by the time when it was placed.
    """
    asked = {
        "departments": None if departments is None else sorted(departments),
        "application": application_no,
        "ticket": service_ticket_no,
        "certificate": certificate_no,
        "most": MOST,
    }
    (narrowing,) = [clause for name, clause in _BY.items() if asked[name] is not None]
    rows = connection.exec_driver_sql(_FOUND.format(narrowing=narrowing), asked)
    return told([payment_of(row) for row in rows])


def told(payments: Sequence[DepartmentPayment]) -> Verification:
    """Return what is said of the payments found for one demand."""
    amount = Paise(sum(each.captured - each.rebate - each.refunded for each in payments))
    awaited = [each.answer_due for each in payments if each.answer_due is not None]
    answered = sorted({each.answer for each in payments if each.answer is not None})
    if amount:
        words = "Paid."
    elif any(each.state == "held" for each in payments):
        words = "Not paid: the money is set aside, and is captured or given back later."
    elif payments:
        words = "Not paid: what was set aside or paid was given back."
    else:
        words = "Nothing was paid or set aside at these counters under this number."
    if awaited:
        not_known = f"Whether the department has it: its answer is awaited by {min(awaited)}."
    elif answered:
        not_known = f"Why it stands otherwise here than the department answered: {' and '.join(answered)}."
    elif payments:
        not_known = "Whether the department has booked it: that is in its own books."
    else:
        not_known = "What was paid elsewhere, or under another number."
    return Verification(amount > 0, amount, words, not_known, payments)


_BY = {
    "application": "d.application_no = %(application)s",
    "ticket": "d.service_ticket_no = %(ticket)s",
    "certificate": f"(d.book, d.number) IN ({OF_CERTIFICATE})",
}
_FOUND = f"""
SELECT {PAYMENT_COLUMNS}
FROM (SELECT * FROM debits d
      WHERE {{narrowing}} AND coalesce(d.department = ANY (%(departments)s::text[]), true)
      ORDER BY d.refunded_paise < d.captured_paise DESC, d.state = 'held' DESC, d.placed_at, d.book, d.number
      LIMIT %(most)s) d
JOIN books b ON b.id = d.book LEFT JOIN entries e ON e.book = d.book AND e.number = d.entry_number
{BESIDE_JOINS}
ORDER BY d.refunded_paise < d.captured_paise DESC, d.state = 'held' DESC, d.placed_at, d.book, d.number
"""  # noqa: S608 (our own text)
