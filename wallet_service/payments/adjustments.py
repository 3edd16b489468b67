"""What finance does beside any break, and nobody alone: a refund by order, a balance from before, another limit.

A balance that was brought in by mistake is reversed, which nobody does alone either.
"""

from __future__ import annotations

from sqlalchemy import Connection

from wallet_service.errors import InvalidRequest
from wallet_service.identifiers import DebitId, EntryId, OperatorCode
from wallet_service.money import Paise
from wallet_service.payments import approvals
from wallet_service.payments.approvals import Approval, Proposed

LIMITS = ("advice", "untied-per-wallet", "untied-in-all")


def propose_refund(
    connection: Connection,
    debit: DebitId,
    *,
    amount: Paise,
    cause: str,
    order_number: str,
    reason: str,
    by: str,
) -> Approval:
    """Propose to give *amount* paise of a captured debit back by a department's order, however old the payment is.

    Raises:
        ResolutionNotPossible.
    """
    facts = {"debit": str(debit), "amount_paise": amount, "cause": cause, "order_number": order_number}
    return approvals.propose(connection, Proposed.REFUND, facts, about=None, reason=reason, by=by)


def propose_balance(connection: Connection, wallet: OperatorCode, *, amount: Paise, reason: str, by: str) -> Approval:
    """Propose to bring in a wallet's balance from before this ledger, in paise.

    Raises:
        ResolutionNotPossible.
    """
    facts = {"wallet": wallet, "amount_paise": amount}
    return approvals.propose(connection, Proposed.BRING_IN_BALANCE, facts, about=None, reason=reason, by=by)


def propose_reversal(connection: Connection, entry: EntryId, *, reason: str, by: str) -> Approval:
    """Propose to undo a wallet's balance that was brought in by mistake; what is spent of it, the operator owes.

    Raises:
        ResolutionNotPossible.
    """
    return approvals.propose(
        connection, Proposed.REVERSE_ENTRY, {"entry": str(entry)}, about=None, reason=reason, by=by
    )


def propose_limit(connection: Connection, limit: str, *, to: Paise, reason: str, by: str) -> Approval:
    """Propose another limit, in paise, on what is credited before the bank has shown it. The present one is told.

    Raises:
        InvalidRequest: there is no such limit.
        ResolutionNotPossible.
    """
    found = connection.exec_driver_sql("SELECT limit_paise FROM limits WHERE name = %s", (limit,)).scalar_one_or_none()
    if found is None:
        raise InvalidRequest({"limit": [f"One of: {', '.join(LIMITS)}."]})
    facts = {"limit": limit, "from_paise": found, "to_paise": to}
    return approvals.propose(connection, Proposed.CHANGE_LIMIT, facts, about=None, reason=reason, by=by)
