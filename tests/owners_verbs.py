"""What only `decide` does in the service, done by the owner of the database: tests speak of it without two persons."""

from __future__ import annotations

from sqlalchemy import Connection

from wallet_service.identifiers import CreditId, EntryId, OperatorCode
from wallet_service.ledger.idempotency import refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise
from wallet_service.payments import credits
from wallet_service.payments.credits import Credit


def reverse(connection: Statements, entry: EntryId) -> EntryId:
    """Post the mirror image of an entry and return its id.

    Raises:
        EntryNotFound, AlreadyReversed, EntryNotReversible.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, facts, entry FROM reverse_entry(%s, %s, 'a mistake', 'test')", (entry.book, entry.number)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    return EntryId.parse(row.entry)


def bring_in_balance(connection: Statements, operator_code: OperatorCode, amount: Paise) -> EntryId:
    """Post a wallet's balance from before this ledger, in paise, and return the entry's id.

    Raises:
        WalletNotFound, WalletClosed, BalanceBroughtIn.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, entry FROM bring_in_wallet_balance(%s, %s, 'test')", (operator_code, amount)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, {"wallet": operator_code})
    return EntryId.parse(row.entry)


def withdraw(connection: Connection, credit_id: CreditId, reason: str) -> Credit:
    """Withdraw an advice that the bank never saw.

    Raises:
        CreditNotFound, CreditNotOpen.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, facts FROM withdraw_advice(%s, %s, %s, 'test')", (credit_id.book, credit_id.number, reason)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    return credits.get(connection, credit_id, client_id=None)
