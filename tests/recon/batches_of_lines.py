"""Batches of lines shown to books that were told of deposits: the words of the tests that post them and compare."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.books import Books
from wallet_service.errors import WalletError
from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.payments import claims, credits
from wallet_service.recon import line_numbers, narration, posting
from wallet_service.recon.statements import Direction

DAYS = (date(2026, 4, 1), date(2026, 4, 2))


OPERATORS = tuple(OperatorCode(f"BSKOP000000{number}") for number in range(3))


SUMS = (Paise(500_000), Paise(700_000), Paise(1_200_000))  # The last is the others' sum.


PLACES = ("04292", "00091", None)


MACHINE = "9990012345"


_names = count(1)


_LINE = """
INSERT INTO bank_lines (bank_account, file, row_number, booked_on, value_date, direction, amount_paise, occurrence,
  balance_before_paise, balance_after_paise, description, reference, branch, strong_references, deposit_number)
SELECT account_id('bank:sbi:pool'), %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s, %s, %s, %s
"""


_LEFT = {  # Table: what of it, and in which order.
    "entries": (
        "kind, debit_account, credit_account, amount_paise, balance_paise, value_date, source_number",
        "book, number",
    ),
    "bank_line_postings": (
        "line, disposition, rule, rule_version, candidates, reason, book, entry_number",
        "line",
    ),
    "credits": ("book, number, state, line, share, entry_number, reason", "book, number"),
    "shared_lines": ("line, amount_paise, tied_paise", "line"),
    "undone_lines": ("line, by_line", "line"),
    "deposits_taken_back": ("line, book, credited_paise, taken_paise", "line, book"),
    "deposits_returned": ("by_line, line, book, amount_paise", "by_line, line"),
    "split_credits": ("book, number, amount_paise, seen_paise", "book, number"),
    "credit_parts": ("line, book, number, entry_book, entry_number", "line"),
    "claims": ("book, number, state, line, entry_book, entry_number, reason", "book, number"),
    "claim_offers": ("book, number, line", "book, number, line"),
    "suspense_items": ("line, account, amount_paise, cleared_paise, reason", "line"),
    "bank_references": ("reference, line, credit_book, credit_number", "reference"),
    "receivables": ("book, amount_paise, recovered_paise, line, reason", "id"),
    "books": ("id, number, current_paise, held_paise, untied_paise, owed_paise, open_day", "id"),
    "limits": ("name, used_paise", "name"),
}


@dataclass(frozen=True)
class Told:
    """An advice or a claim: *number* is that of the deposit, 0 for none."""

    is_claim: bool
    operator: int
    number: int
    amount: int
    day: int
    place: int = 0
    by_cash: bool = False


@dataclass(frozen=True)
class Shown:
    """A line of the bank; what it is of stands in *kind*, and *number* is that of a deposit."""

    kind: str
    number: int
    amount: int
    day: int
    operator: int = 0
    place: int = 0


SMALL = st.integers(0, 2)


TOLD = st.builds(Told, st.booleans(), SMALL, st.integers(0, 3), SMALL, st.integers(0, 1), SMALL, st.booleans())


KINDS = (
    "neft",
    "neft",
    "bulk",
    "cash",
    "cash",
    "machine",
    "named",
    "charge",
    "interest",
    "back",
    "reversal",
    "withdrawal",
)


DEPOSITS = {"neft", "bulk", "cash", "machine", "named"}


SHOWN = st.builds(Shown, st.sampled_from(KINDS), st.integers(1, 3), st.integers(0, 1), st.integers(0, 1), SMALL, SMALL)


def posted(books: Books, told: list[Told], spent: int, shown: list[Shown], at_most: int) -> dict[str, Any]:
    """Return what the books hold after the lines were posted *at_most* at a time; nothing of it stays."""
    with books.database.transaction() as connection:
        for each in told:
            with suppress(WalletError):
                _tell(books, connection, each)
        for operator in OPERATORS[:spent]:
            _spend(books, connection, operator)
        file = released_file(connection, shown)
        row = 0
        while rows := posting.post_lines(connection, file, after=row, at_most=at_most):
            row = rows[-1]
        left = {table: _rows(connection, table) for table in _LEFT}
        connection.rollback()
    return left


def given_by(left: dict[str, Any]) -> tuple[list[Any], set[Any], int]:
    """Return what each wallet has, which advices and claims were tied, and how many paise lie in suspense."""
    wallets = [(row[0], row[2]) for row in left["books"] if row[0] != 0]
    return wallets, tied(left), sum(row[2] - row[3] for row in left["suspense_items"])


def tied(left: dict[str, Any]) -> set[Any]:
    """Return the advices and claims that were tied."""
    return {(table, *row[:2]) for table in ("credits", "claims") for row in left[table] if row[2] == "tied"}


def _rows(connection: Connection, table: str) -> list[Any]:
    columns, order = _LEFT[table]
    return [tuple(row) for row in connection.exec_driver_sql(f"SELECT {columns} FROM {table} ORDER BY {order}")]


def _tell(books: Books, connection: Connection, told: Told) -> None:
    wallet, amount, day = OPERATORS[told.operator], SUMS[told.amount], DAYS[told.day]
    key = books.key(next(_names))
    if told.is_claim:
        numbered = told.number > 0
        claims.claim(
            connection,
            wallet=wallet,
            amount=amount,
            deposited_on=day,
            mode="cdm" if numbered else "cash",
            branch_code=PLACES[told.place % 2] if told.by_cash or not numbered else None,
            cdm_no=MACHINE if numbered else None,
            slip_no=str(8570 + told.number) if numbered else None,
            key=key,
        )
        return
    credits.advise(
        connection,
        wallet=wallet,
        amount=amount,
        bank_reference=_number(told.number) if told.number and told.by_cash else reference_of(told.number),
        booked_on=day,
        channel="cdm" if told.by_cash else "neft",
        key=key,
    )


def _spend(books: Books, connection: Connection, operator: OperatorCode) -> None:
    """Take all that a wallet has, so that what the bank takes back is owed."""
    connection.exec_driver_sql(
        "SELECT pay(%s, %s, %s, %s, 'POD', '001', current_paise, 'T', NULL, NULL, NULL, NULL) FROM books"
        " WHERE code = %s AND current_paise > 0",
        (books.client, f"spend-{next(_names)}", b"x", operator, operator),
    )


def reference_of(number: int) -> str:
    """Return the reference that a number stands for; a weak one for none."""
    return f"YESAP6090{number:07d}" if number else "8574"


def _number(number: int) -> str:
    return f"{MACHINE}{8570 + number}"


def released_file(connection: Connection, shown: list[Shown]) -> int:
    """Release a file with these lines, whose balances follow from nothing: only their places differ."""
    file: int = connection.exec_driver_sql(
        "INSERT INTO bank_files (state, bank_account, sha256, filename, received_by, decided_by, period_first,"
        " period_last, opening_paise) SELECT 'released', account_id('bank:sbi:pool'), sha256(%s::bytea), 'x', 'a', 'b',"
        " %s, %s, 0 RETURNING id",
        (str(next(_names)).encode(), DAYS[0], DAYS[1]),
    ).scalar_one()
    for row, line in enumerate(shown, 1):
        description, branch = _words(line), PLACES[line.place]
        column = reference_of(line.number % 3 + 1) if line.kind == "bulk" else ""
        words = narration.parse(description, column)
        is_outflow = line.kind in {"charge", "back", "withdrawal"}
        direction = Direction.OUTFLOW if is_outflow else Direction.INFLOW
        references, number = line_numbers.of_line(words, direction, DAYS[1], DAYS[line.day])
        amount = SUMS[line.amount] + (SUMS[0] if line.kind == "bulk" else 0)
        connection.exec_driver_sql(
            _LINE,
            (
                *(file, row, DAYS[1], DAYS[line.day], direction.value, amount, row),
                *(-amount if is_outflow else amount, description, column, branch, list(references)),
                number,
            ),
        )
    return file


def _words(line: Shown) -> str:
    return {
        "bulk": f"BY TRANSFER-NEFT*YESB0000001*{reference_of(line.number)}*SEVERAL--",
        "neft": f"BY TRANSFER-NEFT*YESB0000001*{reference_of(line.number)}*TEST--",
        "back": f"TO TRANSFER-NEFT*YESB0000001*{reference_of(line.number)}*BACK--",
        "reversal": f"NEFT RETURN-NEFT*YESB0000001*{reference_of(line.number)}*TEST--",
        "cash": "CASH DEPOSIT-CASH DEPOSIT SELF--",
        "machine": f"CSH DEP (CDM)-{MACHINE} {8570 + line.number}--",
        "named": f"BY TRANSFER-INB {OPERATORS[line.operator]} TOP UP--",
        "charge": "SMS CHARGES OF THE MONTH--",
        "interest": "CREDIT INTEREST--",
        "withdrawal": "TO DEBIT THROUGH CHEQUE--",
    }[line.kind]
