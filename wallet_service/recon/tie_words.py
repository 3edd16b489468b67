"""What a row and a payment were found to be, said to a clerk in a sentence; empty if there is nothing to say. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from wallet_service.dates import financial_year
from wallet_service.money import rupees_for_people
from wallet_service.recon.tie_out import Found, Ours, Theirs

NEXT_STEPS: Mapping[Found, str] = {
    Found.OURS_ONLY: "Wait for the department's next list; if it is not in that either, ask the department.",
    Found.THEIRS_ONLY: "Ask the department for the operator and the proof; no payment of ours bears these numbers.",
    Found.AMOUNT_DIFFERS: "Ask the department for its receipt, and compare the amount with the operator's.",
    Found.PAID_TWICE_HERE: "Ask the department whether it has both; if not, propose a refund of this one.",
    Found.PAID_TWICE_THERE: "Ask the department to take one of its two receipts back.",
    Found.FAILED_THERE: "Propose a refund: the department says that it did not take the payment.",
    Found.PAID_THERE: "Ask the operator to pay it: the department has receipted what the wallet did not pay.",
}
_STATES = {"held": "is only held", "voided": "was voided", "expired": "lapsed unpaid", "captured": "was given back"}


def words(found: Found, row: Theirs | None, ours: Ours | None, beside: str | None) -> str:
    """Return the sentence; *beside* is the id of the payment that is repeated."""
    theirs = _theirs(row) if row else ""
    if found is Found.AGREED and row and ours:
        return _late(row, ours)
    if found is Found.NOT_PAID:
        return "" if row and ours else _not_paid(row)
    if found is Found.OURS_ONLY and ours:
        return f"Paid here on {ours.day:%d/%m/%Y}, ticket {ours.ticket}; the department's list does not have it."
    if found is Found.PAID_TWICE_HERE and ours:
        return f"Paid here on {ours.day:%d/%m/%Y}, ticket {ours.ticket}, as {beside} was; the department tells of one."
    if found is Found.PAID_TWICE_THERE:
        return f"{theirs}, besides what it tells of {beside}: two of theirs for one of ours."
    if found is Found.AMOUNT_DIFFERS and ours:
        return f"{theirs}; here {rupees_for_people(ours.amount)} on {ours.day:%d/%m/%Y}."
    if found is Found.FAILED_THERE and ours:
        return f"Paid here on {ours.day:%d/%m/%Y}, ticket {ours.ticket}; the department says that it failed."
    if found is Found.PAID_THERE and ours:
        return f"{theirs}; here ticket {ours.ticket} {_STATES[ours.state]}."
    return f"{theirs}; nothing here bears these numbers."


def _theirs(row: Theirs) -> str:
    numbers = (("ticket", row.ticket), ("application", row.application), ("receipt", row.receipt))
    known = ", ".join(f"{name} {number}" for name, number in numbers if number and name != "application")
    return f"The department has {rupees_for_people(row.amount)} on {row.day:%d/%m/%Y}, {known or 'by an application'}"


def _late(row: Theirs, ours: Ours) -> str:
    if row.day == ours.day:
        return ""
    told = f"Theirs on {row.day:%d/%m/%Y}, ours on {ours.day:%d/%m/%Y}"
    if financial_year(row.day) == financial_year(ours.day):
        return f"{told}."
    return f"{told}: its value is of the financial year {financial_year(ours.day)}."


def _not_paid(row: Theirs | None) -> str:
    if row is None:
        return "Given back here, and the department's list does not have it."
    return "The department says that it failed; nothing here was paid for it."
