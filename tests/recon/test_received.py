"""A large file is kept and answered at once; a job reads it, and may be killed, repeated, or overtaken by a person."""

from __future__ import annotations

from datetime import date
from hashlib import sha256

import pytest

from tests.books import Books
from tests.recon.profile_files import VAN, text_of
from tests.recon.six_columns import SIX
from tests.recon.test_bank_files import AS_CSV, DAY, Desk
from wallet_service.errors import BankAccountNotFound, BankFileNotReleasable, FileAlreadyReceived
from wallet_service.recon import (
    announcements,
    bank_accounts,
    bank_files,
    breaks,
    intake,
    profile_files,
    profiles,
    received,
    taking,
)
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.readers import pace


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line that is read is told of, and not only now and then."""
    monkeypatch.setattr(pace, "EVERY_SECONDS", 0.0)


class KilledError(Exception):
    """The worker dies."""


def _keep(desk: Desk, content: bytes, *, by: str = "mita", account: str | None = None) -> BankFile:
    with desk.books.database.transaction() as connection:
        digest = sha256(content).digest()
        return received.keep(connection, content, digest, filename="large.xls", by=by, account=account)


def _file(desk: Desk, file: BankFile) -> BankFile:
    with desk.books.database.statement() as connection:
        return bank_files.get(connection, file.id)


def test_a_file_that_a_job_reads_says_what_one_says_that_is_read_at_once(desk: Desk, books: Books) -> None:
    kept = _keep(desk, DAY)

    read = received.read(books.database, kept.id)
    again = received.read(books.database, kept.id)
    released = desk.release(read)

    assert (kept.state, kept.bytes, kept.lines, kept.joins) == ("received", len(DAY), 0, None)
    assert (read.state, read.lines, read.inflow_lines, read.outflow_lines) == ("read", 7, 6, 1)
    assert (read.joins, read.new_lines, read.known_lines) == ("first file", 7, 0)
    assert read.opening is not None
    assert read.opening + read.inflows - read.outflows == read.closing
    assert again == read
    assert (released.state, released.posted_lines) == ("released", 7)
    assert books.faults() == {}


def test_a_file_that_is_not_read_yet_cannot_be_released_or_brought_again(desk: Desk) -> None:
    kept = _keep(desk, DAY)

    with pytest.raises(BankFileNotReleasable) as unread:
        desk.release(kept)
    with pytest.raises(FileAlreadyReceived) as large:
        _keep(desk, DAY, by="rafiq")
    with pytest.raises(FileAlreadyReceived) as small:
        desk.receive(DAY)

    assert unread.value.facts == {"file": kept.id, "state": "received"}
    assert "still being read" in unread.value.next_step
    assert large.value.facts["file"] == small.value.facts["file"] == kept.id
    assert _file(desk, kept) == kept


@pytest.mark.usefixtures("watched")
def test_a_reading_that_is_killed_is_done_anew_and_how_far_it_was_is_shown(desk: Desk, books: Books) -> None:
    kept = _keep(desk, DAY)

    def die(lines: int) -> None:
        if lines > 5:
            raise KilledError

    with pytest.raises(KilledError):
        received.read(books.database, kept.id, die)
    stopped = _file(desk, kept)
    read = received.read(books.database, kept.id)

    assert (stopped.state, stopped.lines_read) == ("received", 6)
    assert (read.state, read.lines) == ("read", 7)


@pytest.mark.usefixtures("watched")
def test_two_who_read_a_file_at_once_note_it_once(desk: Desk, books: Books) -> None:
    kept = _keep(desk, DAY)
    meanwhile: list[BankFile] = []

    def another(lines: int) -> None:
        if not meanwhile:
            meanwhile.append(_file(desk, kept))
            meanwhile.append(desk.release(received.read(books.database, kept.id)))

    last = received.read(books.database, kept.id, another)

    assert [file.state for file in meanwhile] == ["received", "released"]
    assert last == meanwhile[-1]


@pytest.mark.usefixtures("watched")
def test_what_a_person_rejects_while_it_is_read_stays_rejected(desk: Desk, books: Books) -> None:
    kept = _keep(desk, DAY)

    def reject(lines: int) -> None:
        if _file(desk, kept).state == "received":
            with books.database.transaction() as connection:
                intake.reject(connection, kept.id, by="kamal", reason="of the wrong month")

    read = received.read(books.database, kept.id, reject)

    assert (read.state, read.reason, read.decided_by) == ("rejected", "of the wrong month", "kamal")


def test_a_large_file_that_is_no_statement_is_rejected_by_line_and_may_come_again_by_another(
    desk: Desk, books: Books
) -> None:
    spoilt = DAY.replace(b"35,000.00", b"35,00x.00")

    rejected = received.read(books.database, _keep(desk, spoilt).id)
    again = _keep(desk, spoilt, by="kamal")

    assert rejected.state == "rejected"
    assert [reject.row for reject in rejected.rejects][:1] != []
    assert (again.id, again.state, again.received_by) == (rejected.id, "received", "kamal")
    assert (again.reason, again.rejects) == (None, ())


def test_a_statement_saved_anew_is_pointed_to_the_first_when_it_is_read(desk: Desk, books: Books) -> None:
    first = desk.receive(DAY)

    again = received.read(books.database, _keep(desk, AS_CSV).id)

    assert again.state == "rejected"
    assert f"as file {first.id} " in str(again.reason)


def test_a_large_file_is_of_the_account_that_its_bringer_says(desk: Desk, books: Books) -> None:
    with books.database.transaction() as connection:
        bank_accounts.add(connection, "sbi:other", "31234567891", by="test")

    with pytest.raises(BankAccountNotFound):
        _keep(desk, DAY, account="sbi:none")
    file = received.read(books.database, _keep(desk, DAY, account="sbi:other").id)

    assert (file.state, file.bank_account) == ("rejected", None)
    assert "it was brought for sbi:other" in str(file.reason)


def test_a_file_that_nobody_reads_becomes_a_break(desk: Desk, books: Books) -> None:
    kept = _keep(desk, DAY)

    with books.database.statement() as connection:
        at_first = breaks.list_breaks(connection, after=None, limit=10)
    books.as_owner("UPDATE bank_files SET received_at = received_at - interval '16 minutes'")
    with books.database.statement() as connection:
        later = breaks.list_breaks(connection, after=None, limit=10)
    received.read(books.database, kept.id)
    with books.database.statement() as connection:
        once_read = breaks.list_breaks(connection, after=None, limit=10)

    assert (at_first, once_read) == ([], [])
    assert [(each.kind, each.reference) for each in later] == [("file-unread", f"bank-file {kept.id}")]


def test_a_file_that_came_again_for_another_account_while_it_was_read_is_of_that_one(books: Books) -> None:
    desk = Desk(books)
    with books.database.transaction() as connection:
        bank_accounts.add(connection, "sbi:fees", "31234567891", by="test")
    kept = _keep(desk, SIX.encode(), account="sbi:fees")
    with books.database.statement() as connection:
        reading = intake.read(SIX.encode(), today=intake.today(connection))
    with books.database.transaction() as connection:
        intake.reject(connection, kept.id, by="kamal", reason="of the pool")
    again = _keep(desk, SIX.encode(), account="sbi:pool")

    with books.database.transaction() as connection:
        late = intake.settle(connection, kept.id, reading, account="sbi:fees")
    read = received.read(books.database, kept.id)

    assert (again.id, late.state, late.bank_account) == (kept.id, "received", "sbi:pool")
    assert (read.state, read.bank_account) == ("read", "sbi:pool")


def test_a_large_file_is_read_by_a_job_also_where_a_profile_reads_it(
    desk: Desk, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received, "LARGEST_READ_AT_ONCE", len(VAN) - 1)
    keep = taking.read_or_leave(books.database, VAN.encode(), profile="van-mis")
    with books.database.transaction() as connection:
        kept = keep(connection, filename="large.txt", by="mita")
        profiles.save(connection, text_of("van-mis").replace("columns = 8", "columns = 9"), by="mita")

    read = received.read(books.database, kept.id)
    again = received.read(books.database, kept.id)
    desk.release(read)

    assert (kept.state, kept.profile, kept.lines) == ("received", "van-mis", 0)
    assert (read.state, read.form, read.lines, read.new_lines) == ("read", "van-mis version 1", 3, 3)
    assert again == read
    with books.database.statement() as connection:
        assert announcements.find(connection, ["60920012345"]).keys() == {"60920012345"}


def test_a_large_file_that_a_person_rejects_meanwhile_stays_rejected(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received, "LARGEST_READ_AT_ONCE", 0)
    keep = taking.read_or_leave(books.database, VAN.encode(), profile="van-mis")
    with books.database.transaction() as connection:
        kept = keep(connection, filename="large.txt", by="mita")
    told = profile_files.read(VAN.encode(), _profile(books), today=date(2026, 4, 10))
    with books.database.transaction() as connection:
        intake.reject(connection, kept.id, by="kamal", reason="not ours")

    with books.database.transaction() as connection:
        late = profile_files.settle(connection, kept.id, told)

    assert (late.state, late.lines, late.reason) == ("rejected", 0, "not ours")


def _profile(books: Books) -> profiles.Profile:
    with books.database.statement() as connection:
        return profiles.get(connection, "van-mis")
