"""`wallet lists`: whose lists are expected is said, listed and ended; what does not come is among the breaks."""

from __future__ import annotations

from tests.books import Books
from tests.cli.terminal import Terminal
from tests.payments.settling import MONDAY, Treasury


def test_a_list_that_is_expected_and_does_not_come_is_a_break(books: Books, terminal: Terminal) -> None:
    treasury = Treasury(books)
    books.pay(books.wallet("1000.00"), "250.00")
    said = terminal.says("lists", "expect", "POD", "1", "--from", str(MONDAY))
    treasury.next_day()
    early = terminal.tells("breaks")
    treasury.next_day()

    (found,) = terminal.tells("breaks", "--kind", "list-missing")["breaks"]
    terminal.says("take", found["id"], "--by", "mita")
    ended = terminal.says("lists", "end", "POD", "2027-07-04")

    assert said == "POD sends a list of each day from 2027-07-05 on, T+1 by the bank's working days\n"
    assert early["breaks"] == []
    assert (found["id"], found["amount"]) == ("list-missing:list-POD-2027-07-05", "250.00")
    assert ended == "POD sends no list of any day after 2027-07-04\n"
    assert terminal.tells("breaks")["breaks"] == []
    assert terminal.tells("lists", "expected") == [
        {"department": "POD", "bank_days": 1, "first": "2027-07-05", "last": "2027-07-04"}
    ]


def test_what_is_expected_is_a_table_and_what_is_not_known_is_refused(terminal: Terminal) -> None:
    terminal.says("lists", "expect", "TRA", "0", "--from", "2026-04-01")

    (row,) = [line for line in terminal.says("lists", "expected").splitlines() if "TRA" in line]

    assert [cell.strip() for cell in row.strip("│").split("│")] == ["TRA", "T+0", "2026-04-01", "-"]
    assert "There is no such" in terminal.refuses("lists", "expect", "ZZZ", "1", "--from", "2026-04-01")
    assert "Nobody has said" in terminal.refuses("lists", "end", "POD", "2026-04-01")
    assert "31" in terminal.refuses("lists", "expect", "POD", "31", "--from", "2026-04-01", status=2)
    assert "--from" in terminal.refuses("lists", "expect", "POD", "1", status=2)
