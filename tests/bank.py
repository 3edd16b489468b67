"""The bank as tests speak of it: files of lines that follow one another, released and then posted by the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from sqlalchemy import Connection

from tests.books import Books
from wallet_service.money import Paise, paise
from wallet_service.recon import narration, posting

BOOKED_ON = date(2026, 4, 2)
_numbers = count(1)
_FILE = """
INSERT INTO bank_files (state, bank_account, sha256, filename, received_by, decided_by, period_first, period_last,
                        opening_paise)
VALUES ('released', %(account)s, sha256(%(content)s::text::bytea), 'test.xls', 'maker', 'checker', %(day)s, %(day)s,
        %(opening)s)
RETURNING id
"""
_LINE = """
INSERT INTO bank_lines (bank_account, file, row_number, booked_on, value_date, direction, amount_paise, occurrence,
                        balance_before_paise, balance_after_paise, description, reference, strong_references)
VALUES (%(account)s, %(file)s, %(row)s, %(day)s, %(day)s, %(direction)s, %(amount)s, 1, %(before)s, %(after)s,
        %(description)s, %(reference)s, %(references)s)
"""


@dataclass(frozen=True)
class BankLine:
    """A line of a statement; *money* is rupees, with a minus for what went out."""

    money: str
    description: str = ""
    reference: str = ""


class Bank:
    """The pool account at the bank; its lines follow one another from an opening balance."""

    def __init__(self, books: Books, opening: str = "0.00") -> None:
        self.books = books
        self.balance = paise(opening)
        with books.database.statement() as connection:
            self.account: int = connection.exec_driver_sql("SELECT account_id('bank:sbi:pool')").scalar_one()

    def file(self, *lines: BankLine) -> int:
        """Release a file with *lines*, none of them posted yet, and return its id."""
        with self.books.database.transaction() as connection:
            released: int = connection.exec_driver_sql(
                _FILE,
                {"account": self.account, "content": str(next(_numbers)), "day": BOOKED_ON, "opening": self.balance},
            ).scalar_one()
            for row, line in enumerate(lines, 1):
                self._insert(connection, released, row, line)
        return released

    def post(self, file: int) -> int:
        """Post a released file and return how many lines this posted."""
        return posting.post_file(self.books.database, file)

    def posted(self, *lines: BankLine) -> int:
        """Release and post a file with *lines*, and return its id."""
        file = self.file(*lines)
        self.post(file)
        return file

    def _insert(self, connection: Connection, file: int, row: int, line: BankLine) -> None:
        amount = paise(line.money.removeprefix("-"))
        is_outflow = line.money.startswith("-")
        after = Paise(self.balance - amount if is_outflow else self.balance + amount)
        references: Sequence[str] = narration.parse(line.description, line.reference).references
        connection.exec_driver_sql(
            _LINE,
            {
                "account": self.account,
                "file": file,
                "row": row,
                "day": BOOKED_ON,
                "direction": "outflow" if is_outflow else "inflow",
                "amount": amount,
                "before": self.balance,
                "after": after,
                "description": line.description,
                "reference": line.reference,
                "references": list(references),
            },
        )
        self.balance = after
