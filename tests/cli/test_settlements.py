"""`wallet settlements`: what is due is listed, proposed by one person, printed as a page, and called off."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.cli.terminal import Terminal
from tests.payments.settling import MONDAY, Treasury


@pytest.fixture
def treasury(books: Books) -> Treasury:
    """Return a treasury with a day that is due to the department of power."""
    found = Treasury(books)
    books.pay(books.wallet("1000.00"), "250.00")
    found.next_day()
    return found


def test_a_settlement_goes_from_the_list_to_the_printed_page(treasury: Treasury, terminal: Terminal) -> None:
    due = terminal.tells("settlements", "list", "--department", "POD")
    proposed = terminal.says("settlements", "advise", "POD", "--reason", "due by its term", "--by", "mita")
    advice = treasury.advise()
    page = terminal.says("settlements", "show", advice.number)
    noted = terminal.says("settlements", "payout", advice.number, "SBIN527186000123", "--by", "mita")
    called_off = terminal.tells("settlements", "call-off", advice.number, "--reason", "a mistake", "--by", "mita")

    assert [(each["day"], each["due"], each["state"]) for each in due] == [(f"{MONDAY}", "250.00", "due")]
    assert proposed.startswith("approval 1: 1 settlements of POD, ₹250.00; another person approves it")
    assert f"ADVICE OF SETTLEMENT {advice.number}" in page
    assert f"{advice.number} is paid under SBIN527186000123" in noted
    assert (called_off["kind"], called_off["state"]) == ("call-off-settlement", "proposed")
    assert "advised" in terminal.says("settlements", "list")
    assert terminal.says("settlements", "show", advice.number, "--csv").splitlines()[1].startswith(advice.number)


def test_a_departments_term_moves_the_day_on_which_it_is_payable(treasury: Treasury, terminal: Terminal) -> None:
    said = terminal.says("settlements", "term", "POD", "3")
    refused = terminal.refuses("settlements", "advise", "POD", "--reason", "due", "--by", "mita")

    assert "POD is paid T+3" in said
    assert "payable on 2027-07-08" in refused
    assert "There is no such" in terminal.refuses("settlements", "term", "ZZZ", "1")


def test_what_of_it_is_in_tie_out_is_told_before_it_is_proposed_and_with_what_was_collected(
    treasury: Treasury, terminal: Terminal
) -> None:
    treasury.list_comes([f"POD|001|NOBODYS||101|1.00||{MONDAY} 12:00:00|SUCCESS"])

    listed = terminal.says("settlements", "list", "--department", "POD")
    proposed = terminal.says("settlements", "advise", "POD", "--reason", "due", "--by", "mita")
    collected = terminal.tells("settlements", "collected", "POD", "--from", str(MONDAY), "--to", str(MONDAY))

    assert "in tie-out" in listed
    assert "₹250.00, of which ₹250.00 in tie-out; another person approves it" in proposed
    assert [each["in_tie_out"] for each in (*collected["lines"], collected["totals"])] == ["250.00", "250.00"]


def test_what_was_collected_is_printed_as_a_file_and_told_with_its_sums(treasury: Treasury, terminal: Terminal) -> None:
    asked = ("settlements", "collected", "POD", "--from", str(MONDAY), "--to", str(treasury.today))

    assert terminal.says(*asked).splitlines()[1].startswith("POD,2027-07-05,001,1,250.00,")
    assert terminal.tells(*asked)["totals"]["unpaid"] == "250.00"
