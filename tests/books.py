"""The words in which tests speak of the books: wallets by name, money as rupees, keys made up as they go."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import text

from tests import owners_verbs
from tests.servers import Servers
from wallet_service.database import Database
from wallet_service.identifiers import CreditId, DebitId, DepartmentCode, EntryId, OperatorCode, ServiceCode
from wallet_service.ledger import balances, days, laws, trial_balance
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.money import Paise, paise, rupees
from wallet_service.payments import certificates, claims, credits, debits, rebates, refunds, unknowns, wallets
from wallet_service.payments import laws as payment_laws
from wallet_service.payments.certificates import CertificateNo
from wallet_service.payments.rebates import Rebate
from wallet_service.payments.unknowns import DepartmentAnswer
from wallet_service.recon import laws as recon_laws

ALL_LAWS = (*laws.LAWS, *payment_laws.LAWS, *recon_laws.LAWS)
_numbers = count(1)


class Books:
    """The books of one database, as a test keeps them. Amounts are rupees with two decimals."""

    def __init__(self, servers: Servers, *, client: int = 1) -> None:
        self.servers = servers
        self.database = Database(servers.service_url, pool_size=24)
        self.owner = Database(servers.owner_url, pool_size=24)
        self.client = client

    def close(self) -> None:
        """Close the connections."""
        self.database.close()
        self.owner.close()

    def key(self, *asked: Any, text: str | None = None, client: int | None = None) -> Key:
        """Return a fresh key, or the one called *text*, for what is asked."""
        name = text or f"key-{next(_numbers)}"
        return Key(client or self.client, name, request_hash("POST", "/test", [str(each) for each in asked]))

    def wallet(self, money: str = "0.00", *, code: str | None = None, floor: str = "0.00") -> OperatorCode:
        """Open a wallet with *money* brought in from before."""
        code_ = OperatorCode(code or f"BSKOP{next(_numbers):07d}")
        with self.database.transaction() as connection:
            wallets.open_wallet(
                connection, operator_code=code_, centre_code="HWH012", district="HWH", floor=paise(floor), by="test"
            )
        if paise(money):
            self.bring_in(code_, money)
        return code_

    def bring_in(self, wallet: OperatorCode, money: str) -> EntryId:
        """Bring in a wallet's balance from before."""
        return self.owner.posting(lambda c: owners_verbs.bring_in_balance(c, wallet, paise(money)))

    def advise(
        self,
        wallet: OperatorCode,
        money: str,
        *,
        reference: str | None = None,
        booked_on: date = date(2026, 4, 2),
        channel: str = "neft",
        key: str | None = None,
    ) -> credits.CreditAnswer:
        """Advise a credit; a fresh NEFT reference unless one is given."""
        reference = reference or f"SBIN3{next(_numbers):011d}"
        keyed = self.key("advise", wallet, money, reference, booked_on, channel, text=key)
        return self.database.posting(
            lambda c: credits.advise(
                c,
                wallet=wallet,
                amount=paise(money),
                bank_reference=reference,
                booked_on=booked_on,
                channel=channel,
                key=keyed,
            )
        )

    def claim(
        self,
        wallet: OperatorCode,
        money: str,
        *,
        deposited_on: date = date(2026, 4, 2),
        mode: str = "cash",
        branch: str | None = "04292",
        cdm: str | None = None,
        slip: str | None = None,
        key: str | None = None,
    ) -> claims.ClaimAnswer:
        """Claim a deposit at a branch, or at a deposit machine."""
        keyed = self.key("claim", wallet, money, deposited_on, mode, branch, cdm, slip, text=key)
        return self.database.posting(
            lambda c: claims.claim(
                c,
                wallet=wallet,
                amount=paise(money),
                deposited_on=deposited_on,
                mode=mode,
                branch_code=branch,
                cdm_no=cdm,
                slip_no=slip,
                key=keyed,
            )
        )

    def withdraw(self, credit: str) -> credits.Credit:
        """Withdraw an advice that the bank never saw."""
        with self.owner.transaction() as connection:
            return owners_verbs.withdraw(connection, CreditId.parse(credit), "never seen")

    def pay(
        self,
        wallet: OperatorCode,
        money: str,
        *,
        department: str = "POD",
        service: str = "001",
        ticket: str | None = None,
        application: str | None = None,
        key: str | None = None,
    ) -> debits.Answer:
        """Pay a department at once."""
        ticket = ticket or f"T{next(_numbers)}"
        keyed = self.key("pay", wallet, money, department, service, ticket if key is None else "", text=key)
        return self.database.posting(
            lambda c: debits.pay(
                c,
                wallet=wallet,
                department=DepartmentCode(department),
                service=ServiceCode(service),
                amount=paise(money),
                service_ticket_no=ticket,
                application_no=application,
                key=keyed,
            )
        )

    def hold(
        self,
        wallet: OperatorCode,
        money: str,
        *,
        department: str = "POD",
        service: str = "001",
        ticket: str | None = None,
        application: str | None = None,
        expires_in: int = 3_600,
        key: str | None = None,
    ) -> debits.Answer:
        """Set money aside for a department."""
        ticket = ticket or f"T{next(_numbers)}"
        keyed = self.key("hold", wallet, money, department, service, expires_in, text=key)
        return self.database.posting(
            lambda c: debits.hold(
                c,
                wallet=wallet,
                department=DepartmentCode(department),
                service=ServiceCode(service),
                amount=paise(money),
                service_ticket_no=ticket,
                application_no=application,
                expires_in=expires_in,
                key=keyed,
            )
        )

    def capture(self, debit: str, money: str | None = None, *, key: str | None = None) -> debits.Answer:
        """Take a hold, in part with *money*."""
        amount = None if money is None else paise(money)
        keyed = self.key("capture", debit, money, text=key)
        return self.database.posting(lambda c: debits.capture(c, DebitId.parse(debit), amount, key=keyed))

    def void(self, debit: str, *, key: str | None = None) -> debits.Answer:
        """Give a hold back."""
        keyed = self.key("void", debit, text=key)
        return self.database.posting(lambda c: debits.void(c, DebitId.parse(debit), key=keyed))

    def refund(self, debit: str, money: str, *, cause: str = "failed", key: str | None = None) -> refunds.RefundAnswer:
        """Refund a captured debit."""
        keyed = self.key("refund", debit, money, cause, text=key)
        return self.database.posting(
            lambda c: refunds.refund(
                c, DebitId.parse(debit), amount=paise(money), reason="refused by the department", cause=cause, key=keyed
            )
        )

    def mark_unknown(self, debit: str) -> debits.Debit:
        """Mark a debit as unknown, and return it as it stands."""
        with self.database.transaction() as connection:
            unknowns.mark(connection, DebitId.parse(debit), client_id=self.client, by="test")
        return self.debit(debit)

    def answer(self, debit: str, answer: str) -> debits.Debit:
        """Let a department's list say what became of a debit, and return it as it stands."""
        with self.database.transaction() as connection:
            unknowns.resolve(connection, DebitId.parse(debit), DepartmentAnswer(answer), "list 1")
        return self.debit(debit)

    def note_certificate(
        self, debit: str, number: str, *, departments: Collection[str] | None = None
    ) -> certificates.Certificate:
        """Keep a certificate's number with a debit; as one of *departments*, if they are named."""
        with self.database.transaction() as connection:
            identity, certificate = DebitId.parse(debit), CertificateNo.parse(number)
            return certificates.note(connection, identity, certificate, departments=departments, by="test")

    def allow_rebate(
        self,
        *,
        basis_points: int | None = None,
        money: str | None = None,
        last_day: date | None = None,
        service: str = "001",
    ) -> None:
        """Let the department of power allow a rebate from today, as the database's owner."""
        owner = Database(self.servers.owner_url, pool_size=1)
        allowed = None if money is None else paise(money)
        power = DepartmentCode("POD"), ServiceCode(service)
        try:
            with owner.transaction() as connection:
                rebates.add(connection, Rebate(*power, basis_points, allowed, self.today(), last_day), by="test")
        finally:
            owner.close()

    def abandon(self, key: str) -> debits.Abandoned | debits.Answer:
        """Spend a key, unless something was posted by it."""
        return self.database.posting(lambda c: debits.abandon(c, key, client_id=self.client))

    def reverse(self, entry: EntryId) -> EntryId:
        """Reverse an entry."""
        return self.owner.posting(lambda c: owners_verbs.reverse(c, entry))

    def freeze(self, wallet: OperatorCode) -> None:
        """Freeze a wallet."""
        with self.database.transaction() as connection:
            wallets.freeze(connection, wallet, reason="test", by="test")

    def debit(self, debit: str) -> debits.Debit:
        """Return a debit as it stands."""
        with self.database.statement() as connection:
            return debits.get(connection, DebitId.parse(debit), client_id=self.client)

    def balance(self, wallet: OperatorCode) -> balances.Balance:
        """Return a wallet's balances in paise."""
        with self.database.statement() as connection:
            return balances.balance(connection, wallet)

    def current(self, wallet: OperatorCode) -> str:
        """Return a wallet's current balance in rupees."""
        return rupees(self.balance(wallet).current)

    def available(self, wallet: OperatorCode) -> str:
        """Return a wallet's available balance in rupees."""
        return rupees(self.balance(wallet).available)

    def account(self, code: str) -> str:
        """Return an account's balance in rupees, positive on its debit side, from the trial balance."""
        found = {str(line.account): Paise(line.debit - line.credit) for line in self.trial_balance().lines}
        return rupees(found.get(code, Paise(0)))

    def trial_balance(self, as_of: date | None = None) -> trial_balance.TrialBalance:
        """Return the trial balance."""
        with self.database.snapshot() as connection:
            return trial_balance.trial_balance(connection, as_of)

    def today(self) -> date:
        """Return the business day by the books' clock."""
        with self.database.statement() as connection:
            found: date = connection.exec_driver_sql("SELECT india_today()").scalar_one()
        return found

    def close_day(self, day: date) -> days.Closed:
        """Close a business day."""
        return days.close(self.database, day)

    def faults(self, since: date | None = None) -> dict[int, list[str]]:
        """Return the laws that do not hold, by number, with the rows they name."""
        with self.database.snapshot() as connection:
            findings = laws.check(connection, ALL_LAWS, since)
        return {finding.law.number: finding.rows for finding in findings if finding.faults}

    def entries(self, book: str) -> list[tuple[str, str, str, str]]:
        """Return a book's entries in order, each as kind, account debited, account credited, and rupees."""
        with self.database.statement() as connection:
            rows = connection.execute(
                text(
                    "SELECT e.kind::text, d.code, c.code, e.amount_paise FROM entries e JOIN books b ON b.id = e.book"
                    " JOIN accounts d ON d.id = e.debit_account JOIN accounts c ON c.id = e.credit_account"
                    " WHERE b.code = :book ORDER BY e.number"
                ),
                {"book": book},
            )
            return [(kind, debit, credit, rupees(Paise(amount))) for kind, debit, credit, amount in rows]

    def as_owner(self, statements: str) -> None:
        """Run SQL as the owner of the database, as a migration would."""
        _run(self.servers.owner_url, statements)

    def spoil(self, statements: str) -> None:
        """Run SQL as a superuser with every trigger off: what only somebody with the disk in hand could do."""
        _run(self.servers.superuser_url, f"SET session_replication_role = replica; {statements}")


def _run(url: str, statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statements.encode())


def set_clock(books: Books) -> Callable[[str], None]:
    """Let the owner of this test's own database set its one clock, and return what sets it.

    Only `instant()` is replaced: everything that goes by time goes by it.
    """
    books.as_owner(
        "CREATE TABLE IF NOT EXISTS test_clock (shift interval NOT NULL);"
        " INSERT INTO test_clock VALUES ('0');"
        " GRANT SELECT ON test_clock TO wallet_service;"
        " CREATE OR REPLACE FUNCTION instant() RETURNS timestamptz LANGUAGE sql VOLATILE"
        " SET search_path = pg_catalog, public AS"
        " $$ SELECT clock_timestamp() + (SELECT shift FROM test_clock) $$;"
    )

    def shift(interval: str) -> None:
        books.as_owner(f"UPDATE test_clock SET shift = '{interval}'")

    return shift
