"""Whose account a file is that names none: SBI's six columns, brought in and released."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.recon.bank_files import POOL, fixture
from tests.recon.six_columns import POOL_DAYS, ROWS, SIX, STATED, TITLES
from wallet_service.errors import BankAccountNotFound, FileAlreadyReceived
from wallet_service.identifiers import OperatorCode
from wallet_service.recon import bank_accounts, bank_files, intake, posting
from wallet_service.recon.bank_files import BankFile

HOWRAH = OperatorCode("BSKOP0071010")


class Desk:
    """Finance at work: Mita brings files, and says of which account; Kamal releases them."""

    def __init__(self, books: Books, *, number: str | None = "31234567890") -> None:
        self.books = books
        books.wallet(code=HOWRAH)
        if number:
            self.add("sbi:pool", number)

    def add(self, name: str, number: str) -> None:
        with self.books.database.transaction() as connection:
            bank_accounts.add(connection, name, number, by="test")

    def receive(self, content: str, *, account: str | None = None) -> BankFile:
        with self.books.database.transaction() as connection:
            reading = intake.read(content.encode(), today=intake.today(connection))
            return intake.receive(connection, reading, filename="six.csv", by="mita", account=account)

    def release(self, file: BankFile) -> BankFile:
        with self.books.database.transaction() as connection:
            statements = intake.read_for_release(connection, file.id)
            released = intake.release(connection, file.id, statements, by="kamal")
        if released.state == "released":
            posting.post_file(self.books.database, file.id)
        with self.books.database.statement() as connection:
            return bank_files.get(connection, file.id)

    def reject(self, file: BankFile) -> BankFile:
        with self.books.database.transaction() as connection:
            return intake.reject(connection, file.id, by="kamal", reason="of the other account")

    def lines(self, file: BankFile) -> list[bank_files.FileLine]:
        with self.books.database.statement() as connection:
            return bank_files.list_lines(connection, file.id, after=None, limit=200)


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def test_the_first_file_of_an_account_must_be_said_to_be_its(desk: Desk, books: Books) -> None:
    unsaid = desk.receive(SIX)
    said = desk.receive(SIX, account="sbi:pool")
    released = desk.release(said)

    assert (unsaid.state, unsaid.is_readable) == ("rejected", False)
    assert "does not name its account" in str(unsaid.reason)
    assert "account sbi:pool" in str(unsaid.reason)
    assert (said.id, said.state, said.bank_account, said.account_number) == (unsaid.id, "read", "sbi:pool", None)
    assert (released.state, released.posted_lines) == ("released", 4)
    assert books.account("bank:sbi:pool") == "1136175.00"
    assert books.faults() == {}


def test_the_only_account_need_not_be_said_where_the_balances_join(desk: Desk) -> None:
    desk.release(desk.receive(fixture(POOL)))

    file = desk.receive(SIX)

    assert (file.state, file.bank_account, file.new_lines) == ("read", "sbi:pool", 4)


def test_where_the_balances_do_not_join_it_must_be_said_and_then_the_file_waits(desk: Desk) -> None:
    desk.release(desk.receive(fixture(POOL)))
    later = TITLES + "03/04/2026,CASH DEPOSIT SELF,,,1.00,5.00\n"

    unsaid, said = desk.receive(later), desk.receive(later, account="sbi:pool")

    assert (unsaid.state, unsaid.bank_account) == ("rejected", None)
    assert "do not join those of sbi:pool" in str(unsaid.reason)
    assert (said.id, said.state, said.bank_account) == (unsaid.id, "waiting", "sbi:pool")


def test_with_two_accounts_it_must_be_said_even_where_the_balances_join_one(desk: Desk) -> None:
    desk.release(desk.receive(fixture(POOL)))
    desk.add("sbi:fees", "31234567891")

    unsaid, said = desk.receive(SIX), desk.receive(SIX, account="sbi:pool")

    assert (unsaid.state, said.state) == ("rejected", "read")
    assert "sbi:fees, sbi:pool" in str(unsaid.reason)


def test_a_day_that_came_in_eight_columns_adds_nothing_in_six(desk: Desk) -> None:
    desk.release(desk.receive(fixture(POOL)))

    again = desk.receive(POOL_DAYS)

    assert (again.state, again.lines, again.new_lines) == ("read", 7, 0)


def test_a_file_is_not_taken_for_another_account_than_it_names(desk: Desk) -> None:
    desk.add("sbi:fees", "31234567891")

    of_pool = desk.receive(fixture(POOL), account="sbi:fees")
    of_nobody = desk.receive(fixture(POOL).replace("31234567890", "31234567899"), account="sbi:fees")
    taken = desk.receive(fixture(POOL), account="sbi:pool")

    assert "which is sbi:pool; it was brought for sbi:fees" in str(of_pool.reason)
    assert "which is none of ours; it was brought for sbi:fees" in str(of_nobody.reason)
    assert (of_pool.state, of_nobody.state, taken.state) == ("rejected", "rejected", "read")


def test_lines_that_one_account_has_are_not_taken_for_another_ones(desk: Desk, books: Books) -> None:
    desk.add("sbi:fees", "31234567891")
    desk.release(desk.receive(fixture(POOL)))

    wrong = desk.receive(POOL_DAYS, account="sbi:fees")
    right = desk.receive(POOL_DAYS, account="sbi:pool")

    assert (wrong.state, right.state, right.new_lines) == ("rejected", "read", 0)
    assert "7 of its lines are those that sbi:pool has already" in str(wrong.reason)
    assert books.account("bank:sbi:fees") == "0.00"


def test_lines_that_another_account_got_meanwhile_are_not_released_for_this_one(desk: Desk, books: Books) -> None:
    desk.add("sbi:fees", "31234567891")
    wrong = desk.receive(POOL_DAYS, account="sbi:fees")
    desk.release(desk.receive(fixture(POOL)))

    released = desk.release(wrong)

    assert (wrong.state, released.state, released.posted_lines) == ("read", "rejected", 0)
    assert books.account("bank:sbi:fees") == "0.00"
    assert books.faults() == {}


def test_a_number_that_became_another_accounts_meanwhile_is_not_bound_to_this_one(books: Books) -> None:
    desk = Desk(books, number=None)
    file = desk.receive(fixture(POOL))
    desk.add("sbi:fees", "31234567890")

    released = desk.release(file)
    again = desk.receive(fixture(POOL))

    assert (file.state, file.bank_account, released.state) == ("read", "sbi:pool", "rejected")
    assert "The account ending 7890 is sbi:fees now, and not sbi:pool." in str(released.reason)
    assert (again.id, again.state, again.bank_account) == (file.id, "read", "sbi:fees")


def test_what_a_person_rejected_comes_again_for_another_account_and_for_no_other_reason(desk: Desk) -> None:
    desk.add("sbi:fees", "31234567891")
    wrong = desk.reject(desk.receive(SIX, account="sbi:fees"))
    named = desk.reject(desk.receive(fixture(POOL)))

    with pytest.raises(FileAlreadyReceived) as same:
        desk.receive(SIX, account="sbi:fees")
    with pytest.raises(FileAlreadyReceived):
        desk.receive(SIX)
    with pytest.raises(FileAlreadyReceived):
        desk.receive(fixture(POOL), account="sbi:pool")
    right = desk.receive(SIX, account="sbi:pool")
    released = desk.release(right)

    assert (same.value.facts["file"], same.value.facts["state"]) == (wrong.id, "rejected")
    assert named.decided_by == "kamal"
    assert (right.id, right.state, right.bank_account, right.decided_by) == (wrong.id, "read", "sbi:pool", None)
    assert (released.state, released.posted_lines, released.decided_by) == ("released", 4, "kamal")


def test_an_account_that_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(BankAccountNotFound) as caught:
        desk.receive(SIX, account="sbi:poll")

    assert caught.value.facts == {"bank_account": "sbi:poll"}


def test_a_file_without_a_number_binds_none_and_a_later_one_may(books: Books) -> None:
    with books.database.statement() as connection:
        (unbound,) = bank_accounts.list_bank_accounts(connection)
    desk = Desk(books, number=None)
    desk.release(desk.receive(POOL_DAYS, account=unbound.name))
    with books.database.statement() as connection:
        after_six = bank_accounts.list_bank_accounts(connection)

    desk.release(desk.receive(STATED.replace("1 Apr 2026 to", "3 Apr 2026 to") + TITLES + ROWS))

    assert unbound.number is None
    assert after_six == [unbound]
    with books.database.statement() as connection:
        assert [each.number for each in bank_accounts.list_bank_accounts(connection)] == ["31234567890"]


def test_an_operator_named_over_a_break_is_credited_and_people_read_one_line(desk: Desk, books: Books) -> None:
    rows = '03/04/2026," CASH DEPOSIT SELF BSKOP00\n 71010 AT 00091 KOLKATA MAIN",,,100.00,200.00\n'

    file = desk.release(desk.receive(TITLES + rows, account="sbi:pool"))

    (line,) = desk.lines(file)
    assert (line.rule, line.description) == (
        "operator-named",
        "CASH DEPOSIT SELF BSKOP00 71010 AT 00091 KOLKATA MAIN",
    )
    assert books.current(HOWRAH) == "100.00"
