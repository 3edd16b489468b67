"""Lists that cannot be what they say: each is refused whole, with the line and a reason, and nothing of it is kept."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.recon.tie_week import FIXTURES, LISTS, Departments
from wallet_service.recon import profiles
from wallet_service.recon.bank_files import BankFile

POD = (FIXTURES / LISTS[1]["file"]).read_text(encoding="utf-8")
SCROLL = (FIXTURES / LISTS[0]["file"]).read_text(encoding="utf-8")
FIRST = POD.splitlines()[0]


@pytest.fixture
def departments(books: Books) -> Departments:
    found = Departments(books)
    found.until("2026-04-09 10:00")
    return found


def _rejects(file: BankFile) -> list[tuple[int, str]]:
    assert file.state == "rejected"
    return [(each.row, each.reason) for each in file.rejects]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("POD|001|BSK26040800000004", "TRA|001|BSK26040800000004", 3, "The row is of the department TRA, and the list"),
        ("POD|001|BSK26040800000004", "XXX|001|BSK26040800000004", 3, "The row is of the department XXX, and the list"),
        ("POD|001|BSK26040800000004", "POD|099|BSK26040800000004", 3, "There is no service 099 of the department POD"),
        ("POD|001|BSK26040800000004", "POD|০০১|BSK26040800000004", 3, "There is no service ০০১ of the department POD"),
        ("POD|001|BSK26040800000002", "POD|099|BSK26040800000002", 2, "There is no service 099 of the department POD"),
        ("2026-04-08 12:31:02", "2026-04-07 12:31:02", 3, "The row is of 07/04/2026, and the list of 08/04/2026"),
        ("2026-04-08 12:31:02", "2026-04-10 12:31:02", 3, "Its day, 10/04/2026, has not come yet"),
        ("|600.00|", "|-600.00|", 3, "is not an amount above zero"),
        ("|600.00|", "|0.00|", 3, "is not an amount above zero"),
        ("|600.00|", "|৬০০.০০|", 3, "৬০০.০০"),
        ("|600.00|", "|1e400|", 3, "1e400"),
        ("|600.00|", "|600.005|", 3, "fraction of a paisa"),
        ("260408000819", "260408000818", 6, "The same row stands in line 5 already: same ticket, receipt"),
        ("|2026-04-08 12:31:02|SUCCESS", "|2026-04-08 12:31:02|DONE", 3, "none that the profile knows"),
    ],
)
def test_a_list_with_one_such_row_is_refused_whole(
    departments: Departments, old: str, new: str, line: int, reason: str
) -> None:
    assert POD.count(old) == 1

    file = departments.bring(POD.replace(old, new).encode(), "department-mis")

    ((row, said),) = _rejects(file)
    assert (row, reason in said) == (line, True), said
    with departments.books.database.statement() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM department_lists").scalar_one() == 0


def test_a_scroll_is_of_no_day_before_its_rows_and_has_what_it_states(departments: Departments) -> None:
    dated = SCROLL.replace('ScrollDate="2026-04-02"', 'ScrollDate="2026-03-31"')
    early = departments.bring(dated.encode(), LISTS[0]["profile"])
    cut = departments.bring(SCROLL.replace('Total="4465.00"', 'Total="4464.99"').encode(), LISTS[0]["profile"])

    assert [row for row, _ in _rejects(early)] == [2, 3, 4, 5]
    assert "a day behind that of its scroll, 31/03/2026" in _rejects(early)[0][1]
    assert "its rows come to ₹4,465.00" in _rejects(cut)[0][1]


def test_a_row_that_names_no_payment_is_refused(departments: Departments) -> None:
    land = (FIXTURES / LISTS[4]["file"]).read_text(encoding="utf-8")
    profile = (FIXTURES / "land-list.toml").read_text(encoding="utf-8")
    with departments.books.database.transaction() as connection:
        profiles.save(connection, profile.replace('"Case No" }', '"Case No", optional = true }'), by="mita")
    departments.until("2026-04-11 10:00")

    nameless = departments.bring(land.replace("ROR/2026/0701/2203,LR2604100002", ",").encode(), "land-list")

    ((row, reason),) = _rejects(nameless)
    assert (row, reason.partition(":")[0]) == (4, "The row has neither ticket, application nor receipt")


def test_10_lakh_rows_are_refused_at_once_and_nothing_is_kept(departments: Departments) -> None:
    many = "".join(f"POD|001|T{n}|||1.00||2026-04-08 12:00:00|SUCCESS\n" for n in range(300_000))

    short = departments.bring(many.encode(), "department-mis")
    long = departments.bring((many * 4).encode(), "department-mis")

    assert (short.state, short.reason) == ("rejected", "The file has more than 100,000 rows. Bring a shorter period.")
    assert (long.state, long.reason) == ("rejected", "The file is larger than 20 MB. Bring a shorter period.")


def test_a_list_that_was_rejected_or_not_released_counts_for_nothing(departments: Departments) -> None:
    departments.bring(POD.encode(), "department-mis")

    assert departments.breaks() == []
    with departments.books.database.statement() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tie_results").scalar_one() == 0
