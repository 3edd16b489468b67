"""Several MT940 messages in one file: pages of one statement, and statements that follow one another."""

from __future__ import annotations

from datetime import date

import pytest

from tests.recon.bank_files import read, refusal
from tests.recon.mt940_messages import DAY, NEXT_DAY, PAGES
from wallet_service.money import rupees


def test_pages_of_one_statement_are_joined() -> None:
    statement = read(PAGES)

    assert [(line.row, rupees(line.balance_after)) for line in statement.lines] == [
        *((5, "1500.00"), (12, "1300.00"), (19, "1301.00")),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(PAGES[PAGES.index(":20:", 4) :], "a page before it, which is missing", id="the first"),
        pytest.param(PAGES[: PAGES.rindex(":20:")], "not the last page", id="the last"),
        pytest.param(
            PAGES.replace("/3\n", "/4\n").replace("/2\n", "/3\n"), "not the page that follows", id="one by its number"
        ),
        pytest.param(PAGES.replace(":28C:167619/2", ":28C:167618/2"), "not the page that follows", id="of another"),
        pytest.param(PAGES.replace(":60M:C260402INR1500", ":60F:C260402INR1500"), "a page is missing", id="F after M"),
        pytest.param(PAGES.replace(":60M:C260402INR1500", ":60M:C260402INR1501"), "is missing", id="by its balance"),
    ],
)
def test_a_missing_page_refuses_the_file(text: str, says: str) -> None:
    assert says in refusal(text)["reason"]


def test_statements_that_follow_one_another_become_one() -> None:
    statement = read(DAY + NEXT_DAY)

    assert (statement.period_first, statement.period_last) == (date(2026, 4, 2), date(2026, 4, 3))
    assert rupees(statement.closing) == "760441.00"
    assert len(statement.lines) == 5


def test_statements_that_do_not_follow_one_another_are_refused() -> None:
    gap = NEXT_DAY.replace("759441,00", "759442,00").replace("760441,", "760442,")

    assert "a statement or page between them is missing" in refusal(DAY + gap)["reason"]
    assert "outside the days of the balances" in refusal(NEXT_DAY + DAY)["reason"]


def test_a_statement_that_comes_to_nothing_and_stands_twice_is_refused() -> None:
    nothing = NEXT_DAY.replace(":62F:C260403INR760441,", ":61:2604030403DR1000,NTRFNONREF\n:62F:C260403INR759441,00")

    assert len(read(nothing).lines) == 2
    assert "Statement 93/1 (line 9) stands in the file before" in refusal(nothing + nothing)["reason"]


def test_statements_of_two_accounts_are_refused_by_their_names() -> None:
    facts = refusal(DAY + NEXT_DAY.replace("31234567890", "31234567891"))

    assert "31234567890, 31234567891" in facts["reason"]


def test_a_day_without_lines_between_two_others_changes_nothing() -> None:
    quiet = ":20:Q\n:25:31234567890\n:28C:93/1\n:60F:C260402INR759441,00\n:62F:C260403INR759441,00\n-\n"

    statement = read(DAY + quiet)

    assert (len(statement.lines), statement.period_last) == (4, date(2026, 4, 3))
    assert "no booked line" in refusal(quiet)["reason"]
