"""Files that something happened to on their way, by the hundred: nothing of one is posted, or all, and it ties."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import pytest

from tests.books import Books
from tests.machine import figures
from tests.recon.mutations import mutated
from tests.recon.workbooks import Sheet, xls, xlsx
from tests.recon.writers import WRITERS, write_sbi
from wallet_service.errors import FileAlreadyReceived
from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.recon import bank_accounts, bank_files, intake, posting, received
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.statements import Direction, Statement, StatementLine

FILES = 10_000 if os.environ.get("WALLET_LONG_TESTS") == "1" else 500
OF_AN_ACCOUNT = 500
BEGINS = date(2021, 4, 1)
OPENING = Paise(10_00_000_00)
LONGEST_STEP = timedelta(3)
UNTOUCHED_ONE_IN = 12
FORMS: dict[str, Callable[[Statement], bytes]] = {
    **WRITERS,
    "xlsx": lambda statement: xlsx(_cells(statement)),
    "xls": lambda statement: xls(_cells(statement)),
}
CONFINED = {"camt053", "xlsx", "xls"}
CONFINED_ONE_OF = 0.03
_STANDS = """
SELECT count(*) AS lines, count(p.line) AS posted,
  coalesce(sum(CASE l.direction WHEN 'inflow' THEN l.amount_paise ELSE -l.amount_paise END), 0)::bigint AS moved,
  (SELECT coalesce(sum(CASE e.debit_account WHEN %(account)s THEN e.amount_paise ELSE -e.amount_paise END), 0)::bigint
   FROM entries e WHERE %(account)s IN (e.debit_account, e.credit_account)) AS books
