"""The bank accounts whose statements are taken in. A number is bound once, by hand or by the first file released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import BankAccountExists, BankAccountNotFound
from wallet_service.identifiers import AccountCode
from wallet_service.ledger.accounts import open_account

NAME = r"[a-z0-9]+(?::[a-z0-9-]+)*"
"""How a bank account is called: ``sbi:pool``. In the books it is ``bank:sbi:pool``."""


@dataclass(frozen=True)
class BankAccount:
    """A bank account. *number* is None until it is bound; *begins_on*, None where the first file decides it."""

    id: int
    name: str
    number: str | None
    begins_on: date | None = None

    @property
    def code(self) -> AccountCode:
        """Return its account in the books."""
        return AccountCode(f"bank:{self.name}")


def add(connection: Connection, name: str, number: str, *, begins_on: date | None = None, by: str) -> BankAccount:
    """Add a bank account, or bind the number of one that has none yet; the same again changes nothing.

    Its statements count from *begins_on*: files of later days wait until that of this day is there. While it has no
    line yet, another day may be given.

    Raises:
        BankAccountExists: it has another number, or the number is another account's.
    """
    holder = find_by_number(connection, number)
    if holder is not None and holder.name != name:
        raise BankAccountExists(bank_account=holder.name, number=number)
    account = open_account(connection, AccountCode(f"bank:{name}"))
    lock(connection, account)  # Its first file may be released at this moment.
    connection.exec_driver_sql(
        "INSERT INTO bank_accounts (account, name, number, begins_on, bound_by) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (account)"
        " DO UPDATE SET number = excluded.number, begins_on = excluded.begins_on, bound_by = excluded.bound_by"
        " WHERE bank_accounts.number IS NULL OR (bank_accounts.number = excluded.number"
        " AND excluded.begins_on IS NOT NULL"
        " AND NOT EXISTS (SELECT FROM bank_lines l WHERE l.bank_account = bank_accounts.account))",
        (account, name, number, begins_on, by),
    )
    found = get(connection, account)
    if found.number != number:
        raise BankAccountExists(bank_account=name, number=found.number)
    return found


def get(connection: Connection, account: int) -> BankAccount:
    """Return a bank account by its account's id.

    Raises:
        BankAccountNotFound.
    """
    row = connection.exec_driver_sql(
        "SELECT account, name, number, begins_on FROM bank_accounts WHERE account = %s", (account,)
    ).one_or_none()
    if row is None:
        raise BankAccountNotFound(account=account)
    return BankAccount(*row)


def find_by_number(connection: Connection, number: str) -> BankAccount | None:
    """Return the bank account that has a number."""
    row = connection.exec_driver_sql(
        "SELECT account, name, number, begins_on FROM bank_accounts WHERE number = %s", (number,)
    ).one_or_none()
    return BankAccount(*row) if row else None


def named(connection: Connection, name: str) -> BankAccount:
    """Return the bank account of a name.

    Raises:
        BankAccountNotFound.
    """
    row = connection.exec_driver_sql(
        "SELECT account, name, number, begins_on FROM bank_accounts WHERE name = %s", (name,)
    ).one_or_none()
    if row is None:
        raise BankAccountNotFound(bank_account=name)
    return BankAccount(*row)


def list_bank_accounts(connection: Connection) -> list[BankAccount]:
    """Return every bank account by name."""
    return [
        BankAccount(*row)
        for row in connection.exec_driver_sql(
            "SELECT account, name, number, begins_on FROM bank_accounts ORDER BY name"
        )
    ]


def lock(connection: Connection, account: int) -> None:
    """Lock a bank account until the transaction ends: its chain grows by one file at a time."""
    connection.exec_driver_sql("SELECT FROM bank_accounts WHERE account = %s FOR UPDATE", (account,))


def bind(connection: Connection, account: int, number: str, *, by: str) -> None:
    """Bind the number of a locked account that has none."""
    connection.exec_driver_sql(
        "UPDATE bank_accounts SET number = %s, bound_by = %s WHERE account = %s AND number IS NULL",
        (number, by, account),
    )
