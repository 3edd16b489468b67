"""Accounts: what money is. Their kinds, their normal sides, and the chart of those that are our own."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection

from wallet_service.errors import AccountNotFound
from wallet_service.identifiers import AccountCode

POOL = AccountCode("bank:sbi:pool")
CHARGES = AccountCode("bank:charges")
INTEREST = AccountCode("bank:interest")
TRANSIT = AccountCode("transit:top-ups")
SUSPENSE = AccountCode("suspense:bank-credits")
DIFFERENCES = AccountCode("suspense:differences")
OPENING = AccountCode("opening:balances")
ALL_WALLETS = AccountCode("wallet:*")
"""The control account under which the wallets stand together in a trial balance."""


class AccountKind(StrEnum):
    """What an account is; its kind decides its normal side."""

    WALLET = "wallet"
    DEPARTMENT = "department"
    BANK = "bank"
    CHARGES = "charges"
    INTEREST = "interest"
    TRANSIT = "transit"
    SUSPENSE = "suspense"
    DIFFERENCES = "differences"
    RECEIVABLE = "receivable"
    OPENING = "opening"

    @property
    def is_debit(self) -> bool:
        """Say whether the account grows by debits: an asset, an expense, or something owed to the scheme."""
        return self in _DEBIT_SIDE


_DEBIT_SIDE = frozenset(
    {AccountKind.BANK, AccountKind.CHARGES, AccountKind.TRANSIT, AccountKind.DIFFERENCES, AccountKind.RECEIVABLE}
)


def open_account(connection: Connection, code: AccountCode) -> int:
    """Open one of the house's accounts (``department:…``, ``bank:…``, ``receivable:…``), if need be; return its id."""
    found = connection.exec_driver_sql("SELECT open_account(%s)", (code,)).scalar_one()
    return int(found)


def get_account(connection: Connection, code: AccountCode) -> tuple[int, AccountKind]:
    """Return an account's id and kind.

    Raises:
        AccountNotFound.
    """
    row = connection.exec_driver_sql("SELECT id, kind FROM accounts WHERE code = %s", (code,)).one_or_none()
    if row is None:
        raise AccountNotFound(account=code)
    return row.id, AccountKind(row.kind)
