"""Balances of a wallet: current, held and available; now, or current as of a business day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import DayInFuture, WalletNotFound
from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise

LAST_NUMBER_SQL = """(
  SELECT CASE WHEN %(day)s <= (SELECT max(day) FROM days WHERE closed_at IS NOT NULL)
    THEN (SELECT x.number FROM day_books x WHERE x.book = b.id AND x.day <= %(day)s ORDER BY x.day DESC LIMIT 1)
    ELSE (SELECT x.number FROM entries x WHERE x.book = b.id AND x.business_day <= %(day)s
          ORDER BY x.number DESC LIMIT 1) END)"""
"""The number of a book's last entry up to a day: from the closed days' sums, else back from the end over open days."""


@dataclass(frozen=True)
class Balance:
    """What a wallet has, in paise: the sum of its entries, and what of it is held."""

    current: Paise
    held: Paise

    @property
    def available(self) -> Paise:
        """Return what can be spent."""
        return Paise(self.current - self.held)


def balance(connection: Connection, operator_code: OperatorCode) -> Balance:
    """Return a wallet's balances now.

    Raises:
        WalletNotFound.
    """
    row = connection.exec_driver_sql(
        "SELECT current_paise, held_paise FROM books WHERE code = %s AND id <> 0", (operator_code,)
    ).one_or_none()
    if row is None:
        raise WalletNotFound(wallet=operator_code)
    return Balance(Paise(row.current_paise), Paise(row.held_paise))


def balance_as_of(connection: Connection, operator_code: OperatorCode, day: date) -> Paise:
    """Return a wallet's current balance, in paise, at the end of a business day (or so far, on the open day).

    Raises:
        WalletNotFound, DayInFuture.
    """
    row = connection.exec_driver_sql(
        f"""SELECT india_today() AS today,
              (SELECT e.balance_paise FROM entries e WHERE e.book = b.id AND e.number = {LAST_NUMBER_SQL}) AS paise
            FROM books b WHERE b.code = %(code)s AND b.id <> 0""",  # noqa: S608 (our own text)
        {"code": operator_code, "day": day},
    ).one_or_none()
    if row is None:
        raise WalletNotFound(wallet=operator_code)
    if day > row.today:
        raise DayInFuture(day=day)
    return Paise(row.paise or 0)
