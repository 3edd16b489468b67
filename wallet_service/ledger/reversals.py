"""Undo an entry with its mirror image, once; and bring in a wallet's balance from before, the one event undone so."""

from __future__ import annotations

from wallet_service.identifiers import EntryId, OperatorCode
from wallet_service.ledger.idempotency import refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise


def reverse(connection: Statements, entry: EntryId, *, reason: str, by: str) -> EntryId:
    """Post the mirror image of an entry and return its id. Payments, advices and bank lines have verbs of their own.

    What the wallet cannot bear is owed by its operator, and repaid by the next top-up.

    Raises:
        EntryNotFound, AlreadyReversed, EntryNotReversible.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, facts, entry FROM reverse_entry(%s, %s, %s, %s)", (entry.book, entry.number, reason, by)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    return EntryId.parse(row.entry)


def bring_in_balance(connection: Statements, operator_code: OperatorCode, amount: Paise, *, by: str) -> EntryId:
    """Post a wallet's balance from before this ledger, in paise, and return the entry's id. Once, unless reversed.

    Raises:
        WalletNotFound, WalletClosed, BalanceBroughtIn.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, entry FROM bring_in_wallet_balance(%s, %s, %s)", (operator_code, amount, by)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, {"wallet": operator_code})
    return EntryId.parse(row.entry)
