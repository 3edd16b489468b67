"""SBI's layout of 2026: six columns, wrapped details, and nothing that says whose account it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.books import Books
from tests.recon.bank_files import POOL, TODAY, fixture, read, refusal
from wallet_service.errors import BankAccountNotFound
from wallet_service.identifiers import OperatorCode
from wallet_service.money import rupees
from wallet_service.recon import bank_accounts, bank_files, chain, intake, posting, wraps
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.narration import parse
from wallet_service.recon.readers import layouts, sbi
from wallet_service.recon.readers.text import Row

HOWRAH = OperatorCode("BSKOP0071010")
TITLES = "Date,Details,Ref No/Cheque No,Debit,Credit,Balance\n"
ROWS = """03/04/2026," CASH DEPOSIT SELF
 AT 00091 KOLKATA MAIN",,,35000.00,1116175.00
03/04/2026," CSH DEP (CDM)   CDM8040106SBI
  SHIBPUR HOWRAH 2026",,,20000.00,1136175.00
03/04/2026," WDL TFR   UPI/DR/609312345678/TESTPAYE/SBIN/te
 st.payee/UPI   0097690162095 AT 00091 KOLKATA MAIN",,500.00,,1135675.00
03/04/2026," DEP TFR   UPI/REV/609312345678  
  0097690162095 AT 00091 KOLKATA MAIN",,,500.00,1136175.00
