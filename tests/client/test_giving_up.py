"""When the tries are over: what is not settled is said to be unknown, or the key is spent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from tests.books import Books
from tests.client.gateway import Deed, Gateway, problem
from tests.client.service import QUICK, Service, neft, payments
from wallet_service.client import (
    Broken,
    GivenUp,
    Item,
    OutcomeUnknown,
    Patience,
    Portal,
    Refused,
    Unauthorised,
    Unavailable,
    new_key,
)

POD = ("POD", "001")
IN_AN_HOUR = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


def test_a_no_that_leaves_no_trace_does_not_settle_a_try_that_was_lost(
    books: Books, far: Portal, gateway: Gateway
) -> None:
    wallet = books.wallet("100.00")
    gateway.does(Deed.CUT, problem(401, "unauthenticated"))

    with pytest.raises(OutcomeUnknown) as unknown:
        far.pay(wallet, *POD, "1.00", "T-1")

    assert isinstance(unknown.value.__cause__, Unauthorised)
    assert far.fate(unknown.value.key).state == "posted"


def test_a_broken_service_is_not_asked_again_and_its_outcome_is_unknown(
    books: Books, far: Portal, gateway: Gateway
) -> None:
    wallet = books.wallet("100.00")
    gateway.does(problem(500, "internal-error"), problem(500, "internal-error"))

    with pytest.raises(OutcomeUnknown) as unknown:
        far.pay(wallet, *POD, "1.00", "T-1")
    with pytest.raises(Broken):
        far.balance(wallet)

    assert isinstance(unknown.value.__cause__, Broken)
    assert len(gateway.seen) == 2


def test_after_the_last_try_the_outcome_is_unknown_and_the_key_settles_it(
    books: Books, far: Portal, gateway: Gateway
) -> None:
    wallet, key = books.wallet("100.00"), new_key()
    gateway.does(Deed.LOSE, Deed.LOSE, Deed.CUT, Deed.LOSE)

    with pytest.raises(OutcomeUnknown) as unknown:
        far.pay(wallet, *POD, "1.00", "T-1", key=key)
    again = far.pay(wallet, *POD, "1.00", "T-1", key=key)

    assert unknown.value.key == key
    assert key in str(unknown.value)
    assert again.replayed
    assert (payments(books, wallet), books.faults()) == (1, {})


def test_giving_up_abandons_what_did_not_happen(books: Books, service: Service, gateway: Gateway) -> None:
    wallet, key = books.wallet("100.00"), new_key()
    gateway.does(*[Deed.LOSE] * QUICK.tries)

    with service.portal(gateway.url, giving_up="abandon") as portal:
        with pytest.raises(GivenUp) as given_up:
            portal.pay(wallet, *POD, "1.00", "T-1", key=key)
        with pytest.raises(Refused) as straggler:
            portal.pay(wallet, *POD, "1.00", "T-1", key=key)

    assert (given_up.value.key, straggler.value.type) == (key, "key-abandoned")
    assert (payments(books, wallet), books.faults()) == (0, {})


def test_giving_up_tells_what_had_happened_after_all(books: Books, service: Service, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")
    lost = [Deed.CUT] * QUICK.tries

    with service.portal(gateway.url, giving_up="abandon") as portal:
        gateway.does(*lost)
        paid = portal.pay(wallet, *POD, "1.00", "T-1")
        gateway.does(*lost)
        given = portal.refund(paid.id, "1.00", "not taken")
        gateway.does(*lost)
        with pytest.raises(Refused) as refused:
            portal.pay(wallet, *POD, "1000.00", "T-2")

    assert (paid.state, paid.replayed, given.amount) == ("captured", True, Decimal("1.00"))
    assert (refused.value.type, refused.value.replayed) == ("insufficient-funds", True)
    assert (payments(books, wallet), books.current(wallet), books.faults()) == (1, "100.00", {})


def test_giving_up_while_the_service_is_away_is_unknown(books: Books, service: Service, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")
    gateway.does(*[Deed.LOSE] * 100)

    with service.portal(gateway.url, giving_up="abandon") as portal, pytest.raises(OutcomeUnknown):
        portal.pay(wallet, *POD, "1.00", "T-1")

    assert len(gateway.seen) == 2 * QUICK.tries


def test_one_who_may_not_abandon_is_told_that_the_outcome_is_unknown(
    books: Books, service: Service, gateway: Gateway
) -> None:
    wallet, token = books.wallet(), service.token("credits:write")
    gateway.does(*[Deed.CUT] * QUICK.tries)

    with service.portal(gateway.url, token=token, giving_up="abandon") as portal, pytest.raises(OutcomeUnknown):
        portal.credit(wallet, "5.00", **neft())


def test_a_service_that_is_not_there_is_told_as_such() -> None:
    with Portal("http://127.0.0.1:1", "token", patience=Patience(tries=2, first_pause=0.01)) as portal:
        with pytest.raises(Unavailable, match="refused"):
            portal.balance("BSKT0000001")
        with pytest.raises(OutcomeUnknown):
            portal.pay("BSKT0000001", *POD, "1.00", "T-1")


def test_a_batch_is_abandoned_whole_or_told_whole(books: Books, service: Service, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")

    def bill(ticket: str) -> Item:
        return Item(wallet=wallet, department="POD", service="001", amount="1.00", service_ticket_no=ticket)

    with service.portal(gateway.url, giving_up="abandon") as portal:
        gateway.does(*[Deed.CUT] * QUICK.tries)
        (told,) = portal.batch([bill("T-1")])
        portal.close()
        gateway.does(*[Deed.LOSE] * QUICK.tries)
        with pytest.raises(GivenUp):
            portal.batch([bill("T-2")])

    assert told.debit is not None
    assert (payments(books, wallet), books.faults()) == (1, {})


def test_any_other_call_is_made_with_the_same_patience(books: Books, far: Portal, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")
    gateway.does(problem(503, "busy"), Deed.CUT)

    answer = far.exchange("GET", f"/v1/wallets/{wallet}")
    refused = far.exchange("POST", "/v1/nowhere", b"{}")

    assert (answer.status, refused.status) == (200, 404)
    gateway.does(*[problem(429, "too-many-requests")] * QUICK.tries)
    with pytest.raises(Unavailable):
        far.exchange("GET", "/healthz")
