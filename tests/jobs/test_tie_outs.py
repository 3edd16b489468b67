"""A department's list that was released is compared by the worker; cut off in the middle, nothing of it is there."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.jobs.office import Office
from tests.recon.tie_week import FIXTURES, LISTS, Departments
from wallet_service.jobs import tie_outs as jobs
from wallet_service.recon import intake, tying

POD = LISTS[1]


class KilledError(Exception):
    """The worker dies."""


def _released(departments: Departments) -> int:
    departments.until(POD["brought"])
    file = departments.bring((FIXTURES / POD["file"]).read_bytes(), POD["profile"])
    with departments.books.database.transaction() as connection:
        return intake.release(connection, file.id, {}, by="kamal").id


def test_a_released_list_is_compared_by_the_worker(office: Office) -> None:
    jobs.declare(office.broker, office.books.database)
    departments = Departments(office.books)
    file = _released(departments)
    before = departments.tie_out(file)
    office.start_worker()

    office.relay.sweep()
    office.wait_for("done", [1])

    after = departments.tie_out(file)
    assert (before.of.state, before.sums, before.agrees) == ("waiting", [], False)
    assert (after.of.state, after.agrees) == ("compared", True)
    assert departments.breaks() == POD["breaks"]


def test_cut_off_in_the_middle_nothing_of_it_is_there_and_the_next_try_compares_it(books: Books) -> None:
    departments = Departments(books)
    file = _released(departments)

    def killed(rows: int) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        tying.tie_file(books.database, file, killed)
    nothing = departments.everything()
    tying.tie_file(books.database, file)

    assert nothing == []
    assert departments.breaks() == POD["breaks"]
