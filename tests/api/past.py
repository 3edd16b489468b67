"""What a town has from before: days that were closed, and what is due to departments for them."""

from __future__ import annotations

from datetime import timedelta

from tests.books import Books, set_clock
from tests.servers import Servers
from wallet_service.database import Database
from wallet_service.ledger import days
from wallet_service.payments import approvals, settlement_advices, settlements

SETTLED_DAYS_AGO = 8
"""How long ago the day was for which departments are due: it is payable, whatever holidays the bank had."""


def a_past(servers: Servers) -> None:
    """Let two departments be paid some days ago, and close the days since, up to the day before yesterday."""
    books = Books(servers)
    shift, today = set_clock(books), books.today()
    shift(f"-{SETTLED_DAYS_AGO} days")
    howrah = books.wallet("100.00", code="BSKPAST1")
    for department in ("POD", "LND"):
        books.pay(howrah, "10.00", department=department)
    shift("0")
    for ago in range(SETTLED_DAYS_AGO, 1, -1):
        days.close(books.database, today - timedelta(days=ago))
    books.close()


def advice_of(database: Database, department: str) -> str:
    """Let two persons advise what is due to a department, and return the advice's number."""
    with database.transaction() as connection:
        settlements.draw_up(connection, connection.exec_driver_sql("SELECT india_today()").scalar_one())
        proposed = settlement_advices.propose(connection, department, reason="due", by="asha")
        approvals.approve(connection, proposed.id, proposed.payload_sha256, by="bina")
        (advice,) = settlement_advices.find(connection, department=department, after=None, limit=1)
    return advice.number
