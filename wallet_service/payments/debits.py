"""A department paid from a wallet: at once, or by a hold that is captured or voided later."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import DebitNotFound, KeyReused, WalletError
from wallet_service.identifiers import DebitId, DepartmentCode, EntryId, OperatorCode, ServiceCode
from wallet_service.ledger.balances import Balance
from wallet_service.ledger.idempotency import POSTED, Key, look_up, refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise

DEFAULT_EXPIRY_SECONDS = 86_400


@dataclass(frozen=True)
class Debit:
    """A debit, ``held``, ``captured``, ``voided`` or ``expired``. Captured + released = amount once it is not held."""

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


@dataclass(frozen=True)
class Answer:
    """The answer to a debit's key: the debit as it stood then, and the wallet after it. Told again, it is the same."""

    debit: Debit
    balance: Balance
    same_ticket: list[str]
    replayed: bool


@dataclass(frozen=True)
class Abandoned:
    """A key by which nothing was posted and nothing will be; *refusal* names the rule that had refused it, if any."""

    key: str
    refusal: str | None
    state: str = "abandoned"


@dataclass(frozen=True)
class KeyFate:
    """What became of a key: ``posted`` (the debit), ``refused`` (the refusal) or ``abandoned``."""

    state: str
    debit: Debit | None
    refusal: WalletError | None


ANSWER_FROM = "SELECT a.replayed, a.outcome, a.current_paise, a.held_paise, a.facts, (a.debit).* FROM"


def pay(
    connection: Statements,
    *,
    wallet: OperatorCode,
    department: DepartmentCode,
    service: ServiceCode,
    amount: Paise,
    service_ticket_no: str,
    application_no: str | None = None,
    consumer_no: str | None = None,
    narration: str | None = None,
    key: Key,
) -> Answer:
    """Pay a department at once: Dr wallet, Cr department, *amount* paise.

    Raises:
        WalletNotFound, ServiceNotFound, InsufficientFunds, WalletFrozen, WalletClosed, AlreadyPaid, KeyReused,
        KeyAbandoned.
    """
    asked = (wallet, department, service, amount, service_ticket_no, application_no, consumer_no, narration)
    return _place(connection, key, asked, None)


def hold(
    connection: Statements,
    *,
    wallet: OperatorCode,
    department: DepartmentCode,
    service: ServiceCode,
    amount: Paise,
    service_ticket_no: str,
    application_no: str | None = None,
    consumer_no: str | None = None,
    narration: str | None = None,
    expires_in: int = DEFAULT_EXPIRY_SECONDS,
    key: Key,
) -> Answer:
    """Set *amount* paise of a wallet aside for *expires_in* seconds, to be captured or voided.

    Raises:
        WalletNotFound, ServiceNotFound, InsufficientFunds, WalletFrozen, WalletClosed, AlreadyPaid, KeyReused,
        KeyAbandoned.
    """
    asked = (wallet, department, service, amount, service_ticket_no, application_no, consumer_no, narration)
    return _place(connection, key, asked, expires_in)


def capture(connection: Statements, debit_id: DebitId, amount: Paise | None, *, key: Key) -> Answer:
    """Take *amount* paise of a hold (all of it with None) and free the rest. A hold is captured once.

    A lapsed hold is taken too, if what is available covers it; the debit is then ``late``.

    Raises:
        DebitNotFound, HoldClosed, HoldExpired, CaptureExceedsHold, KeyReused, KeyAbandoned.
    """
    row = connection.exec_driver_sql(
        f"{ANSWER_FROM} capture(%s, %s, %s, %s, %s, %s) AS a",
        (key.client_id, key.text, key.request_hash, debit_id.book, debit_id.number, amount),
    ).one()
    return answer_of(row, debit_id.book)


