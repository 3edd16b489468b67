"""A department paid from a wallet: at once, or by a hold that is captured or voided later."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from wallet_service.errors import DebitNotFound, KeyReused, WalletError
from wallet_service.identifiers import DebitId, DepartmentCode, OperatorCode, ServiceCode
from wallet_service.ledger.idempotency import POSTED, Key, look_up, refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise
from wallet_service.payments.answers import (
    ANSWER_FROM,
    PLACED_FROM,
    Answer,
    Debit,
    Item,
    answer_of,
    parameters,
    placed,
)
from wallet_service.payments.standing import standing, standing_from

__all__ = [
    "DEFAULT_EXPIRY_SECONDS",
    "Abandoned",
    "Answer",
    "Debit",
    "KeyFate",
    "abandon",
    "by_key",
    "capture",
    "get",
    "hold",
    "pay",
    "void",
]
DEFAULT_EXPIRY_SECONDS = 86_400
_DEBIT = "SELECT d.*, b.code FROM books b JOIN debits d ON d.book = b.id WHERE"
_STANDING = standing_from(f"{_DEBIT} b.code = %s AND d.number = %s AND d.client = %s")
_STANDING_AT = standing_from(f"{_DEBIT} d.book = %s AND d.number = %s")
_PAY = f"{PLACED_FROM} pay({', '.join(['%s'] * 12)})"


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
    return _place(connection, Item(key, *asked))


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
    return _place(connection, Item(key, *asked, expires_in))


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
    row = connection.exec_driver_sql(_STANDING, (debit_id.book, debit_id.number, client_id)).one_or_none()
    if row is None:
        raise DebitNotFound(debit=str(debit_id))
    return standing(row)


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
        row = connection.exec_driver_sql(_STANDING_AT, (record.book, record.number)).one()
        debit = standing(row)
    return KeyFate("posted", debit, None)


def _place(connection: Statements, item: Item) -> Answer:
    return placed(connection, connection.exec_driver_sql(_PAY, parameters(item)).one(), item)


def _book_code(connection: Statements, book: int) -> str:
    return str(connection.exec_driver_sql("SELECT code FROM books WHERE id = %s", (book,)).scalar_one())
