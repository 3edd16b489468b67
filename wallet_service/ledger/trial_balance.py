"""The proof that all debits equal all credits, now or as of a business day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import DayInFuture
from wallet_service.identifiers import AccountCode
from wallet_service.ledger.accounts import ALL_WALLETS, AccountKind
from wallet_service.money import Paise


@dataclass(frozen=True)
class TrialBalanceLine:
    """An account's balance, in paise, in the column on whose side it stands; the other is zero."""

    account: AccountCode
    debit: Paise
    credit: Paise


@dataclass(frozen=True)
class TrialBalance:
    """Every account that ever moved, the wallets together under one control account, with both totals in paise."""

    as_of: date
    lines: list[TrialBalanceLine]

    @property
    def debits(self) -> Paise:
        """Return the sum of the debit column."""
        return Paise(sum(line.debit for line in self.lines))

    @property
    def credits(self) -> Paise:
        """Return the sum of the credit column."""
        return Paise(sum(line.credit for line in self.lines))

    @property
    def difference(self) -> Paise:
        """Return debits less credits: zero, or the books are broken."""
        return Paise(self.debits - self.credits)


_HOUSE = "SELECT code, kind::text, balance_paise FROM house_balances(%(day)s) ORDER BY code"
_WALLETS_NOW = "SELECT coalesce(sum(current_paise), 0)::bigint FROM books WHERE id <> 0"
_WALLETS_AS_OF = "SELECT balance_paise FROM wallets_balance(%(day)s)"


def trial_balance(connection: Connection, as_of: date | None = None) -> TrialBalance:
    """Return the trial balance now (from the wallets' stored balances) or at the end of a business day.

    Call it on a snapshot, so that every figure is of one instant.

    Raises:
        DayInFuture.
    """
    today: date = connection.exec_driver_sql("SELECT india_today()").scalar_one()
    if as_of is not None and as_of > today:
        raise DayInFuture(day=as_of)
    last: date = connection.exec_driver_sql("SELECT greatest(max(open_day), india_today()) FROM books").scalar_one()
    day = {"day": as_of or last}
    wallets: int = connection.exec_driver_sql(
        _WALLETS_NOW if as_of is None else _WALLETS_AS_OF, None if as_of is None else day
    ).scalar_one()
    lines = [
        _line(AccountCode(row.code), Paise(row.balance_paise), debit_side=AccountKind(row.kind).is_debit)
        for row in connection.exec_driver_sql(_HOUSE, day)
    ]
    return TrialBalance(as_of or today, [*lines, _line(ALL_WALLETS, Paise(wallets), debit_side=False)])


def _line(account: AccountCode, paise: Paise, *, debit_side: bool) -> TrialBalanceLine:
    """Return a balance in its column: a negative one stands on the other side."""
    in_debit = paise if debit_side else -paise
    return TrialBalanceLine(account, debit=Paise(max(in_debit, 0)), credit=Paise(max(-in_debit, 0)))
