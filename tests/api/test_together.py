"""Debits that are asked at one moment are posted together, and each is answered as if it had been alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from random import Random

import psycopg
import pytest
from flask import Flask

from tests.api.meeting import SECONDS, Asked, code, ended_client, is_replayed, locked, met, patient
from tests.api.portal import EVERYTHING, Caller, application, caller, number, payment
from tests.books import Books
from wallet_service.money import Paise, rupees


@pytest.fixture
def app(books: Books) -> Iterator[Flask]:
    with patient(books.servers) as running:
        yield running


@pytest.fixture
def portal(app: Flask) -> Caller:
    return caller(app, *EVERYTHING)


def _commits(books: Books) -> int:
    with psycopg.connect(books.servers.superuser_url) as connection:
        found = connection.execute("SELECT count(DISTINCT xmin::text) FROM debits").fetchone()
    assert found is not None
    return int(found[0])


def test_what_is_asked_at_one_moment_shares_commits_and_each_is_told_its_own(books: Books, portal: Caller) -> None:
    wallets = [portal.wallet("1000.00") for _ in range(3)]
    asked = [payment(wallets[place % 3], f"{place}.00", narration=f"the {place}th") for place in range(1, 25)]

    told = met(books, portal, [partial(portal.post, "/v1/debits", each) for each in asked])

    assert [each.status_code for each in told] == [201] * 24
    assert [(each.json["wallet"], each.json["amount"], each.json["narration"]) for each in told] == [
        (each["wallet"], each["amount"], each["narration"]) for each in asked
    ]
    assert {each.headers["Location"] for each in told} == {f"/v1/debits/{each.json['id']}" for each in told}
    assert len({each.headers["X-Request-Id"] for each in told}) == 24
    assert [portal.balance(wallet)["current"] for wallet in wallets] == ["892.00", "908.00", "900.00"]
    assert _commits(books) < 12
    assert books.faults() == {}


@pytest.mark.parametrize("seed", range(4))
def test_whatever_meets_is_answered_as_it_is_told_alone(books: Books, app: Flask, portal: Caller, seed: int) -> None:
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '002'")
    draw, payers = Random(seed), [portal, caller(app, "debits:write")]
    funds = {portal.wallet("1000.00"): 100_000, portal.wallet("40.00"): 4_000, portal.wallet("500.00"): 50_000}
    *_, frozen = funds
    portal.post(f"/v1/wallets/{frozen}/freeze", {"reason": "looked into"})
    asked = [_drawn(draw, [*funds, "NOBODY"], payers) for _ in range(30)]
    asked += [draw.choice(asked) for _ in range(8)]
    asked += [replace(one, body={**one.body, "amount": "2.22"}) for one in draw.sample(_kept(asked), 4)]
    draw.shuffle(asked)

    told = met(books, portal, [each.send for each in asked])
    again = [each.send() for each in asked]

    assert [each.data for each in told] == [each.data for each in again]
    first = [each for each in told if each.status_code == 201 and not is_replayed(each)]
    assert len(first) == len(
        {(one.payer.name, one.key) for one, each in zip(asked, told, strict=True) if not code(each)}
    )
    assert all(is_replayed(each) for each in again if code(each) in {"", "insufficient-funds", "already-paid"})
    for wallet, before in funds.items():
        mine = [each.json for each in first if each.json["wallet"] == wallet]
        left = before - sum(round(float(each["captured"]) * 100) for each in mine)
        assert portal.balance(wallet)["current"] == rupees(Paise(left))
    assert {code(each) for each in told} >= {
        "",
        "wallet-frozen",
        "wallet-not-found",
        "service-not-found",
        "key-reused",
    }
    assert books.faults() == {}


def _kept(asked: Sequence[Asked]) -> list[Asked]:
    """Return the requests whose keys keep their answers, whatever these are."""
    return [one for one in asked if one.body["service"] == "001" and one.body["wallet"] != "NOBODY"]


def _drawn(draw: Random, wallets: Sequence[str], payers: Sequence[Caller]) -> Asked:
    wallet = draw.choice(wallets)
    body = payment(
        wallet,
        draw.choice(["1.00", "7.50", "15.00", "30.00"]),
        service="001" if wallet == "NOBODY" else draw.choice(["001", "001", "002", "999"]),
        service_ticket_no=draw.choice(["T1", "T2", f"T{number(10)}", f"T{number(10)}"]),
        capture=draw.random() < 0.7,
    )
    return Asked(draw.choice(payers), number(20), body)


def test_50_identical_requests_that_meet_are_one_entry_and_one_answer(books: Books, portal: Caller) -> None:
    howrah, key = portal.wallet("100.00"), number(20)
    same = partial(portal.post, "/v1/debits", payment(howrah, "30.00"), key=key)

    told = met(books, portal, [same] * 50)

    assert [each.status_code for each in told] == [201] * 50
    assert len({each.data for each in told}) == 1
    assert sorted(is_replayed(each) for each in told) == [False] + [True] * 49
    assert portal.balance(howrah)["current"] == "70.00"
    assert books.faults() == {}


def test_a_wallet_that_somebody_has_locked_holds_up_no_other(books: Books, portal: Caller) -> None:
    stuck, others = portal.wallet("100.00"), [portal.wallet("100.00") for _ in range(12)]

    with ThreadPoolExecutor(2) as threads:
        with locked(books, stuck):
            held = [threads.submit(portal.post, "/v1/debits", payment(stuck, "1.00")) for _ in range(2)]
            told = met(books, portal, [partial(portal.post, "/v1/debits", payment(each, "1.00")) for each in others])
            assert not any(future.done() for future in held)
        freed = [future.result(SECONDS) for future in held]

    assert [each.status_code for each in (*told, *freed)] == [201] * 14
    assert portal.balance(stuck)["current"] == "98.00"
    assert {portal.balance(wallet)["current"] for wallet in others} == {"99.00"}
    assert books.faults() == {}


def test_who_waits_too_long_for_a_wallet_is_told_so_and_nobody_else(books: Books, portal: Caller) -> None:
    stuck, howrah = portal.wallet("100.00"), portal.wallet("100.00")

    with application(books.servers) as hasty, locked(books, stuck), ThreadPoolExecutor(8) as threads:
        there = replace(portal, app=hasty)
        futures = [threads.submit(there.post, "/v1/debits", payment(each, "1.00")) for each in (stuck, howrah) * 4]
        told = [future.result(SECONDS) for future in futures]

    assert [code(each) for each in told] == ["busy", ""] * 4
    assert (portal.balance(stuck)["current"], portal.balance(howrah)["current"]) == ("100.00", "96.00")
    assert books.faults() == {}


@pytest.fixture
def ended(app: Flask) -> Caller:
    return ended_client(app)


def test_a_token_that_has_ended_pays_nothing_together(books: Books, portal: Caller, ended: Caller) -> None:
    howrah = portal.wallet("100.00")
    calls = [partial(each.post, "/v1/debits", payment(howrah, "1.00")) for each in (ended, portal) * 8]

    told = met(books, portal, calls)

    assert [each.status_code for each in told] == [401, 201] * 8
    assert portal.balance(howrah)["current"] == "92.00"
    assert books.faults() == {}