"""  # noqa: W291
SIX = ",,,,,\n" * 16 + TITLES + ROWS
STATED = """Account Number     : _00000031234567890,,,,,
Balance as on 1 Apr 2026 : 1081175.00,,,,,
Account Statement from 1 Apr 2026 to 4 Apr 2026,,,,,
"""
POOL_DAYS = """Date,Details,Ref No/Cheque No,Debit,Credit,Balance
01/04/2026,DEP TFR NEFT*YESB0000001*YESAP60910012345*TEST REMITTER,,,35000.00,1035000.00
02/04/2026,DEP TFR UPI/CR/609212345678/TESTPAYE/UTIB/test.payer,,,5000.00,1040000.00
02/04/2026,DEP TFR IMPS/609209123457/1111111111/XX0070/TEST,,,12500.00,1052500.00
02/04/2026,CASH DEPOSIT BSKOP0071010 AT 00091 KOLKATA MAIN,,,20000.00,1072500.00
02/04/2026,CASH DEPOSIT SELF AT 04292 HOWRAH,,,7500.00,1080000.00
02/04/2026,CASH HANDLING CHARGES,,59.00,,1079941.00
02/04/2026,CREDIT INTEREST,,,1234.00,1081175.00
"""


def test_each_row_is_a_line_that_counts_on_its_date() -> None:
    statement = read(SIX)

    assert [
        (
            line.row,
            rupees(line.amount),
            line.direction.value,
            rupees(line.balance_after),
            wraps.joined(line.description),
        )
        for line in statement.lines
    ] == [
        (18, "35000.00", "inflow", "1116175.00", "CASH DEPOSIT SELF AT 00091 KOLKATA MAIN"),
        (20, "20000.00", "inflow", "1136175.00", "CSH DEP (CDM) CDM8040106SBI SHIBPUR HOWRAH 2026"),
        (
            22,
            "500.00",
            "outflow",
            "1135675.00",
            "WDL TFR UPI/DR/609312345678/TESTPAYE/SBIN/test.payee/UPI 0097690162095 AT 00091 KOLKATA MAIN",
        ),
        (
            24,
            "500.00",
            "inflow",
            "1136175.00",
            "DEP TFR UPI/REV/609312345678 0097690162095 AT 00091 KOLKATA MAIN",
        ),
    ]
    assert {(line.booked_on, line.value_date) for line in statement.lines} == {(date(2026, 4, 3), date(2026, 4, 3))}
    assert statement.form == "sbi-6-comma"


def test_what_the_blank_rows_leave_out_the_lines_tell_but_for_the_account() -> None:
    statement = read(SIX)

    assert statement.account_number is None
    assert (statement.period_first, statement.period_last) == (date(2026, 4, 3), date(2026, 4, 3))
    assert (rupees(statement.opening), rupees(statement.closing)) == ("1081175.00", "1136175.00")


def test_what_the_rows_before_the_titles_state_counts() -> None:
    statement = read(STATED + TITLES + ROWS)

    assert statement.account_number == "31234567890"
    assert (statement.period_first, statement.period_last) == (date(2026, 4, 1), date(2026, 4, 4))
    assert rupees(statement.opening) == "1081175.00"


def test_its_words_are_found_over_its_breaks() -> None:
    told = [parse(line.description, line.reference) for line in read(SIX).lines]

    assert [narration.branch for narration in told] == ["00091", None, "00091", "00091"]
    assert [narration.cdm for narration in told] == [None, "8040106 2026", None, None]
    assert [narration.references for narration in told] == [(), (), ("609312345678",), ("609312345678",)]
    assert [narration.reversal for narration in told] == [False, False, False, True]


@pytest.mark.parametrize(
    "saved_again",
    [
        pytest.param(lambda text: b"\xef\xbb\xbf" + text.encode(), id="UTF-8 with a byte order mark"),
        pytest.param(lambda text: text.encode("utf-16"), id="UTF-16"),
        pytest.param(lambda text: text.replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(lambda text: text.replace("Date,Details", "DATE ,  details").encode(), id="other titles"),
        pytest.param(
            lambda text: text.replace("Ref No/Cheque No", '" Ref No. / Cheque No. "').encode(), id="full stops"
        ),
        pytest.param(lambda text: text.replace(",", ";").encode(), id="semicolons"),
        pytest.param(lambda text: text.replace(",", "\t").encode(), id="tabs"),
        pytest.param(lambda text: text.lstrip(",\n").encode(), id="nothing before the titles"),
        pytest.param(lambda text: (text + TITLES + "\n\n").encode(), id="titles again, and blank rows"),
        pytest.param(lambda text: text.replace("35000.00,", '"35,000.00",').encode(), id="commas in amounts"),
    ],
)
def test_a_file_saved_again_says_the_same(saved_again: Callable[[str], bytes]) -> None:
    def of(content: str | bytes) -> list[tuple[object, ...]]:
        return [(line.booked_on, line.amount, line.balance_after, line.description) for line in read(content).lines]

    assert of(saved_again(SIX)) == of(SIX)


def test_a_day_has_the_same_places_as_in_eight_columns() -> None:
    assert chain.places(read(POOL_DAYS)) == chain.places(read(fixture(POOL)))


def test_rows_of_a_workbook_are_read_alike() -> None:
    rows = [
        Row.of(1, ["Date", "Details", "Ref No/Cheque No", "Debit", "Credit", "Balance"]),
        Row.of(2, ["03/04/2026", " CASH DEPOSIT SELF\n AT 00091 KOLKATA MAIN", "", "", "35000.00", "1116175.00"]),
    ]

    table = layouts.find(rows, sbi.LAYOUTS, set())

    assert table is not None
    statement = sbi.read_table(table, encoding="", manner="xlsx", today=TODAY)
    assert (statement.form, statement.lines[0].description) == (
        "sbi-6-xlsx",
        "CASH DEPOSIT SELF\nAT 00091 KOLKATA MAIN",
    )


@pytest.mark.parametrize(
    ("broken", "line", "says"),
    [
        (lambda text: text.replace("1136175.00\n03/04", "1136175.01\n03/04"), 20, "does not follow"),
        (lambda text: text.replace("500.00,,1135675", "500.00,500.00,1135675"), 22, "both a debit and a credit"),
        (lambda text: text.replace(",500.00,,1135675", ",,,1135675"), 22, "neither a debit nor a credit"),
        (lambda text: text.replace("03/04/2026,\" DEP", "02/04/2026,\" DEP"), 24, "not in order of date"),
        (lambda text: text.replace("03/04/2026,\" DEP", "11/04/2026,\" DEP"), 24, "has not come yet"),
        (lambda text: STATED.replace("1081175.00", "1081175.50") + text, 21, "does not follow"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_relied_on_is_refused_by_its_line(
    broken: Callable[[str], str], line: int, says: str
) -> None:
    facts = refusal(broken(SIX))

    assert facts["rejects"][0]["line"] == line
    assert says in facts["rejects"][0]["reason"]


def test_a_file_that_is_cut_inside_its_details_is_refused() -> None:
    assert "Line 24" in refusal(SIX[: SIX.index(' 0097690162095 AT 00091 KOLKATA MAIN",,,')])["reason"]


def test_titles_without_rows_are_refused() -> None:
    assert "no rows" in refusal(TITLES)["reason"]


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
            intake.release(connection, file.id, statements, by="kamal")
        posting.post_file(self.books.database, file.id)
        with self.books.database.statement() as connection:
            return bank_files.get(connection, file.id)

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
