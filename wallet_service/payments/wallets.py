"""Wallets: one per operator. Open, freeze, unfreeze, close; each change is kept with who made it and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import WalletExists, WalletNotFound
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger.balances import Balance
from wallet_service.ledger.idempotency import refusal
from wallet_service.money import Paise


@dataclass(frozen=True)
class Wallet:
    """A wallet as it stands. *state* is ``open``, ``frozen`` or ``closed``; *number* is its last entry's."""

    operator_code: OperatorCode
    centre_code: str
    centre_name: str | None
    centre_name_bn: str | None
    district: str
    state: str
    floor: Paise
    balance: Balance
    number: int


_NO_FLOOR = Paise(0)
_SELECT = """
SELECT b.code, w.centre_code, w.centre_name, w.centre_name_bn, w.district, b.state::text, b.floor_paise,
  b.current_paise, b.held_paise, b.number
FROM books b JOIN wallets w ON w.book = b.id
"""


def open_wallet(
    connection: Connection,
    *,
    operator_code: OperatorCode,
    centre_code: str,
    centre_name: str | None = None,
    centre_name_bn: str | None = None,
    district: str,
    floor: Paise = _NO_FLOOR,
    by: str,
) -> Wallet:
    """Open an operator's wallet, whose available balance debits may not bring below *floor* paise.

    Raises:
        WalletExists.
    """
    opened = connection.exec_driver_sql(
        "SELECT open_wallet(%s, %s, %s, %s, %s, %s, %s)",
        (operator_code, centre_code, centre_name, centre_name_bn, district, floor, by),
    ).scalar_one()
    if opened is None:
        raise WalletExists(wallet=operator_code)
    return get(connection, operator_code)


def get(connection: Connection, operator_code: OperatorCode) -> Wallet:
    """Return a wallet.

    Raises:
        WalletNotFound.
    """
    row = connection.exec_driver_sql(_SELECT + "WHERE b.code = %s", (operator_code,)).one_or_none()
    if row is None:
        raise WalletNotFound(wallet=operator_code)
    return _wallet(row)


def list_wallets(connection: Connection, *, after: str | None, limit: int) -> list[Wallet]:
    """Return up to *limit* wallets in the order of their operator codes, beginning behind *after*."""
    rows = connection.exec_driver_sql(
        _SELECT + 'WHERE b.code COLLATE "C" > %s AND b.id <> 0 ORDER BY b.code COLLATE "C" LIMIT %s',
        (after or "", limit),
    )
    return [_wallet(row) for row in rows]


def freeze(connection: Connection, operator_code: OperatorCode, *, reason: str, by: str) -> Wallet:
    """Refuse the wallet's debits and holds from now on; captures, voids, refunds and credits still pass.

    Raises:
        WalletNotFound, WalletClosed, WalletStateUnchanged.
    """
    return _set_state(connection, operator_code, "freeze", reason, by)


def unfreeze(connection: Connection, operator_code: OperatorCode, *, reason: str, by: str) -> Wallet:
    """Let a frozen wallet pay again.

    Raises:
        WalletNotFound, WalletClosed, WalletStateUnchanged.
    """
    return _set_state(connection, operator_code, "unfreeze", reason, by)


def close(connection: Connection, operator_code: OperatorCode, *, reason: str, by: str) -> Wallet:
    """Close a wallet that has no money, no holds and nothing open.

    Raises:
        WalletNotFound, WalletClosed, WalletNotEmpty.
    """
    return _set_state(connection, operator_code, "close", reason, by)


def _set_state(connection: Connection, operator_code: OperatorCode, event: str, reason: str, by: str) -> Wallet:
    row = connection.exec_driver_sql(
        "SELECT outcome, facts FROM set_wallet_state(%s, %s, %s, %s)", (operator_code, event, reason, by)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    return get(connection, operator_code)


def _wallet(row: Any) -> Wallet:
    return Wallet(
        operator_code=OperatorCode(row.code),
        centre_code=row.centre_code,
        centre_name=row.centre_name,
        centre_name_bn=row.centre_name_bn,
        district=row.district,
        state=row.state,
        floor=Paise(row.floor_paise),
        balance=Balance(Paise(row.current_paise), Paise(row.held_paise)),
        number=row.number,
    )
