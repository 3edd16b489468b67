"""A large file is released by a person at once and by a job in full, which may be killed, repeated, or overtaken."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from tests.books import Books
from tests.recon.test_bank_files import DAY
from wallet_service.errors import BankFileNotReleasable, Busy, SamePerson
from wallet_service.recon import bank_accounts, intake, posting, releasing
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.statements import Statement


class Desk:
    """A maker who has brought the day's statement, and a checker."""

    def __init__(self, books: Books) -> None:
        self.books = books
        with books.database.transaction() as connection:
            bank_accounts.add(connection, "sbi:pool", "31234567890", by="test")
        self.file = self.bring(DAY)

    def bring(self, content: bytes, *, by: str = "mita") -> BankFile:
        with self.books.database.statement() as connection:
            today = intake.today(connection)
        reading = intake.read(content, today=today)
        with self.books.database.transaction() as connection:
            return intake.receive(connection, reading, filename="large.xls", by=by)

    def ask(self, *, by: str = "kamal") -> BankFile:
        with self.books.database.transaction() as connection:
            return releasing.ask(connection, self.file.id, by=by)

    def release(self) -> BankFile:
        return releasing.release(self.books.database, self.file.id)

    def jobs(self) -> list[str]:
        with self.books.database.statement() as connection:
            return list(connection.exec_driver_sql("SELECT job FROM outbox ORDER BY id").scalars())


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def test_who_releases_it_decides_and_a_job_does_it_once(desk: Desk) -> None:
    for name in ("mita", "Mita"):
        with pytest.raises(SamePerson):
            desk.ask(by=name)
    untouched = desk.release()

    asked, again = desk.ask(), desk.ask(by="lata")
    released, repeated = desk.release(), desk.release()

    assert (untouched.state, asked.state, again.state) == ("read", "read", "read")
    assert (asked.release_by, again) == ("kamal", asked)
    assert asked.reason == "kamal has released it: its lines take their places once a worker has read it."
    assert (released.state, released.decided_by, released.reason) == ("released", "kamal", None)
    assert repeated == released
    assert desk.jobs() == ["release-bank-file", "post-bank-file"]
    with pytest.raises(BankFileNotReleasable):
        desk.ask()
    posting.post_file(desk.books.database, desk.file.id)
    assert desk.books.faults() == {}


def test_of_two_tries_the_second_finds_it_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ask()
    really, firsts = intake.read_for_release, list[BankFile]()

    def overtaken(connection: Connection, file_id: int) -> dict[int, Statement]:
        """Read, and let another try do it whole before this one goes on."""
        statements = really(connection, file_id)
        if not firsts:
            monkeypatch.setattr(intake, "read_for_release", really)
            firsts.append(desk.release())
        return statements

    monkeypatch.setattr(intake, "read_for_release", overtaken)
    second = desk.release()

    assert [second] == firsts
    assert (second.state, desk.jobs()) == ("released", ["release-bank-file", "post-bank-file"])


def test_a_decision_that_counts_no_more_when_it_is_done_is_asked_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is read for its release it is put aside, and comes again by another person as one of another account."""
    really = intake.read_for_release

    def overtaken(connection: Connection, file_id: int) -> dict[int, Statement]:
        statements = really(connection, file_id)
        desk.books.as_owner("UPDATE bank_files SET state = 'rejected', bank_account = NULL")
        desk.bring(DAY, by="lata")
        return statements

    monkeypatch.setattr(intake, "read_for_release", overtaken)
    desk.ask()

    with pytest.raises(Busy):
        desk.release()
    monkeypatch.setattr(intake, "read_for_release", really)
    again = desk.release()

    assert (again.state, again.received_by, again.release_by) == ("read", "lata", None)
    assert desk.jobs() == ["release-bank-file"]


def test_what_cannot_be_released_any_more_says_so_and_is_asked_of_nobody(desk: Desk) -> None:
    desk.ask()
    desk.books.as_owner("UPDATE bank_accounts SET number = '39999999999'")

    left = desk.release()

    assert (left.state, left.release_by) == ("read", None)
    assert left.reason is not None
    assert left.reason.startswith("It cannot be released: its account has another number by now.")


def test_what_a_person_puts_aside_meanwhile_is_not_released(desk: Desk) -> None:
    desk.ask()
    with desk.books.database.transaction() as connection:
        intake.reject(connection, desk.file.id, by="kamal", reason="It is another bank's.")

    assert (desk.release().state, desk.jobs()) == ("rejected", ["release-bank-file"])


def test_what_was_released_before_it_was_refused_is_not_when_it_comes_again_by_whomever(desk: Desk) -> None:
    desk.ask()
    desk.books.as_owner("UPDATE bank_files SET state = 'rejected', bank_account = NULL")  # Its account was belied.

    again = desk.bring(DAY, by="kamal")

    assert (again.id, again.state, again.received_by) == (desk.file.id, "read", "kamal")
    assert desk.release().state == "read"


def test_where_another_file_took_its_place_meanwhile_the_chain_decides(desk: Desk) -> None:
    """The other one has the same lines in other words: this one is known whole when its turn comes."""
    other = desk.bring(DAY.replace(b"CASH HANDLING CHARGES", b"CHARGES FOR CASH"))
    desk.ask()
    with desk.books.database.statement() as connection:
        statements = intake.read_for_release(connection, other.id)
    with desk.books.database.transaction() as connection:
        intake.release(connection, other.id, statements, by="kamal")

    released = desk.release()

    assert (released.state, released.new_lines, released.known_lines) == ("released", 0, released.lines)
