"""Connections that are kept, shared and replaced; answers that are not the service's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from threading import Barrier, Thread
from typing import Any

import pytest

from tests.books import Books
from tests.client.gateway import Deed, Gateway, Say
from tests.client.service import Service, payments
from wallet_service.client import (
    Patience,
    Portal,
    Unauthorised,
    Unintelligible,
)

POD = ("POD", "001")
NEFT: Any = {"bank_reference": "TEST00000009", "booked_on": date(2026, 4, 1), "channel": "neft"}
IN_AN_HOUR = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


def test_a_page_of_somebody_else_is_no_answer(books: Books, far: Portal, gateway: Gateway) -> None:
    wallet = books.wallet("100.00")
    gateway.does(Say(200, b"<html>Please log in</html>"), Say(201, b"[]"), Say(201, b'{"id": "cut o'))
    assert far.pay(wallet, *POD, "1.00", "T-1").balance.current == Decimal("99.00")

    gateway.does(Say(200, b'{"current": "1.00"}'))
    with pytest.raises(Unintelligible, match=r"Balance\.held is missing"):
        far.balance(wallet)
    gateway.does(Say(302, b"", {"Location": "https://elsewhere/"}))
    with pytest.raises(Unintelligible, match="elsewhere"):
        far.balance(wallet)
    gateway.does(Say(403, b"<html>blocked</html>"))
    with pytest.raises(Unauthorised, match="status 403"):
        far.balance(wallet)


def test_a_connection_is_kept_and_replaced_when_the_service_has_closed_it(
    books: Books, service: Service, gateway: Gateway
) -> None:
    wallet = books.wallet("100.00")
    once = Patience(tries=1)

    with service.portal(gateway.url, patience=once) as portal:
        for number in range(3):
            portal.pay(wallet, *POD, "1.00", f"T-{number}")
        gateway.does(Deed.HANG_UP)
        portal.pay(wallet, *POD, "1.00", "T-3")
        portal.pay(wallet, *POD, "1.00", "T-4")

    ports = [each.port for each in gateway.seen]
    assert len(set(ports[:4])) == 1
    assert ports[4] != ports[3]
    assert payments(books, wallet) == 5


def test_threads_share_a_client(books: Books, portal: Portal) -> None:
    wallet, together = books.wallet("100.00"), Barrier(8)

    def pay(number: int) -> None:
        together.wait()
        for each in range(5):
            portal.pay(wallet, *POD, "1.00", f"T-{number}-{each}")

    threads = [Thread(target=pay, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (payments(books, wallet), portal.balance(wallet).current) == (40, Decimal("60.00"))
    assert books.faults() == {}
