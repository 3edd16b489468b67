"""A department's list that was released is compared by the worker; cut off in the middle, nothing of it is there."""

from __future__ import annotations

import pytest

from tests.books import Books
from tests.jobs.office import Office
from tests.recon.tie_week import FIXTURES, LISTS, Departments
from wallet_service.errors import Busy
from wallet_service.identifiers import OperatorCode
from wallet_service.jobs import night as night_jobs
from wallet_service.jobs import tie_outs as jobs
from wallet_service.recon import intake, lists, night, tying

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


def test_in_the_evening_what_was_paid_meanwhile_settles_what_the_department_alone_had(office: Office) -> None:
    for declared in (jobs, night_jobs):
        declared.declare(office.broker, office.books.database)
    departments = Departments(office.books)
    _released(departments)
    office.start_worker()
    office.relay.sweep()
    office.wait_for("done", [1])
    office.books.pay(OperatorCode("BSKOP0071010"), "750.00", department="POD", ticket="BSK26040800000005")
    evening = office.write_down(night.EVENING_JOB)

    office.relay.sweep()
    office.wait_for("done", [evening])
    office.relay.sweep()
    office.wait_for("done", [evening + 1])

    assert departments.breaks() == [each for each in POD["breaks"] if each[0] != "theirs-only"]


def test_a_list_waits_for_another_comparison_that_takes_long(office: Office) -> None:
    jobs.declare(office.broker, office.books.database)
    is_tried_again = office.broker.get_actor(lists.TIE_JOB).options["retry_when"]

    assert [is_tried_again(30, each) for each in (Busy(), ArithmeticError())] == [True, False]


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
