"""`wallet tie-out`: a department's list taken in, released, compared, and printed as a page."""

from __future__ import annotations

from pathlib import Path

from tests.books import Books
from tests.cli.terminal import Terminal
from tests.recon.tie_week import FIXTURES, LISTS, Departments

POD = LISTS[1]


def test_a_list_is_compared_when_it_is_released_and_again_when_it_is_asked_for(
    terminal: Terminal, books: Books, tmp_path: Path
) -> None:
    departments = Departments(books)
    departments.until(POD["brought"])
    taken = terminal.tells("import", FIXTURES / POD["file"], "--profile", POD["profile"], "--by", "asha")
    early = terminal.refuses("tie-out", "POD", "2026-04-08")

    terminal.says("release", str(taken["id"]), "--by", "bimal")
    compared = departments.breaks()
    page = terminal.says("tie-out", "POD", "2026-04-08")
    (told,) = terminal.tells("tie-out", "POD", "2026-04-08")

    assert "none of this department and day" in early
    assert compared == POD["breaks"]
    assert max(map(len, page.splitlines())) == 80
    assert page.startswith("TIE-OUT OF POD of 08/04/2026")
    assert "It agrees." in page
    assert (told["amount"], told["collected"], told["agrees"]) == (
        POD["theirs"],
        {"count": 6, "amount": "3993.00"},
        True,
    )
    assert [each["found"] for each in told["open"]].count("failed-there") == 1
    assert "is not a department's three letters" in terminal.refuses("tie-out", "pod", "2026-04-08", status=2)
