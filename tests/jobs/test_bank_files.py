"""The jobs of bank files, by a worker: what was received is read, what was released is posted."""

from __future__ import annotations

from hashlib import sha256

from tests.jobs.office import Office
from tests.recon.test_bank_files import DAY
from wallet_service.jobs import bank_files as jobs
from wallet_service.recon import bank_accounts, bank_files, intake, received


def test_a_large_file_is_read_and_when_it_is_released_posted_by_the_worker(office: Office) -> None:
    database = office.books.database
    jobs.declare(office.broker, database)
    with database.transaction() as connection:
        bank_accounts.add(connection, "sbi:pool", "31234567890", by="test")
        kept = received.keep(connection, DAY, sha256(DAY).digest(), filename="large.xls", by="mita")
    office.start_worker()

    office.relay.sweep()
    office.wait_for("done", [1])
    with database.statement() as connection:
        statements = intake.read_for_release(connection, kept.id)
    with database.transaction() as connection:
        released = intake.release(connection, kept.id, statements, by="kamal")
    office.relay.sweep()
    office.wait_for("done", [1, 2])

    with database.statement() as connection:
        posted = bank_files.get(connection, kept.id)
    assert (kept.state, released.state, released.posted_lines) == ("received", "released", 0)
    assert (posted.lines, posted.posted_lines) == (7, 7)
    assert office.books.faults() == {}
