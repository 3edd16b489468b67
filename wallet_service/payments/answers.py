"""A debit as it is told, and what a request to pay or hold is answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from wallet_service.identifiers import DebitId, DepartmentCode, EntryId, OperatorCode, ServiceCode
from wallet_service.ledger.balances import Balance
from wallet_service.ledger.idempotency import POSTED, Key, refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise
from wallet_service.payments.unknowns import Unknown

ANSWER_FROM = "SELECT a.replayed, a.outcome, a.current_paise, a.held_paise, a.facts, (a.debit).* FROM"
PLACED_FROM = "SELECT * FROM"
_OF_KEY = """
SELECT d.* FROM keys k JOIN debits d ON d.book = k.book AND d.number = k.number WHERE k.client = %s AND k.key = %s
"""


_NOTHING = Paise(0)


@dataclass(frozen=True)
class Item:
    """What is asked by one key: a payment at once, or a hold with *expires_in* seconds. *amount* in paise."""

    key: Key
    wallet: OperatorCode
    department: DepartmentCode
    service: ServiceCode
    amount: Paise
    service_ticket_no: str
    application_no: str | None = None
    consumer_no: str | None = None
    narration: str | None = None
    expires_in: int | None = None


@dataclass(frozen=True)
class Debit:
    """A debit, ``held``, ``captured``, ``voided`` or ``expired``. Captured + released = amount once it is not held.

    What is kept beside it, *rebate*, *unknown* and *certificate_no*, is told of a debit as it stands, not in a key's
    answer. *refunded* is without the rebate.
    """

    id: str
    state: str
    wallet: OperatorCode
    department: DepartmentCode
    service: ServiceCode
    amount: Paise
    captured: Paise
    refunded: Paise
    released: Paise
    service_ticket_no: str
    application_no: str | None
    consumer_no: str | None
    narration: str | None
    placed_at: datetime
    business_day: date
    expires_at: datetime | None
    closed_at: datetime | None
    late: bool
    entry: str | None
    rebate: Paise = _NOTHING
    unknown: Unknown | None = None
    certificate_no: str | None = None


@dataclass(frozen=True)
class Answer:
    """The answer to a debit's key: the debit as it stood then, and the wallet after it. Told again, it is the same.

    *rebate* is what the department allowed on what was paid by this key, in paise; mostly nothing.
    """

    debit: Debit
    balance: Balance
    same_ticket: list[str]
    replayed: bool
    rebate: Paise = _NOTHING

    @property
    def entries(self) -> int:
        """Return how many entries it posted."""
        return (self.debit.entry is not None) + (self.rebate > 0)


def parameters(item: Item) -> tuple[Any, ...]:
    """Return what `pay` in the database takes, in its order."""
    return (
        *(item.key.client_id, item.key.stored, item.key.request_hash, item.wallet, item.department, item.service),
        *(item.amount, item.service_ticket_no, item.application_no, item.consumer_no, item.narration, item.expires_in),
    )


def placed(connection: Statements, row: Any, item: Item) -> Answer:
    """Return the answer of a `placed_answer`. What is told again is looked up; else the request tells the rest.

    Raises:
        WalletError: the row tells a refusal; that one.
    """
    if row.replayed and row.outcome in POSTED:
        known = connection.exec_driver_sql(_OF_KEY, (item.key.client_id, item.key.stored)).one()
        return _told(debit_of(known, item.wallet), row)
    return just_placed(row, item)


def just_placed(row: Any, item: Item) -> Answer:
    """Return the answer of a `placed_answer` that is given for the first time: the request tells the rest.

    Raises:
        WalletError: the row tells a refusal; that one.
    """
    if row.outcome not in POSTED:
        raise refusal(row.outcome, row.facts, replayed=row.replayed)
    return _told(_debit_just_placed(row, item), row)


def answer_of(row: Any, wallet: str) -> Answer:
    """Return the answer of a posting function's row.

    Raises:
        WalletError: the row tells a refusal; that one.
    """
    if row.outcome not in POSTED:
        raise refusal(row.outcome, row.facts, replayed=row.replayed)
    return _told(debit_of(row, wallet), row)


def _told(debit: Debit, row: Any) -> Answer:
    facts = row.facts or {}
    return Answer(
        debit=_as_it_stood(debit, row.outcome),
        balance=Balance(Paise(row.current_paise), Paise(row.held_paise)),
        same_ticket=facts.get("same_ticket", []),
        replayed=row.replayed,
        rebate=Paise(facts.get("rebate_paise", 0)),
    )


def _as_it_stood(debit: Debit, outcome: str) -> Debit:
    """Return the debit as it was when a key was answered with *outcome*, whatever has become of it since."""
    if debit.refunded:
        debit = replace(debit, refunded=Paise(0))
    if outcome == "held":
        nothing = Paise(0)
        return replace(debit, state="held", captured=nothing, released=nothing, closed_at=None, late=False, entry=None)
    return debit


def debit_of(row: Any, wallet: str) -> Debit:
    """Return the debit of a row of its table; *wallet* is its book's operator code."""
    return Debit(
        id=str(DebitId(wallet, row.number)),
        state=row.state,
        wallet=OperatorCode(wallet),
        department=DepartmentCode(row.department),
        service=ServiceCode(row.service),
        amount=Paise(row.amount_paise),
        captured=Paise(row.captured_paise),
        refunded=Paise(row.refunded_paise),
        released=Paise(row.released_paise),
        service_ticket_no=row.service_ticket_no,
        application_no=row.application_no,
        consumer_no=row.consumer_no,
        narration=row.narration,
        placed_at=row.placed_at,
        business_day=row.business_day,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        late=row.late,
        entry=None if row.entry_number is None else str(EntryId(wallet, row.entry_number)),
    )


def _debit_just_placed(row: Any, item: Item) -> Debit:
    nothing, held = Paise(0), row.outcome == "held"
    return Debit(
        id=str(DebitId(item.wallet, row.number)),
        state=row.outcome,
        wallet=item.wallet,
        department=item.department,
        service=item.service,
        amount=item.amount,
        captured=nothing if held else item.amount,
        refunded=nothing,
        released=nothing,
        service_ticket_no=item.service_ticket_no,
        application_no=item.application_no,
        consumer_no=item.consumer_no,
        narration=item.narration,
        placed_at=row.placed_at,
        business_day=row.business_day,
        expires_at=None if item.expires_in is None else row.placed_at + timedelta(seconds=item.expires_in),
        closed_at=None,
        late=False,
        entry=None if held else str(EntryId(item.wallet, row.entry_number)),
    )
