"""A file waits for the one between, whatever the formats of the three are; it joins when that one is released."""

from __future__ import annotations

from itertools import count
from random import Random

import pytest

from tests.books import Books
from tests.recon.test_mutated_files import FORMS, Branch
from wallet_service.recon import bank_files, breaks, intake, posting
from wallet_service.recon.bank_files import BankFile

_numbers = count(1)


class Counter(Branch):
    """The account, with a step for each act of finance."""

    def receive(self, content: bytes) -> BankFile:
        return self._at_once(content)

    def release(self, file: BankFile) -> None:
        with self.books.database.statement() as connection:
            statements = intake.read_for_release(connection, file.id)
        with self.books.database.transaction() as connection:
            intake.release(connection, file.id, statements, by="kamal")
        posting.post_file(self.books.database, file.id)

    def file(self, file: BankFile) -> BankFile:
        with self.books.database.statement() as connection:
            return bank_files.get(connection, file.id)

    def open_breaks(self) -> list[str]:
        with self.books.database.statement() as connection:
            found = breaks.list_breaks(connection, after=None, limit=200)
        return [each.kind for each in found if each.kind.startswith("file-")]


@pytest.mark.parametrize(
    ("between", "after"), [("mt940", "camt053"), ("camt053", "sbi-six"), ("sbi-six", "xlsx"), ("xls", "mt940")]
)
def test_a_file_that_waits_joins_when_the_file_between_comes(books: Books, between: str, after: str) -> None:
    desk, draw = Counter(books, next(_numbers), [books.wallet()]), Random(f"{between} {after}")
    days = []
    for form in ("sbi", between, after):
        statement = desk.goes_on(draw)
        desk.closing, desk.ends = statement.closing, statement.period_last
        days.append((statement, FORMS[form](statement)))
    desk.release(desk.receive(days[0][1]))

    waiting = desk.receive(days[2][1])
    missing = desk.open_breaks()
    desk.release(desk.receive(days[1][1]))
    joined = desk.file(waiting)
    desk.release(joined)

    assert (waiting.state, waiting.joins, waiting.new_lines) == ("waiting", "waits", 0)
    assert "Bring the file between." in str(waiting.reason)
    assert missing == ["file-waiting"]
    assert (joined.state, joined.joins, joined.new_lines) == ("read", "continues", len(days[2][0].lines))
    assert desk.file(waiting).posted_lines == len(days[2][0].lines)
    assert desk.open_breaks() == []
    assert books.faults() == {}
