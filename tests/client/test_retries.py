"""Answers that are lost, late or no: each request has one effect, and what is not settled is not said to be."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from tests.api.portal import number
from tests.books import Books
from tests.client.gateway import Deed, Gateway, Say, problem
from tests.client.service import QUICK, Service, neft, payments
from tests.ledger.cable import Cable, Moment
from wallet_service.client import (
    Conflict,
    Item,
    Malformed,
    NotFound,
    OutcomeUnknown,
    Patience,
    Portal,
    Problem,
    Refused,
    Unauthorised,
    Unavailable,
)

POD = ("POD", "001")
IN_AN_HOUR = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize("moment", Moment, ids=lambda moment: moment.value)
@pytest.mark.parametrize("times", [1, 3])
def test_an_answer_that_is_cut_off_is_had_by_the_next_try(
    books: Books, service: Service, moment: Moment, times: int
) -> None:
    wallet = books.wallet("100.00")

    with Cable(service.url) as cable, service.portal(cable.url) as portal:
        for number in range(5):
            cable.cut(b"POST /v1/debits", moment, times=times)
            paid = portal.pay(wallet, *POD, "1.00", f"T-{number}")
            assert paid.balance.current == Decimal(99 - number)

    assert cable.cuts == 5 * times
    assert payments(books, wallet) == 5
    assert books.faults() == {}


@pytest.mark.parametrize("deed", [Deed.LOSE, Deed.CUT, Deed.HANG_UP, problem(503, "busy"), problem(429, "too-many")])
def test_all_tries_are_the_same_request_with_the_same_key(
    books: Books, far: Portal, gateway: Gateway, deed: Deed | Say
) -> None:
    wallet = books.wallet("100.00")
    gateway.does(deed, deed, deed)

    first = far.pay(wallet, *POD, "1.00", "T-1")
    hung_up = deed is Deed.HANG_UP
    second = far.pay(wallet, *POD, "1.00", "T-1")

    tries = [(each.path, each.key, each.body) for each in gateway.seen]
    assert len(set(tries)) == 2
    assert len(tries) == (2 if hung_up else 5)
    assert first.key != second.key
    assert (payments(books, wallet), books.faults()) == (2, {})


def test_every_kind_of_write_is_had_again_with_one_effect(books: Books, far: Portal, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")

    def lossy() -> Portal:
        gateway.does(Deed.CUT)
        return far

    held = lossy().hold(wallet, *POD, "10.00", "T-1")
    taken = lossy().capture(held.id, "8.00")
    given = lossy().refund(held.id, "3.00", "not taken")
    other = lossy().hold(wallet, *POD, "5.00", "T-2")
    voided = lossy().void(other.id)
    advised = lossy().credit(wallet, "50.00", **neft())
    opened = lossy().open_wallet(f"BSKT{number(10)}", centre_code="HWH-1", district="HWH")

    assert (taken.replayed, given.replayed, voided.replayed, advised.replayed) == (True,) * 4
    assert opened.state == "open"
    assert advised.balance.current == Decimal("145.00")
    assert books.faults() == {}


def test_no_answer_in_time_is_a_lost_answer(books: Books, service: Service, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")

    for deed in (Deed.KEEP, Deed.DRIP):
        gateway.does(deed)
        with service.portal(gateway.url, timeout=0.3) as portal:
            paid = portal.pay(wallet, *POD, "1.00", deed.name)
        assert paid.replayed

    assert (payments(books, wallet), len(gateway.seen)) == (2, 4)


def test_the_service_says_when_to_try_again(books: Books, far: Portal, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")
    gateway.does(problem(503, "busy", Retry_After="1"))

    began = time.monotonic()
    far.pay(wallet, *POD, "1.00", "T-1")

    assert 1.0 <= time.monotonic() - began < 3.0


@pytest.mark.parametrize("wait", ["3600", IN_AN_HOUR], ids=["seconds", "date"])
def test_nobody_waits_longer_than_patience_allows(books: Books, far: Portal, gateway: Gateway, wait: str) -> None:
    wallet = books.wallet("100.00")
    gateway.does(problem(503, "busy", Retry_After=wait))

    began = time.monotonic()
    with pytest.raises(OutcomeUnknown) as unknown:
        far.pay(wallet, *POD, "1.00", "T-1", key="mine")

    assert time.monotonic() - began < 2.0
    assert (unknown.value.key, len(gateway.seen)) == ("mine", 1)
    assert isinstance(unknown.value.__cause__, Unavailable)


def test_pauses_grow_are_uneven_and_bounded() -> None:
    patience = Patience(first_pause=0.1, longest_pause=1.0)

    pauses = {number: [patience.pause(number, 0.0) for _ in range(200)] for number in range(1, 9)}

    assert all(0.05 <= pause <= 0.1 for pause in pauses[1])
    assert all(0.2 <= pause <= 0.4 for pause in pauses[3])
    assert all(0.5 <= pause <= 1.0 for pause in pauses[8])
    assert len(set(pauses[1])) > 100
    assert min(patience.pause(1, 3.0) for _ in range(200)) >= 3.0


@pytest.mark.parametrize(
    ("status", "family"), [(400, Malformed), (401, Unauthorised), (404, NotFound), (409, Conflict), (422, Refused)]
)
def test_a_no_is_never_repeated(
    books: Books, far: Portal, gateway: Gateway, status: int, family: type[Problem]
) -> None:
    wallet = books.wallet("100.00")
    gateway.does(problem(status, "some-rule"))

    with pytest.raises(family) as refused:
        far.pay(wallet, *POD, "1.00", "T-1", key="mine")

    assert (refused.value.type, refused.value.key, refused.value.status) == ("some-rule", "mine", status)
    assert (len(gateway.seen), payments(books, wallet)) == (1, 0)


def test_a_batch_that_is_cut_off_is_had_again(books: Books, far: Portal, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")
    items = [
        Item(wallet=wallet, department="POD", service="001", amount="40.00", service_ticket_no=f"T-{number}")
        for number in range(3)
    ]
    gateway.does(Deed.CUT, problem(503, "busy"))

    results = far.batch(items)

    assert [each.debit and each.debit.replayed for each in results] == [True, True, None]
    assert [each.refusal and each.refusal.type for each in results] == [None, None, "insufficient-funds"]
    assert (payments(books, wallet), books.faults()) == (2, {})


def test_a_look_up_is_tried_again_and_says_when_there_is_no_answer(books: Books, far: Portal, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")
    gateway.does(Deed.CUT, problem(503, "busy"), Say(502, b"<html>"))
    assert far.balance(wallet).current == Decimal("100.00")

    gateway.does(*[Deed.LOSE] * (1 + QUICK.tries))  # The first of them only takes the connection that was kept.
    with pytest.raises(Unavailable) as lost:
        far.balance(wallet)
    gateway.does(*[problem(503, "busy")] * QUICK.tries)
    with pytest.raises(Unavailable) as busy:
        far.balance(wallet)

    assert (lost.value.type, busy.value.type) == ("no-answer", "busy")
