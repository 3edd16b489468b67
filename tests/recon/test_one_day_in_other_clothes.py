"""One day of one account as SBI's text, as MT940 and as camt.053: whichever comes first is posted, and once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from tests.books import Books
from tests.recon.bank_files import TODAY
from tests.recon.writers import write_camt053, write_mt940, write_sbi
from wallet_service.identifiers import OperatorCode
from wallet_service.recon import bank_accounts, bank_files, intake, posting, readers
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.statements import Statement

POOL = Path(__file__).parents[2] / "fixtures" / "sbi" / "sbi-pool-2026-04-02.xls"
WRITERS = {"sbi.xls": write_sbi, "day.sta": write_mt940, "day.xml": write_camt053}
OPERATOR = OperatorCode("BSKOP0071010")


def receive(books: Books, content: bytes, filename: str) -> BankFile:
    with books.database.transaction() as connection:
        reading = intake.read(content, today=intake.today(connection))
        return intake.receive(connection, reading, filename=filename, by="mita")


def release(books: Books, file: BankFile) -> BankFile:
    with books.database.transaction() as connection:
        statements = intake.read_for_release(connection, file.id)
        released = intake.release(connection, file.id, statements, by="kamal")
    if released.state == "released":
        posting.post_file(books.database, file.id)
    with books.database.statement() as connection:
        return bank_files.get(connection, file.id)


def in_words_of(day: Statement, writer: str) -> Statement:
    """Return a day as a format tells it: the figures are the bank's, the words those of the format."""
    lines = tuple(replace(line, description=f"{line.description} {writer}") for line in day.lines)
    return replace(day, lines=lines)


@pytest.mark.parametrize(
    "order", list(permutations(WRITERS.items())), ids=lambda order: " ".join(name for name, _ in order)
)
def test_a_day_is_posted_once_in_whatever_order_its_clothes_come(
    books: Books, order: tuple[tuple[str, Callable[[Statement], bytes]], ...]
) -> None:
    day = readers.read(POOL.read_bytes(), today=TODAY)
    with books.database.transaction() as connection:
        bank_accounts.add(connection, "sbi:pool", day.account_number or "", by="test")
    books.wallet(code=OPERATOR)

    (name, write), *others = order
    first = release(books, receive(books, write(in_words_of(day, name)), name))
    credited, bank = books.current(OPERATOR), books.account("bank:sbi:pool")
    again = [receive(books, write(in_words_of(day, name)), name) for name, write in others]
    released = [release(books, file) for file in again]

    assert (first.state, first.lines, first.new_lines, first.posted_lines) == ("released", 7, 7, 7)
    assert (credited, bank) == ("20000.00", "1081175.00")
    assert [file.reason for file in again] == ["Every line of it is known already: it adds nothing."] * 2
    assert [(file.state, file.lines, file.new_lines) for file in released] == [("released", 7, 0)] * 2
    assert (books.current(OPERATOR), books.account("bank:sbi:pool")) == (credited, bank)
    assert books.faults() == {}
