"""Claims: an operator says that a deposit was made. The bank's line credits it, once, or a person decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import ClaimNotFound
from wallet_service.identifiers import ClaimId, EntryId, OperatorCode, deposit_number, number_of_day
from wallet_service.ledger.balances import Balance
from wallet_service.ledger.idempotency import POSTED, Key, refusal
from wallet_service.lines import Statements
from wallet_service.money import Paise

MODES = ("cash", "cdm", "cheque")
STATES = ("open", "offered", "tied", "withdrawn")


@dataclass(frozen=True)
class Claim:
    """A claim. It is ``open``, ``offered`` lines that a person decides on, ``tied`` to a line, or ``withdrawn``.

    *reason* says why, in words; *offers* are the numbers of the bank lines; *entry* credited the wallet.
    """

    id: str
    state: str
    reason: str
    wallet: OperatorCode
    amount: Paise
    deposited_on: date
    mode: str
    branch_code: str | None
    cdm_no: str | None
    slip_no: str | None
    claimed_at: datetime
    business_day: date
    offers: list[int]
    line: int | None
    entry: str | None


@dataclass(frozen=True)
class ClaimAnswer:
    """The answer to a claim's key: the claim as it stood then, and the wallet after it."""

    claim: Claim
    balance: Balance
    replayed: bool


_SELECT = """
SELECT c.*, b.code, o.code AS entry_code,
  coalesce((SELECT array_agg(f.line ORDER BY f.line) FROM claim_offers f
            WHERE f.book = c.book AND f.number = c.number), '{}') AS offers
FROM claims c JOIN books b ON b.id = c.book LEFT JOIN books o ON o.id = c.entry_book
"""


def claim(
    connection: Statements,
    *,
    wallet: OperatorCode,
    amount: Paise,
    deposited_on: date,
    mode: str,
    branch_code: str | None = None,
    cdm_no: str | None = None,
    slip_no: str | None = None,
    key: Key,
) -> ClaimAnswer:
    """Claim a deposit of *amount* paise. The branch's code or the deposit machine's number is needed.

    It is tied at once where a line in suspense has the number of the machine and its sequence (*slip_no*) on that day;
    a line that merely fits is offered to a person.

    Raises:
        WalletNotFound, WalletClosed, DepositInFuture, AlreadyClaimed, AlreadyCredited, BankLineDiffers, KeyReused,
        KeyAbandoned.
    """
    branch = branch_code.zfill(5) if branch_code else None
    number = deposit_number(cdm_no, slip_no) if cdm_no and slip_no else None
    row = connection.exec_driver_sql(
        "SELECT a.replayed, a.outcome, a.current_paise, a.held_paise, a.facts, (a.claim).*"
        " FROM claim(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) AS a",
        (
            *(key.client_id, key.text, key.request_hash, wallet, amount, deposited_on, mode),
            *(branch, cdm_no, slip_no, number_of_day(number, deposited_on) if number else None),
        ),
    ).one()
    if row.outcome not in POSTED:
        raise refusal(row.outcome, row.facts, replayed=row.replayed)
    found = _claim(row, wallet, wallet, (row.facts or {}).get("offers", []))
    if row.claimed_as != "tied":
        found = replace(found, line=None, entry=None)
    return ClaimAnswer(
        claim=replace(found, state=row.claimed_as, reason=row.answered_reason),
        balance=Balance(Paise(row.current_paise), Paise(row.held_paise)),
        replayed=row.replayed,
    )


def get(connection: Connection, claim_id: ClaimId, *, client_id: int | None) -> Claim:
    """Return a claim as it stands; with *client_id*, only that client's own.

    Raises:
        ClaimNotFound.
    """
    row = connection.exec_driver_sql(
        _SELECT + "WHERE b.code = %s AND c.number = %s AND coalesce(c.client = %s, true)",
        (claim_id.book, claim_id.number, client_id),
    ).one_or_none()
    if row is None:
        raise ClaimNotFound(claim=str(claim_id))
    return _claim(row, row.code, row.entry_code, row.offers)


def find(
    connection: Connection,
    *,
    client_id: int | None,
    wallet: OperatorCode | None = None,
    state: str | None = None,
    after: str | None,
    limit: int,
) -> list[Claim]:
    """Return up to *limit* claims by wallet and number, beginning behind the claim *after*."""
    behind = ClaimId.parse(after) if after else None
    narrowing: dict[str, Any] = {
        "c.client = %(client)s": client_id,
        "c.book = (SELECT id FROM books WHERE code = %(wallet)s)": wallet,
        "c.state = %(state)s": state,
        "(c.book, c.number) > ((SELECT id FROM books WHERE code = %(after_book)s), %(after_number)s)": after,
    }
    rows = connection.exec_driver_sql(
        _SELECT
        + "WHERE "
        + " AND ".join(["true", *(clause for clause, value in narrowing.items() if value is not None)])
        + " ORDER BY c.book, c.number LIMIT %(limit)s",
        {
            "client": client_id,
            "wallet": wallet,
            "state": state,
            "after_book": behind.book if behind else None,
            "after_number": behind.number if behind else None,
            "limit": limit,
        },
    )
    return [_claim(row, row.code, row.entry_code, row.offers) for row in rows]


def _claim(row: Any, wallet: str, entry_book: str | None, offers: list[int]) -> Claim:
    return Claim(
        id=str(ClaimId(wallet, row.number)),
        state=row.state,
        reason=row.reason,
        wallet=OperatorCode(wallet),
        amount=Paise(row.amount_paise),
        deposited_on=row.deposited_on,
        mode=row.mode,
        branch_code=row.branch_code,
        cdm_no=row.cdm_no,
        slip_no=row.slip_no,
        claimed_at=row.claimed_at,
        business_day=row.business_day,
        offers=list(offers),
        line=row.line,
        entry=str(EntryId(entry_book, row.entry_number)) if row.entry_number and entry_book else None,
    )
