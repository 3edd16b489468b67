"""Each law bites: whatever is spoiled behind the backs of all triggers is found, by its law, and the row is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.books import ALL_LAWS, Books
from tests.ledger import faults_of_books, faults_of_items
from tests.ledger.spoiled import Spoiled, busy_books
from tests.servers import Servers, copied_database, fresh_database

FAULTS = {**faults_of_books.FAULTS, **faults_of_items.FAULTS}
_EVERY = [pytest.param(fault, id=f"{number}: {fault.how}") for number, faults in FAULTS.items() for fault in faults]
_PLAINEST = [pytest.param(number, faults[0], id=str(number)) for number, faults in FAULTS.items()]


@pytest.fixture(scope="module")
def made(servers: Servers) -> Iterator[dict[bool, Servers]]:
    """Return busy books to copy, by whether a day of theirs was closed."""
    with ExitStack() as stack:
        found = {closes: stack.enter_context(fresh_database(servers)) for closes in (True, False)}
        for closes, own in found.items():
            keeper = Books(own)
            busy_books(keeper, closes=closes)
            keeper.close()
        yield found


@pytest.fixture
def busy(made: dict[bool, Servers]) -> Iterator[Callable[[bool], Books]]:
    """Return what gives a test busy books of its own, with a day closed or not."""
    with ExitStack() as stack:

        def busy_books_of_its_own(closes: bool) -> Books:
            keeper = Books(stack.enter_context(copied_database(made[closes])))
            stack.callback(keeper.close)
            return keeper

        yield busy_books_of_its_own


def test_busy_books_keep_every_law(books: Books) -> None:
    busy_books(books)

    assert books.faults() == {}
    assert books.faults(since=books.today()) == {}


def test_every_law_has_its_faults() -> None:
    assert sorted({law.number for law in ALL_LAWS}) == sorted(FAULTS) == list(range(1, 15))
    assert all(number in fault.laws for number, faults in FAULTS.items() for fault in faults)


@pytest.mark.parametrize("fault", _EVERY)
def test_what_is_spoiled_is_found_and_named(busy: Callable[[bool], Books], fault: Spoiled) -> None:
    books = busy(fault.closes)

    books.spoil(fault.sql)

    found = books.faults()
    assert found.keys() == fault.laws
    assert any(fault.named in row for rows in found.values() for row in rows), found


@pytest.mark.parametrize(("number", "fault"), _PLAINEST)
def test_the_command_names_the_law_and_the_row_and_exits_1(
    busy: Callable[[bool], Books], number: int, fault: Spoiled
) -> None:
    books = busy(fault.closes)
    books.spoil(fault.sql)

    checked = _check(books.servers.service_url)

    assert checked.returncode == 1, checked.stderr
    broken = {law["law"]: law["rows"] for law in json.loads(checked.stdout)["laws"] if law["faults"]}
    assert number in broken
    assert any(fault.named in row for rows in broken.values() for row in rows)


def test_the_command_finds_nothing_in_healthy_books(books: Books) -> None:
    busy_books(books)

    checked = _check(books.servers.service_url)

    assert checked.returncode == 0, checked.stderr
    assert json.loads(checked.stdout)["hold"] is True


def test_a_check_that_cannot_be_finished_exits_2() -> None:
    checked = _check("postgresql://wallet_service:none@127.0.0.1:1/wallet")

    assert checked.returncode == 2
    assert "hold" not in checked.stdout


def _check(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wallet_service", "check", "--json"],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )
