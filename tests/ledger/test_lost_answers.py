"""A posting's answer is lost on the way: the client is told the truth or that it is unknown; the key settles it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import Connection

from tests.books import Books
from tests.ledger.cable import Cable, Moment
from wallet_service.errors import DatabaseUnavailable, InsufficientFunds, OutcomeUnknown, WalletNotFound
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode
from wallet_service.money import paise
from wallet_service.payments import debits

TRIALS = 15
MOMENTS = pytest.mark.parametrize("moment", Moment, ids=lambda moment: moment.value)
HAPPENED = {Moment.BEFORE: (False,), Moment.BEHIND: (True, False), Moment.ANSWERED: (True,)}
"""Whether what was asked may have happened: a statement just sent may be overtaken by the next try."""


@pytest.fixture
def cable(books: Books) -> Iterator[Cable]:
    """Return the cable by which `far` reaches the books."""
    with Cable(books.servers.service_url) as laid:
        yield laid


@pytest.fixture
def far(books: Books, cable: Cable) -> Iterator[Books]:
    """Return the same books at the other end of the cable."""
    keeper = Books(replace(books.servers, service_url=cable.url))
    yield keeper
    keeper.close()


@MOMENTS
def test_an_answer_lost_once_is_had_again(books: Books, far: Books, cable: Cable, moment: Moment) -> None:
    wallet = books.wallet("100.00")

    for number in range(TRIALS):
        cable.cut(b"FROM pay(", moment, times=1)
        answer = far.pay(wallet, "1.00", ticket="T", key=f"k{number}")

        assert answer.replayed in HAPPENED[moment]
        assert answer.balance.current == 10_000 - 100 * (number + 1)
    assert cable.cuts == TRIALS
    assert len(books.entries(wallet)) == 1 + TRIALS
    assert books.faults() == {}


@MOMENTS
def test_an_answer_lost_twice_is_unknown_and_its_key_has_one_effect(
    books: Books, far: Books, cable: Cable, moment: Moment
) -> None:
    wallet = books.wallet("100.00")

    for number in range(TRIALS):
        cable.cut(b"FROM pay(", moment, times=2)
        with pytest.raises(OutcomeUnknown):
            far.pay(wallet, "1.00", ticket="T", key=f"k{number}")

        assert books.pay(wallet, "1.00", ticket="T", key=f"k{number}").replayed in HAPPENED[moment]
        assert far.pay(wallet, "1.00", ticket="T", key=f"k{number}").replayed
    assert cable.cuts == 2 * TRIALS
    assert books.current(wallet) == "85.00"
    assert len(books.entries(wallet)) == 1 + TRIALS
    assert books.faults() == {}


@MOMENTS
def test_a_commit_whose_answer_is_lost_is_unknown_and_its_key_has_one_effect(
    books: Books, far: Books, cable: Cable, moment: Moment
) -> None:
    wallet = books.wallet("100.00")

    for number in range(TRIALS):
        cable.cut(b"COMMIT", moment, times=1)
        with pytest.raises(OutcomeUnknown):
            _pay_in_a_transaction(far, wallet, f"k{number}")

        assert books.pay(wallet, "1.00", ticket="T", key=f"k{number}").replayed in HAPPENED[moment]
    assert cable.cuts == TRIALS
    assert books.current(wallet) == "85.00"
    assert books.faults() == {}


def test_a_refusal_lost_on_the_way_is_told_again(books: Books, far: Books, cable: Cable) -> None:
    wallet = books.wallet("10.00")
    cable.cut(b"FROM pay(", Moment.ANSWERED, times=2)
    with pytest.raises(OutcomeUnknown):
        far.pay(wallet, "20.00", ticket="T", key="refused")
    books.advise(wallet, "100.00")

    with pytest.raises(InsufficientFunds) as again:
        far.pay(wallet, "20.00", ticket="T", key="refused")

    assert again.value.replayed
    assert books.current(wallet) == "110.00"


def test_a_database_that_is_away_has_done_nothing(books: Books, far: Books, cable: Cable) -> None:
    wallet = books.wallet("10.00")
    cable.cut(b"\x00", Moment.BEFORE, times=1_000_000)

    with pytest.raises(DatabaseUnavailable):
        far.pay(wallet, "1.00", ticket="T", key="away")

    assert books.current(wallet) == "10.00"


@pytest.mark.parametrize("way", ["transaction", "snapshot", "statement"])
def test_a_refusal_is_told_even_where_its_session_has_died_meanwhile(books: Books, way: str) -> None:
    refusal = WalletNotFound(wallet="NOBODY1")

    def refuse() -> None:
        with getattr(books.database, way)() as connection:
            _end_session(books, connection)
            raise refusal

    with pytest.raises(WalletNotFound) as told:
        refuse()
    assert told.value is refusal


def test_a_session_that_dies_in_a_transaction_does_not_come_back(books: Books) -> None:
    wallet = books.wallet("10.00")

    def lose() -> None:
        with books.database.transaction() as connection:
            _end_session(books, connection)
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        lose()
    assert books.current(wallet) == "10.00"
    assert not books.pay(wallet, "1.00").replayed


def _end_session(books: Books, connection: Connection) -> None:
    pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with psycopg.connect(books.servers.superuser_url) as superuser:
        ended = superuser.execute("SELECT pg_terminate_backend(%s, 10000)", [pid]).fetchone()
    assert ended == (True,)


def _pay_in_a_transaction(books: Books, wallet: OperatorCode, key: str) -> None:
    with books.database.transaction() as connection:
        debits.pay(
            connection,
            wallet=wallet,
            department=DepartmentCode("POD"),
            service=ServiceCode("001"),
            amount=paise("1.00"),
            service_ticket_no="T",
            key=books.key("pay", wallet, "1.00", "POD", "001", "", text=key),
        )
