"""What the service shows of the books: every row of a history's wallets, as the service's own verbs return it."""

from __future__ import annotations

from datetime import date, timedelta

from tests.books import ALL_LAWS
from wallet_service.database import Database
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger import balances, laws, passbook, trial_balance
from wallet_service.money import Paise
from wallet_service.payments import claims, credits, debits, lookups, wallets

CLIENT = 1
_WIDE = 200


class Shown:
    """Books that can be looked at."""

    database: Database

    def wallets(self) -> list[wallets.Wallet]:
        """Return every wallet as it stands, by code."""
        with self.database.statement() as connection:
            return wallets.list_wallets(connection, after=None, limit=_WIDE)

    def debits(self, code: OperatorCode) -> list[debits.Debit]:
        """Return a wallet's debits as they stand."""
        with self.database.statement() as connection:
            return lookups.find(connection, client_id=CLIENT, wallet=code, after=None, limit=_WIDE)

    def credits(self, code: OperatorCode) -> list[credits.Credit]:
        """Return a wallet's credits as they stand."""
        with self.database.statement() as connection:
            return credits.find(connection, client_id=CLIENT, wallet=code, after=None, limit=_WIDE)

    def passbook(self, code: OperatorCode) -> list[passbook.Line]:
        """Return a wallet's entries."""
        with self.database.statement() as connection:
            return passbook.passbook(connection, code, first=None, last=None, after=None, limit=_WIDE).lines

    def as_of(self, code: OperatorCode, day: date) -> Paise:
        """Return a wallet's balance at the end of a day."""
        with self.database.statement() as connection:
            return balances.balance_as_of(connection, code, day)

    def trial_balance(self, day: date | None = None) -> dict[str, int]:
        """Return what each account stands at, debits less credits."""
        with self.database.snapshot() as connection:
            lines = trial_balance.trial_balance(connection, day).lines
        return {line.account: line.debit - line.credit for line in lines if line.debit != line.credit}

    def faults(self, since: date) -> dict[int, list[str]]:
        """Return the laws that do not hold, by number, with the rows they name."""
        with self.database.snapshot() as connection:
            findings = laws.check(connection, ALL_LAWS, since - timedelta(days=1))
        return {finding.law.number: finding.rows for finding in findings if finding.faults}

    def claims(self, code: OperatorCode) -> list[claims.Claim]:
        """Return a wallet's claims as they stand."""
        with self.database.statement() as connection:
            return claims.find(connection, client_id=CLIENT, wallet=code, after=None, limit=_WIDE)