FROM bank_lines l LEFT JOIN bank_line_postings p ON p.line = l.id WHERE l.bank_account = %(account)s
"""


def _cells(statement: Statement) -> Sheet:
    return [list(line.split("\t")) for line in write_sbi(statement).decode().splitlines()]


@dataclass(frozen=True)
class Stands:
    """How many lines an account has and how many of them are posted; what they moved, and its balance in the books."""

    lines: int
    posted: int
    moved: int
    books: int


class Branch:
    """One bank account, whose files come one after the other: each goes on where it stands, and most are spoilt."""

    def __init__(self, books: Books, number: int, wallets: list[OperatorCode]) -> None:
        self.books = books
        self.wallets = wallets
        self.number = f"{31_000_000_000 + number}"
        with books.database.transaction() as connection:
            account = bank_accounts.add(connection, f"sbi:{number}", self.number, by="test")
        self.account, self.name = account.id, account.name
        self.closing, self.ends = OPENING, BEGINS
        self.came: list[bytes] = []

    def can_go_on(self) -> bool:
        """Tell whether there are days left: a spoilt file that still ties may have told of days up to today."""
        with self.books.database.statement() as connection:
            return self.ends + LONGEST_STEP <= intake.today(connection)

    def goes_on(self, draw: Random) -> Statement:
        """Return the statement of the next day or days."""
        first = self.ends + timedelta(draw.choice((1, 1, 2)))
        last = first + timedelta(draw.choice((0, 0, 1)))
        balance, lines = self.closing, []
        days = sorted(draw.choice((first, last)) for _ in range(draw.randint(1, 8)))
        for row, day in enumerate([first, *days[1:]], 1):
            line = self._line(draw, row, day, balance)
            balance = line.balance_after
            lines.append(line)
        return Statement(self.number, first, last, self.closing, balance, tuple(lines), "utf-8", "")

    def take(self, content: bytes, *, by_job: bool) -> BankFile:
        """Take a file in, and release and post it where it can be: whoever brings it says which account it is of."""
        database = self.books.database
        file = self._by_job(content) if by_job else self._at_once(content)
        if file.state == "read":
            with database.statement() as connection:
                statements = intake.read_for_release(connection, file.id)
            with database.transaction() as connection:
                intake.release(connection, file.id, statements, by="kamal")
            posting.post_file(database, file.id)
        elif file.state == "waiting":
            with database.transaction() as connection:
                intake.reject(connection, file.id, by="kamal", reason="It is spoilt.")
        with database.statement() as connection:
            return bank_files.get(connection, file.id)

    def stands(self) -> Stands:
        """Return where the account stands."""
        with self.books.database.statement() as connection:
            return Stands(*connection.exec_driver_sql(_STANDS, {"account": self.account}).one())

    def note(self, content: bytes, file: BankFile) -> None:
        """Go on behind a file that was accepted."""
        if file.new_lines and file.closing is not None and file.period_last is not None:
            self.closing, self.ends = file.closing, max(self.ends, file.period_last)
            self.came.append(content)

    def _at_once(self, content: bytes) -> BankFile:
        with self.books.database.statement() as connection:
            today = intake.today(connection)
        reading = intake.read(content, today=today)
        with self.books.database.transaction() as connection:
            return intake.receive(connection, reading, filename="x", by="mita", account=self.name)

    def _by_job(self, content: bytes) -> BankFile:
        digest = sha256(content).digest()
        with self.books.database.transaction() as connection:
            kept = received.keep(connection, content, digest, filename="x", by="mita", account=self.name)
        return received.read(self.books.database, kept.id)

    def _line(self, draw: Random, row: int, day: date, before: Paise) -> StatementLine:
        inflow = draw.random() < 0.8
        amount = Paise(draw.choice((100_00, 500_00, draw.randrange(1, 50_000_00))))
        unique = draw.randrange(10**10, 10**11)
        words = draw.choice(
            (
                f"CASH DEPOSIT {draw.choice(self.wallets)}",
                f"BY TRANSFER-NEFT*YESB0000001*YESAP{unique}*TEST REMITTER",
                f"BY TRANSFER-UPI/CR/6{unique}/TESTPAYE/UTIB/test.payer/TOP UP",
                "CASH HANDLING CHARGES",
                "CASH DEPOSIT SELF AT 00091 KOLKATA MAIN",
                "CREDIT INTEREST",
            )
        )
        direction = Direction.INFLOW if inflow else Direction.OUTFLOW
        after = Paise(before + amount if inflow else before - amount)
        return StatementLine(row, day, day, direction, amount, before, after, words, "", None)


def _prove(branch: Branch, before: Stands, file: BankFile) -> None:
    """Compare where the account stands after a file with where it stood."""
    after = branch.stands()
    if file.state != "released":
        assert (file.state, after) == ("rejected", before)
        return
    assert file.opening is not None
    assert file.closing is not None
    assert file.opening + file.inflows - file.outflows == file.closing
    assert file.inflow_lines + file.outflow_lines == file.lines == file.new_lines + file.known_lines
    assert file.posted_lines == file.new_lines
    moved = file.closing - branch.closing if file.new_lines else 0
    brought_in = branch.closing if before.lines == 0 else 0
    assert after == Stands(
        before.lines + file.new_lines,
        before.posted + file.new_lines,
        before.moved + moved,
        before.books + moved + brought_in,
    )


@contextmanager
def _told(seed: str, number: int, *how: Any) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"WALLET_SEED={seed}, file {number}: {how}")
        raise


def test_of_a_file_that_something_happened_to_nothing_is_posted_or_all_of_it_and_its_totals_tie(
    books: Books, testrun_uid: str, request: pytest.FixtureRequest
) -> None:
    seed = figures.base_seed(testrun_uid)
    wallets = [books.wallet() for _ in range(5)]
    forms, outcomes, untouched = Counter[str](), Counter[str](), Counter[str]()
    branch = Branch(books, 0, wallets)

    for number in range(FILES):
        draw = Random(f"{seed} {number}")
        if (number and number % OF_AN_ACCOUNT == 0) or not branch.can_go_on():
            branch = Branch(books, number, wallets)
        form = _form(draw) if branch.came else "sbi"
        forms[form] += 1
        content, how = FORMS[form](branch.goes_on(draw)), ["untouched"]
        if branch.came and number % UNTOUCHED_ONE_IN:
            content, how = mutated(draw, content, branch.came)
        with _told(seed, number, form, how):
            outcome = _played(branch, content, by_job=number % 10 == 5)
        outcomes[outcome] += 1
        if how == ["untouched"]:
            untouched[outcome] += 1

    figures.say(request, f"{FILES:,} files, {_listed(forms)}: {_listed(outcomes)} (WALLET_SEED={seed})")
    assert set(forms) == set(FORMS)
    assert set(untouched) == {"released"}
    assert min(outcomes["released"], outcomes["rejected"]) > FILES // 10
    assert books.faults() == {}


def _played(branch: Branch, content: bytes, *, by_job: bool) -> str:
    """Take a file in, compare what came of it, and return that in a word."""
    before = branch.stands()
    try:
        file = branch.take(content, by_job=by_job)
    except FileAlreadyReceived:
        assert branch.stands() == before
        return "known"
    _prove(branch, before, file)
    if file.state == "released":
        branch.note(content, file)
    return file.state


def _form(draw: Random) -> str:
    """Draw the form of a file: seldom one that is read in a process of its own, which takes much longer."""
    confined = draw.random() < CONFINED_ONE_OF
    return draw.choice(sorted(CONFINED if confined else FORMS.keys() - CONFINED))


def _listed(outcomes: Counter[str]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(outcomes.items()))
