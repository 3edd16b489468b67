"""A bank file goes in once, is released by a second person, and each of its lines is posted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.books import Books
from wallet_service.errors import (
    AlreadyCredited,
    BankFileNotReleasable,
    BankLineDiffers,
    FileAlreadyReceived,
    SamePerson,
)
from wallet_service.identifiers import OperatorCode
from wallet_service.recon import bank_accounts, bank_files, intake, posting, report
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.report import Reconciliation

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "sbi"
DAY = (FIXTURES / "sbi-pool-2026-04-02.xls").read_bytes()
AS_CSV = (FIXTURES / "sbi-pool-2026-04-02.csv").read_bytes()
LONGER = (FIXTURES / "sbi-pool-2026-04-01-to-03.xls").read_bytes()
OPERATORS = tuple(OperatorCode(code) for code in ("BSKOP0071010", "BSKOP0071011", "BSKOP0071012"))


class Desk:
    """Finance at work: Mita brings files, Kamal releases them."""

    def __init__(self, books: Books) -> None:
        self.books = books
        with books.database.transaction() as connection:
            bank_accounts.add(connection, "sbi:pool", "31234567890", by="test")
        for operator in OPERATORS:
            books.wallet(code=operator)

    def receive(self, content: bytes, *, filename: str = "statement.xls") -> BankFile:
        with self.books.database.transaction() as connection:
            reading = intake.read(content, today=intake.today(connection))
            return intake.receive(connection, reading, filename=filename, by="mita")

    def release(self, file: BankFile, *, by: str = "kamal") -> BankFile:
        with self.books.database.transaction() as connection:
            statements = intake.read_for_release(connection, file.id)
            released = intake.release(connection, file.id, statements, by=by)
        if released.state == "released":
            posting.post_file(self.books.database, file.id)
        with self.books.database.statement() as connection:
            return bank_files.get(connection, file.id)

    def lines(self, file: BankFile) -> list[bank_files.FileLine]:
        with self.books.database.statement() as connection:
            return bank_files.list_lines(connection, file.id, after=None, limit=200)

    def advise_the_day(self) -> None:
        for operator, rupees, reference, day, channel in (
            (OPERATORS[0], "35000.00", "YESAP60910012345", 1, "neft"),
            (OPERATORS[1], "5000.00", "609212345678", 2, "upi"),
            (OPERATORS[2], "12500.00", "609209123457", 2, "imps"),
        ):
            self.books.advise(
                operator,
                rupees,
                reference=reference,
                booked_on=date(2026, 4, day),
                channel=channel,
            )


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def test_a_book_balance_of_the_day_of_the_download_does_not_bind_at_the_release_either(desk: Desk) -> None:
    later = DAY.replace(b"End Date", b"Book Balance :\t3,33,333.00\nEnd Date")

    released = desk.release(desk.receive(later))

    assert (released.state, released.posted_lines) == ("released", 7)


def test_the_lines_of_a_day_are_tied_named_charged_or_parked(desk: Desk, books: Books) -> None:
    desk.advise_the_day()

    file = desk.release(desk.receive(DAY))

    assert (file.state, file.lines, file.new_lines, file.posted_lines) == ("released", 7, 7, 7)
    assert [line.rule for line in desk.lines(file)] == [
        *("advised", "advised", "advised", "operator-named", "unexplained", "charge", "interest")
    ]
    assert [books.current(operator) for operator in OPERATORS] == ["55000.00", "5000.00", "12500.00"]
    assert books.account("bank:sbi:pool") == "1081175.00"
    assert books.account("transit:top-ups") == "0.00"
    assert books.account("suspense:bank-credits") == "-7500.00"
    assert books.faults() == {}


def test_the_reconciliation_statement_of_the_day_agrees_to_the_paisa(desk: Desk, books: Books) -> None:
    desk.advise_the_day()
    desk.release(desk.receive(DAY))

    made, again = (_kept(books, date(2026, 4, 2)) for _ in range(2))

    assert (made.state, made.version, again.version) == ("final", 1, 1)
    assert made.statement["agrees"]
    (bank,) = made.statement["part_a"]
    assert (bank["statement_closing"], bank["bank_per_books"], bank["difference"]) == (
        "1081175.00",
        "1081175.00",
        "0.00",
    )
    items = {account["account"]: account for account in made.statement["part_b"]["open_items"]}
    assert [item["amount"] for item in items["suspense:bank-credits"]["items"]] == ["7500.00"]
    assert items["transit:top-ups"]["difference"] == "0.00"


def test_the_same_statement_credits_nobody_twice_however_it_comes(desk: Desk, books: Books) -> None:
    desk.advise_the_day()
    file = desk.release(desk.receive(DAY))
    before = [books.current(operator) for operator in OPERATORS]

    for again in (DAY, AS_CSV, DAY.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
        with pytest.raises(FileAlreadyReceived) as refused:
            desk.receive(again, filename="renamed.csv")
        assert refused.value.facts["file"] == file.id
    longer = desk.release(desk.receive(LONGER))

    assert (longer.lines, longer.new_lines, longer.posted_lines) == (9, 2, 2)
    assert [books.current(operator) for operator in OPERATORS][1:] == before[1:]
    assert books.account("bank:sbi:pool") == "1104175.00"
    assert books.faults() == {}


def test_who_brought_a_file_does_not_release_it(desk: Desk, books: Books) -> None:
    file = desk.receive(DAY)

    with pytest.raises(SamePerson):
        desk.release(file, by="mita")

    assert books.account("bank:sbi:pool") == "0.00"


def test_a_file_is_released_once(desk: Desk) -> None:
    file = desk.receive(DAY)
    desk.release(file)

    with pytest.raises(BankFileNotReleasable):
        desk.release(file)


def test_advice_and_line_credit_once_in_both_orders_and_twice_each(desk: Desk, books: Books) -> None:
    desk.release(desk.receive(DAY))
    assert books.account("suspense:bank-credits") == "-60000.00"

    first = books.advise(OPERATORS[0], "35000.00", reference="YESAP60910012345", booked_on=date(2026, 4, 1))
    with pytest.raises(AlreadyCredited):
        books.advise(OPERATORS[0], "35000.00", reference="P60910012345", booked_on=date(2026, 4, 1))
    with pytest.raises(BankLineDiffers):
        books.advise(OPERATORS[1], "5000.01", reference="609212345678", booked_on=date(2026, 4, 2))

    assert first.credit.state == "tied"
    assert books.current(OPERATORS[0]) == "55000.00"
    assert books.account("suspense:bank-credits") == "-25000.00"
    assert books.faults() == {}


def test_a_later_file_waits_for_the_one_between_and_joins_when_it_comes(desk: Desk, books: Books) -> None:
    april = LONGER.decode()
    head, _, rest = april.partition("Txn Date")
    third = [line for line in rest.splitlines() if line.startswith("03/04/2026")]
    later = (
        head.replace("01/04/2026", "03/04/2026").replace("10,00,000.00", "10,81,175.00")
        + "Txn Date" + rest.splitlines()[0] + "\n" + "\n".join(third) + "\n"
    )  # fmt: skip
    desk_first = desk.release(desk.receive((FIXTURES / "seven-columns-2026-04-01.xls").read_bytes()))
    assert desk_first.state == "released"

    waiting = desk.receive(later.encode())

    assert waiting.state == "waiting"
    assert "file between" in (waiting.reason or "")
    with pytest.raises(BankFileNotReleasable):
        desk.release(waiting)
    assert books.faults() == {}


@pytest.mark.parametrize(
    "name", ["truncated.xls", "does-not-add-up.xls", "other-account.xls", "empty.xls", "not-a-statement.csv"]
)
def test_what_cannot_be_relied_on_is_refused_whole_with_a_reason(desk: Desk, books: Books, name: str) -> None:
    file = desk.receive((FIXTURES / "broken" / name).read_bytes(), filename=name)

    assert (file.state, file.posted_lines) == ("rejected", 0)
    assert file.reason
    assert books.trial_balance().debits == 0


def test_a_file_half_posted_is_finished_by_the_next_run(
    desk: Desk, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.advise_the_day()
    monkeypatch.setattr(posting, "LINES_AT_ONCE", 3)
    file = desk.receive(DAY)
    with books.database.transaction() as connection:
        intake.release(connection, file.id, intake.read_for_release(connection, file.id), by="kamal")

    with pytest.raises(KeyboardInterrupt):
        posting.post_file(books.database, file.id, progress=_stop_at(3))
    posting.post_file(books.database, file.id)

    with books.database.statement() as connection:
        assert bank_files.get(connection, file.id).posted_lines == 7
    assert books.faults() == {}


def _stop_at(lines: int) -> Callable[[int], None]:
    def progress(posted: int) -> None:
        if posted >= lines:
            raise KeyboardInterrupt

    return progress


def _kept(books: Books, day: date) -> Reconciliation:
    with books.database.snapshot() as connection:
        draft = report.draw_up(connection, day)
    with books.database.transaction() as connection:
        return report.keep(connection, draft, by="kamal")