def void(connection: Statements, debit_id: DebitId, *, key: Key) -> Answer:
    """Give a hold back whole.

    Raises:
        DebitNotFound, HoldClosed, KeyReused, KeyAbandoned.
    """
    row = connection.exec_driver_sql(
        f"{ANSWER_FROM} void(%s, %s, %s, %s, %s) AS a",
        (key.client_id, key.text, key.request_hash, debit_id.book, debit_id.number),
    ).one()
    return answer_of(row, debit_id.book)


def abandon(connection: Statements, key_text: str, *, client_id: int) -> Abandoned | Answer:
    """Spend a key by which nothing was posted, so that no straggler can pay with it; else return what was posted.

    Raises:
        KeyReused: the key belongs to another kind of request.
    """
    row = connection.exec_driver_sql(f"{ANSWER_FROM} abandon(%s, %s) AS a", (client_id, key_text)).one()
    if row.outcome == "abandoned":
        return Abandoned(key_text, refusal=None)
    if row.outcome not in POSTED:
        return Abandoned(key_text, refusal=row.outcome)
    if row.number is None:
        raise KeyReused(key=key_text)
    return answer_of(row, _book_code(connection, row.book))


def get(connection: Connection, debit_id: DebitId, *, client_id: int) -> Debit:
    """Return a client's own debit as it stands.

    Raises:
        DebitNotFound: there is none, or it is another client's.
    """
    row = connection.exec_driver_sql(
        "SELECT d.* FROM books b JOIN debits d ON d.book = b.id WHERE b.code = %s AND d.number = %s AND d.client = %s",
        (debit_id.book, debit_id.number, client_id),
    ).one_or_none()
    if row is None:
        raise DebitNotFound(debit=str(debit_id))
    return debit_of(row, debit_id.book)


def by_key(connection: Connection, text: str, *, client_id: int) -> KeyFate:
    """Return what became of a client's key, without paying.

    Raises:
        KeyUnknown: nothing was recorded for it.
    """
    record = look_up(connection, client_id, text)
    if record.outcome == "abandoned":
        return KeyFate("abandoned", None, None)
    if record.outcome not in POSTED:
        return KeyFate("refused", None, refusal(record.outcome, record.facts))
    debit = None
    if record.outcome in {"held", "captured", "voided"}:
        row = connection.exec_driver_sql(
            "SELECT d.*, b.code FROM debits d JOIN books b ON b.id = d.book WHERE d.book = %s AND d.number = %s",
            (record.book, record.number),
        ).one()
        debit = debit_of(row, row.code)
    return KeyFate("posted", debit, None)


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


def _place(connection: Statements, key: Key, asked: tuple[Any, ...], expires_in: int | None) -> Answer:
    row = connection.exec_driver_sql(
        f"{ANSWER_FROM} pay(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) AS a",
        (key.client_id, key.text, key.request_hash, *asked, expires_in),
    ).one()
    return answer_of(row, asked[0])


def answer_of(row: Any, wallet: str) -> Answer:
    """Return the answer of a posting function's row.

    Raises:
        WalletError: the row tells a refusal; that one.
    """
    if row.outcome not in POSTED:
        raise refusal(row.outcome, row.facts, replayed=row.replayed)
    return Answer(
        debit=_as_it_stood(debit_of(row, wallet), row.outcome),
        balance=Balance(Paise(row.current_paise), Paise(row.held_paise)),
        same_ticket=(row.facts or {}).get("same_ticket", []),
        replayed=row.replayed,
    )


def _as_it_stood(debit: Debit, outcome: str) -> Debit:
    """Return the debit as it was when a key was answered with *outcome*, whatever has become of it since."""
    if debit.refunded:
        debit = replace(debit, refunded=Paise(0))
    if outcome == "held":
        nothing = Paise(0)
        return replace(debit, state="held", captured=nothing, released=nothing, closed_at=None, late=False, entry=None)
    return debit


def _book_code(connection: Statements, book: int) -> str:
    return str(connection.exec_driver_sql("SELECT code FROM books WHERE id = %s", (book,)).scalar_one())
