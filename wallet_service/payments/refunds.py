"""Refunds: what a department did not take goes back to the wallet, whole or in part, never above what was captured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from wallet_service.identifiers import DebitId, EntryId
from wallet_service.ledger.balances import Balance
from wallet_service.ledger.idempotency import POSTED, Key, refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise


@dataclass(frozen=True)
class Refund:
    """A refund; its id is its entry's. *cause* is ``failed`` (the department did not take it) or ``paid``."""

    id: str
    debit: str
    amount: Paise
    cause: str
    reason: str
    posted_at: datetime
    business_day: date


@dataclass(frozen=True)
class RefundAnswer:
    """The answer to a refund's key: the refund, and the wallet after it."""

    refund: Refund
    balance: Balance
    replayed: bool


def refund(
    connection: Statements, debit_id: DebitId, *, amount: Paise, reason: str, cause: str = "failed", key: Key
) -> RefundAnswer:
    """Give *amount* paise of a captured debit back: Dr department, Cr wallet.

    Raises:
        DebitNotFound, DebitNotCaptured, RefundExceedsCapture, WalletClosed, KeyReused, KeyAbandoned.
        RefundNeedsApproval: the cause is ``paid``, or the payment is more than seven days old.
    """
    row = connection.exec_driver_sql(
        "SELECT a.replayed, a.outcome, a.current_paise, a.held_paise, a.facts, a.business_day, (a.refund).*"
        " FROM refund(%s, %s, %s, %s, %s, %s, %s, %s) AS a",
        (key.client_id, key.text, key.request_hash, debit_id.book, debit_id.number, amount, cause, reason),
    ).one()
    if row.outcome not in POSTED:
        raise refusal(row.outcome, row.facts, replayed=row.replayed)
    return RefundAnswer(
        refund=Refund(
            id=str(EntryId(debit_id.book, row.entry_number)),
            debit=str(DebitId(debit_id.book, row.debit_number)),
            amount=Paise(row.amount_paise),
            cause=row.cause,
            reason=row.reason,
            posted_at=row.refunded_at,
            business_day=row.business_day,
        ),
        balance=Balance(Paise(row.current_paise), Paise(row.held_paise)),
        replayed=row.replayed,
    )
