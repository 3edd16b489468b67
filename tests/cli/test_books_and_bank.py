"""The commands of finance: the books, the bank's files, and whether the two agree."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.bank import Bank, BankLine
from tests.books import Books
from tests.cli.terminal import WHO, Terminal
from tests.recon.bank_files import FIXTURES, POOL
from tests.recon.six_columns import SIX
from wallet_service.money import paise, rupees_for_people


def test_the_trial_balance_is_grouped_in_lakh_for_people_and_plain_for_programs(
    terminal: Terminal, books: Books
) -> None:
    wallet = books.wallet("1234567.00")
    books.pay(wallet, "67.50")

    shown = terminal.says("trial-balance")
    told = terminal.tells("trial-balance")

    assert "₹12,34,567.00" in shown
    assert "difference ₹0.00" in shown
    assert (told["debits"], told["credits"], told["difference"]) == ("1234567.00", "1234567.00", "0.00")
    assert {"account": "department:POD:001", "debit": "0.00", "credit": "67.50"} in told["lines"]


def test_the_trial_balance_of_a_day_to_come_is_refused(terminal: Terminal, books: Books) -> None:
    tomorrow = books.today() + timedelta(days=1)

    assert "The day has not come yet." in terminal.refuses("trial-balance", "--as-of", str(tomorrow))


@pytest.mark.parametrize("day", ["yesterday", "2026-4-2", "20260402", "2026-02-30", "২০২৬-০৪-০২"])
def test_a_day_has_one_spelling(terminal: Terminal, day: str) -> None:
    assert "is not a date such as" in terminal.refuses("close-day", day, status=2)


def test_check_names_the_row_at_fault_and_exits_1(terminal: Terminal, books: Books) -> None:
    wallet = books.wallet("500.00")
    well = terminal.says("check")
    books.spoil(f"UPDATE entries SET amount_paise = 1 WHERE book = (SELECT id FROM books WHERE code = '{wallet}')")

    broken = terminal.run("check")
    told = terminal.run("check", "--json")

    assert "BROKEN" not in well
    assert broken.exit_code == told.exit_code == 1
    assert f"{wallet}-000001" in broken.stdout
    faults = {law["law"]: law["faults"] for law in json.loads(told.stdout)["laws"]}
    assert faults[3] == 1
    assert not json.loads(told.stdout)["hold"]


def test_a_day_is_closed_once_and_who_did_it_is_known(terminal: Terminal, books: Books) -> None:
    books.wallet("500.00")
    today = str(books.today())

    [told] = terminal.tells("close-day", today)
    again = terminal.refuses("close-day", today)

    assert (told["day"], told["state"], len(told["steps"])) == (today, "closed", 10)
    assert {"what": "books that went on", "count": 2, "amount": None, "age_days": None} in told["steps"][4]["figures"]
    assert terminal.tells("day", today) == told
    assert "The day is closed" in again
    assert "nothing to do" in terminal.says("close-day")
    assert "The day takes no more entries" in terminal.says("day", today)
    with books.database.statement() as connection:
        found = connection.exec_driver_sql("SELECT by_whom, subject FROM audit WHERE act = 'close-day'").one()
    assert tuple(found) == (WHO, today)


def test_entries_that_count_much_earlier_are_listed(terminal: Terminal, books: Books) -> None:
    Bank(books, "100.00").posted(BankLine("15.00", "NOBODY'S"))  # Booked on 2 April 2026, and posted today.

    told = terminal.tells("day", str(books.today()), "--late")

    assert [(each["kind"], each["amount"], each["value_date"]) for each in told] == [
        ("opening", "100.00", "2026-04-02"),
        ("suspense", "15.00", "2026-04-02"),
    ]
    assert "02/04/2026" in terminal.says("day", str(books.today()), "--late")


def test_a_bank_account_gets_its_number_once(terminal: Terminal) -> None:
    unbound = terminal.says("bank-account", "list")
    terminal.says("bank-account", "add", "sbi:pool", "--number", "00000012345678901")
    terminal.says("bank-account", "add", "sbi:pool", "--number", "00000012345678901")
    other = terminal.tells("bank-account", "add", "sbi:second", "--number", "123456789")
    taken = terminal.refuses("bank-account", "add", "sbi:third", "--number", "123456789")
    changed = terminal.refuses("bank-account", "add", "sbi:pool", "--number", "123456780")

    assert "none yet" in unbound
    assert other["name"] == "sbi:second"
    assert "bank account sbi:second" in taken
    assert "00000012345678901" in changed
    assert {each["name"]: each["number"] for each in terminal.tells("bank-account", "list")} == {
        "sbi:pool": "00000012345678901",
        "sbi:second": "123456789",
    }


@pytest.mark.parametrize(
    ("name", "number"), [("SBI", "123456789"), ("charges", "123456789"), ("sbi:a", "12345"), ("sbi:a", "১২৩৪৫৬৭৮৯")]
)
def test_a_bank_account_has_a_plain_name_and_number(terminal: Terminal, name: str, number: str) -> None:
    assert " is not " in terminal.refuses("bank-account", "add", name, "--number", number, status=2)


def test_a_statement_is_taken_in_by_one_released_by_another_and_reconciled(terminal: Terminal, books: Books) -> None:
    taken = terminal.tells("import", FIXTURES / POOL, "--by", "asha")
    same = terminal.refuses("release", str(taken["id"]), "--by", "asha")
    released = terminal.tells("release", str(taken["id"]), "--by", "bimal")
    again = terminal.refuses("import", FIXTURES / POOL, "--by", "asha")
    statement = terminal.tells("reconcile", taken["period_last"])

    assert taken["state"] == "read"
    assert taken["posted_lines"] == 0
    assert "a second person must look" in same
    assert released["state"] == "released"
    assert released["posted_lines"] == released["lines"] > 0
    assert f"file {taken['id']}" in again
    assert statement["state"] == "final"
    assert statement["agrees"]
    assert statement["part_a"][0]["statement_closing"] == taken["closing"]
    assert "It agrees." in terminal.says("reconcile", taken["period_last"])
    assert books.faults() == {}


def test_what_a_clerk_compares_before_a_release_is_printed(terminal: Terminal, books: Books) -> None:
    shown = terminal.says("import", FIXTURES / POOL, "--by", "asha")
    told = terminal.tells("release", "1", "--by", "bimal")

    assert "Control totals" in shown
    for name, lines in (("came in", "inflow_lines"), ("went out", "outflow_lines")):
        (row,) = [line for line in shown.splitlines() if name in line]
        assert str(told[lines]) in row.split()
    assert rupees_for_people(paise(told["opening"])) in shown
    assert rupees_for_people(paise(told["closing"])) in shown
    assert f"It is the first file of its account. {told['lines']} lines: {told['lines']} new, 0 known" in shown


def test_a_file_that_is_no_statement_is_kept_and_told_with_exit_1(terminal: Terminal) -> None:
    result = terminal.run("import", FIXTURES / "gives.json", "--by", "asha")

    assert result.exit_code == 1
    assert "rejected - " in result.stdout
    assert "Traceback" not in result.output


def test_a_file_that_names_no_account_is_brought_for_the_one_that_is_said(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "six.csv"
    file.write_text(SIX, encoding="utf-8")

    unsaid = terminal.run("import", file, "--by", "asha")
    nobody = terminal.refuses("import", file, "--account", "sbi:poll", "--by", "asha")
    both = terminal.refuses("import", file, "--account", "sbi:pool", "--profile", "van-mis", "--by", "asha", status=2)
    said = terminal.tells("import", file, "--account", "sbi:pool", "--by", "asha")

    assert unsaid.exit_code == 1
    assert "account sbi:pool" in unsaid.stdout
    assert "There is no bank account by this name or number." in nobody
    assert "--profile or --account" in both
    assert (said["state"], said["bank_account"], said["account_number"]) == ("read", "sbi:pool", None)
