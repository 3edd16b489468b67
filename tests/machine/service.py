"""The service's own verbs on books of a test's own, with a clock that stands still until a history moves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError

from tests import owners_verbs
from tests.machine import asking
from tests.machine.asking import (
    Advise,
    Batch,
    Broke,
    Capture,
    Claim,
    Place,
    Refund,
    Refusal,
    Request,
    Several,
    Void,
)
from tests.machine.desk import Desk
from tests.machine.model_books import CENTRE, DISTRICT, INDIA
from tests.machine.model_deposits import ADVICE_LIMIT, LIMIT_IN_ALL, WALLET_LIMIT, WITHDRAWN_WHY
from tests.machine.shown import CLIENT, Shown
from tests.servers import Servers
from wallet_service.database import Database
from wallet_service.errors import WalletError
from wallet_service.identifiers import CreditId, DebitId, DepartmentCode, EntryId, OperatorCode, ServiceCode
from wallet_service.ledger import days, lapses
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.money import Paise
from wallet_service.payments import batches, claims, credits, debits, departments, refunds, wallets

Answer = TypeVar("Answer")

# Durable commits are other tests' business. The clock stands still, so that a model can say to the microsecond when.
_PREPARE = f"""
ALTER DATABASE {{database}} SET synchronous_commit = off;
CREATE TABLE test_clock (now timestamptz NOT NULL);
INSERT INTO test_clock VALUES (clock_timestamp());
GRANT SELECT ON test_clock TO wallet_service;
CREATE OR REPLACE FUNCTION instant() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM public.test_clock';
UPDATE limits SET limit_paise = {ADVICE_LIMIT} WHERE name = 'advice';
UPDATE limits SET limit_paise = {WALLET_LIMIT} WHERE name = 'untied-per-wallet';
UPDATE limits SET limit_paise = {LIMIT_IN_ALL} WHERE name = 'untied-in-all';
"""
_ONCE = "UPDATE services SET once_per = 'ticket' WHERE department || ':' || code = '{service}'"
_EMPTY = """
DELETE FROM claim_offers; DELETE FROM claims; DELETE FROM receivables; DELETE FROM credit_parts;
DELETE FROM split_credits; DELETE FROM suspense_clearings;
DELETE FROM deposits_returned; DELETE FROM deposits_taken_back;
DELETE FROM suspense_items; DELETE FROM shared_lines; DELETE FROM undone_lines; DELETE FROM bank_line_postings;
DELETE FROM bank_lines; DELETE FROM bank_file_contents;
DELETE FROM bank_files; DELETE FROM outbox; UPDATE bank_accounts SET opening_entry = NULL;
SELECT setval('bank_lines_id_seq', 1, false);
DELETE FROM entries; DELETE FROM keys; DELETE FROM refunds; DELETE FROM debits; DELETE FROM credits; DELETE FROM audit;
DELETE FROM bank_references; DELETE FROM day_balances; DELETE FROM day_books; DELETE FROM days;
DELETE FROM wallet_events; DELETE FROM wallets; DELETE FROM books WHERE id <> 0;
DELETE FROM accounts WHERE kind IN ('wallet', 'receivable'); UPDATE limits SET used_paise = 0;
UPDATE books SET number = 0, open_day = '{day}' WHERE id = 0; UPDATE test_clock SET now = '{now}';
"""


class Service(Shown):
    """Asks the service what a history asks, and tells what it said: an answer, a refusal, or that it broke."""

    def __init__(self, servers: Servers) -> None:
        # With triggers off, this login may empty the append-only tables: each history begins on new books.
        options = "-c session_replication_role=replica -c synchronous_commit=off"
        self._spoiler = psycopg.connect(servers.superuser_url, autocommit=True, options=options)
        with psycopg.connect(servers.owner_url, autocommit=True) as owner:
            owner.execute(_PREPARE.format(database=servers.database).encode())
        self.database = Database(servers.service_url, pool_size=2)
        self.owner = Database(servers.owner_url, pool_size=2)
        with self.database.transaction() as connection:
            departments.load(connection, departments.package_departments(), departments.package_services())
        self._spoil(_ONCE.format(service=asking.ONCE_PER_TICKET))
        self.desk = Desk(self.database)

    def close(self) -> None:
        """Close the connections."""
        self.database.close()
        self.owner.close()
        self._spoiler.close()

    def begin(self, now: datetime) -> None:
        """Empty the books and set their clock."""
        self._spoil(_EMPTY.format(day=now.astimezone(INDIA).date(), now=now.isoformat()))

    def set_clock(self, now: datetime) -> None:
        """Set the books' clock."""
        self._spoil(f"UPDATE test_clock SET now = '{now.isoformat()}'")

    def _spoil(self, statements: str) -> None:
        self._spoiler.execute(statements.encode())

    def answer(self, key: str, request: Request) -> asking.Told | Broke:
        """Ask with a key."""
        keyed = _keyed(key, request)
        match request:
            case Place():
                return _told(lambda: self._place(request, keyed))
            case Capture(debit, amount):
                return _told(lambda: self._post(lambda c: debits.capture(c, DebitId.parse(debit), amount, key=keyed)))
            case Void(debit):
                return _told(lambda: self._post(lambda c: debits.void(c, DebitId.parse(debit), key=keyed)))
            case Refund():
                return _told(lambda: self._refund(request, keyed))
            case Advise():
                return _told(lambda: self._advise(request, keyed))
            case Claim():
                return _told(lambda: self._claim(request, keyed))
            case Batch():
                return _told(lambda: self._pay_batch(request, keyed))

    def _post(self, verb: Callable[..., Answer]) -> Answer:
        return self.database.posting(verb)

    def _place(self, asked: Place, key: Key) -> debits.Answer:
        department, service = asked.service.split(":")
        place = debits.pay if asked.expires_in is None else partial(debits.hold, expires_in=asked.expires_in)
        return self._post(
            lambda c: place(
                c,
                wallet=asked.wallet,
                department=DepartmentCode(department),
                service=ServiceCode(service),
                amount=asked.amount,
                service_ticket_no=asked.ticket,
                key=key,
            )
        )

    def _refund(self, asked: Refund, key: Key) -> refunds.RefundAnswer:
        debit = DebitId.parse(asked.debit)
        return self._post(
            lambda c: refunds.refund(c, debit, amount=asked.amount, reason=asking.REASON, cause=asked.cause, key=key)
        )

    def _advise(self, asked: Advise, key: Key) -> credits.CreditAnswer:
        return self._post(
            lambda c: credits.advise(
                c,
                wallet=asked.wallet,
                amount=asked.amount,
                bank_reference=asked.typed,
                booked_on=asked.booked_on,
                channel=asked.channel,
                key=key,
            )
        )

    def _claim(self, asked: Claim, key: Key) -> claims.ClaimAnswer:
        return self._post(
            lambda c: claims.claim(
                c,
                wallet=asked.wallet,
                amount=asked.amount,
                deposited_on=asked.deposited_on,
                mode=asked.mode,
                branch_code=asked.branch,
                cdm_no=asked.cdm_no,
                slip_no=asked.slip_no,
                key=key,
            )
        )

    def _pay_batch(self, asked: Batch, key: Key) -> Several:
        items = [_item(*item) for item in asked.items]
        answer = self._post(lambda c: batches.pay_batch(c, items, atomic=asked.atomic, key=key))
        results = tuple(_refused(each) if isinstance(each, WalletError) else each for each in answer.results)
        return Several(results, answer.replayed)

    def withdraw(self, credit: str) -> credits.Credit | Refusal | Broke:
        """Withdraw an advice."""

        def change() -> credits.Credit:
            with self.owner.transaction() as connection:
                return owners_verbs.withdraw(connection, CreditId.parse(credit), WITHDRAWN_WHY)

        return _told(change)

    def abandon(self, key: str) -> asking.Ended | Broke:
        """Spend a key."""
        return _told(lambda: self._post(lambda c: debits.abandon(c, key, client_id=CLIENT)))

    def fate(self, key: str) -> tuple[str, str | None, str | None] | Refusal | Broke:
        """Return what became of a key: its state, its debit's id, and what refused it."""
        with self.database.statement() as connection:
            fate = _told(lambda: debits.by_key(connection, key, client_id=CLIENT))
        if isinstance(fate, Refusal | Broke):
            return fate
        debit, refused = fate.debit, fate.refusal
        return fate.state, debit.id if debit else None, refused.slug() if refused else None

    def open_wallet(self, code: OperatorCode, floor: Paise) -> wallets.Wallet | Refusal | Broke:
        """Open a wallet."""
        with self.database.transaction() as connection:
            return _told(
                lambda: wallets.open_wallet(
                    connection, operator_code=code, centre_code=CENTRE, district=DISTRICT, floor=floor, by="test"
                )
            )

    def set_state(self, code: OperatorCode, state: str) -> wallets.Wallet | Refusal | Broke:
        """Freeze (``frozen``), unfreeze (``open``) or close a wallet; a refusal leaves nothing behind."""
        verb = {"frozen": wallets.freeze, "open": wallets.unfreeze, "closed": wallets.close}[state]

        def change() -> wallets.Wallet:
            with self.database.transaction() as connection:
                return verb(connection, code, reason="test", by="test")

        return _told(change)

    def bring_in(self, code: OperatorCode, amount: Paise) -> str | Refusal | Broke:
        """Bring in a balance from before."""
        return _told(lambda: str(self.owner.posting(lambda c: owners_verbs.bring_in_balance(c, code, amount))))

    def reverse(self, code: OperatorCode, number: int) -> str | Refusal | Broke:
        """Reverse an entry."""
        entry = EntryId(code, number)
        return _told(lambda: str(self.owner.posting(lambda c: owners_verbs.reverse(c, entry))))

    def close_day(self, day: date) -> days.Closed | Refusal | Broke:
        """Close a business day."""
        return _told(lambda: days.close(self.database, day))

    def expire_holds(self) -> list[Paise]:
        """Give back what lapsed holds still hold, wallet by wallet, as the minute's job does."""
        with self.database.statement() as connection:
            return [lapses.expire_holds(connection, book) for book in lapses.list_books(connection)]


def _told(verb: Callable[[], Answer]) -> Answer | Refusal | Broke:
    try:
        return verb()
    except WalletError as refused:
        return _refused(refused)
    except DBAPIError as error:
        return Broke(str(error.orig))


def _refused(error: WalletError) -> Refusal:
    return Refusal(error.slug(), error.facts, error.replayed)


def _keyed(key: str, request: Request) -> Key:
    return Key(CLIENT, key, request_hash("POST", type(request).__name__, vars(request)))


def _item(key: str, asked: Place) -> batches.Item:
    department, service = asked.service.split(":")
    return batches.Item(
        key=_keyed(key, asked),
        wallet=asked.wallet,
        department=DepartmentCode(department),
        service=ServiceCode(service),
        amount=asked.amount,
        service_ticket_no=asked.ticket,
        expires_in=asked.expires_in,
    )
