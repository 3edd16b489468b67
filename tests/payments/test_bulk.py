"""Like breaks are resolved together: one list, hashed and shown whole, decided on once, each part done or stale."""

from __future__ import annotations

import json
from functools import partial

import psycopg
import pytest

from tests.at_once import answers, at_once, connect, refusals
from tests.books import Books
from tests.payments.desk import CHECKER, MAKER, Finance
from wallet_service.errors import (
    BreakNotFound,
    InvalidRequest,
    PartOfABulk,
    ResolutionNotPossible,
    SamePerson,
)
from wallet_service.recon import resolutions
from wallet_service.recon.resolutions import Particulars


@pytest.fixture
def finance(books: Books) -> Finance:
    return Finance(books)


def charges(finance: Finance, count: int) -> list[str]:
    """Let the bank take 1.00, 2.00 … and nobody know what for; return the breaks."""
    return [
        f"unexplained-debit:bank-line-{finance.goes_out(f'{rupees}.00', opening='1000.00')}"
        for rupees in range(1, count + 1)
    ]


def test_twenty_charges_are_written_off_by_one_proposal_and_one_decision(finance: Finance, books: Books) -> None:
    abouts = charges(finance, 20)

    proposed = finance.bulk(abouts, "write-off")
    assert [part["about"] for part in proposed.payload["parts"]] == abouts
    assert finance.approvals() == [proposed]
    approved = finance.approve(proposed)

    assert (approved.state, approved.parts, approved.stale_parts, len(approved.entries)) == ("approved", 20, 0, 20)
    assert [(part.state, part.decided_by, part.about) for part in finance.parts(approved)] == [
        ("approved", CHECKER, about) for about in abouts
    ]
    assert (books.account("bank:charges"), books.account("suspense:differences")) == ("210.00", "0.00")
    assert finance.breaks() == []
    assert books.faults() == {}


def test_what_can_no_longer_be_done_is_told_and_the_rest_is_done(finance: Finance, books: Books) -> None:
    howrah = books.wallet()
    lines = [finance.parked("500.00", reference=f"SBIN40000000000{number}") for number in range(3)]
    proposed = finance.bulk([finance.about(line) for line in lines], "credit-wallet", wallet=howrah)

    books.advise(books.wallet(), "500.00", reference="SBIN400000000001")
    approved = finance.approve(proposed)

    assert (approved.state, approved.stale_parts) == ("approved", 1)
    assert approved.reason == "1 of 3 could no longer be done."
    assert [part.state for part in finance.parts(approved)] == ["approved", "stale", "approved"]
    assert books.current(howrah) == "1000.00"
    assert books.faults() == {}


def test_a_bulk_of_which_nothing_is_left_to_do_is_stale(finance: Finance) -> None:
    abouts = charges(finance, 2)
    proposed, first = finance.bulk(abouts, "write-off"), finance.bulk(abouts, "write-off")
    finance.approve(first)

    stale = finance.approve(proposed)

    assert (stale.state, stale.stale_parts, stale.entries) == ("stale", 2, [])


@pytest.mark.parametrize("decide", ["reject", "withdraw"])
def test_a_bulk_that_is_put_aside_puts_each_part_aside(finance: Finance, books: Books, decide: str) -> None:
    proposed = finance.bulk(charges(finance, 2), "write-off")

    getattr(finance, decide)(proposed)

    assert {part.state for part in finance.parts(proposed)} == {"rejected" if decide == "reject" else "withdrawn"}
    assert len(finance.breaks()) == 2
    assert books.faults() == {}


def test_a_part_is_not_decided_on_alone_and_the_maker_decides_on_neither(finance: Finance, books: Books) -> None:
    proposed = finance.bulk(charges(finance, 2), "write-off")
    part = finance.parts(proposed)[0]

    with pytest.raises(PartOfABulk):
        finance.approve(part)
    with pytest.raises(SamePerson):
        finance.approve(proposed, by=MAKER.upper())

    assert books.account("bank:charges") == "0.00"


def test_only_like_breaks_are_resolved_together_each_once_and_as_it_needs(finance: Finance) -> None:
    about, outflow = finance.about(finance.parked("500.00")), charges(finance, 1)[0]

    for abouts, resolution, error in (
        ([], "write-off", InvalidRequest),
        ([outflow, outflow], "write-off", InvalidRequest),
        ([outflow, about], "write-off", InvalidRequest),
        ([f"unexplained-debit:bank-line-{number}" for number in range(1, 202)], "write-off", InvalidRequest),
        ([outflow, "unexplained-debit:bank-line-999"], "write-off", BreakNotFound),
        ([about], "write-off", ResolutionNotPossible),
        ([about], "credit-wallet", InvalidRequest),
    ):
        with pytest.raises(error):
            finance.bulk(abouts, resolution)
    assert finance.approvals() == []


def test_a_part_that_cannot_be_done_is_named_and_nothing_is_proposed(finance: Finance, books: Books) -> None:
    lines = [finance.parked(money) for money in ("300.00", "300.00", "10.00")]
    like = [(finance.about(line), Particulars(line=lines[0])) for line in lines[1:]]

    with pytest.raises(ResolutionNotPossible) as error, books.database.transaction() as connection:
        resolutions.propose_bulk(connection, "mark-as-duplicate", like, reason="alike", by=MAKER)

    assert error.value.facts["break"] == finance.about(lines[2])
    assert finance.approvals() == []


def test_the_database_takes_no_list_that_shows_something_else_than_its_parts(finance: Finance, books: Books) -> None:
    proposed = finance.bulk(charges(finance, 1), "write-off")
    shown = proposed.payload["parts"]

    with (
        psycopg.connect(books.servers.service_url) as connection,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        connection.execute(
            "SELECT propose_bulk('write-off', ARRAY['x'], ARRAY['{}'], %s, 'mita')",
            [json.dumps({"parts": shown})],
        )


def test_checkers_of_one_bulk_at_once_execute_it_once(finance: Finance, books: Books) -> None:
    connect(books.database, 8)
    abouts = charges(finance, 6)
    overlapping = [finance.bulk(abouts[:4], "write-off"), finance.bulk(abouts[:1:-1], "write-off")]

    outcomes = at_once([partial(finance.approve, each, by=f"checker-{at}") for each in overlapping for at in range(3)])

    assert sorted(refusals(outcomes)) == ["already-decided"] * 4
    assert sum(each.stale_parts for each in answers(outcomes)) == 2
    assert (books.account("bank:charges"), finance.breaks()) == ("21.00", [])
    assert books.faults() == {}
