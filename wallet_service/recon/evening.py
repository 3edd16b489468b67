"""The evening of a business day, when the counters have closed: what can still be put in order while the day is open.

Each step does what is left to do, so that doing it again does nothing; what it posts stands in the open day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wallet_service import telemetry
from wallet_service.database import Database
from wallet_service.errors import LawBroken
from wallet_service.ledger import lapses
from wallet_service.money import Paise
from wallet_service.recon import bank_files, breaks, intake, posting, readers
from wallet_service.recon.night_steps import Figure, Step

Progress = Callable[[str], None]
_RELEASED = """
SELECT id FROM bank_files WHERE state = 'released' AND posted_at IS NULL AND bank_account IS NOT NULL ORDER BY id
"""
_WAITING = "SELECT id, bank_account FROM bank_files WHERE state = 'waiting' ORDER BY bank_account, id"
_log = telemetry.logger(__name__)


def release_lapsed_holds(database: Database, progress: Progress) -> list[Figure]:
    """Give back what lapsed holds kept, a book at a time."""
    with database.statement() as connection:
        given = []
        for book in lapses.list_books(connection):
            given.append(lapses.expire_holds(connection, book))
            progress(f"{len(given)} books")
    return [Figure("books with lapsed holds", len(given), Paise(sum(given)))]


def look_at_waiting_files(database: Database, progress: Progress) -> list[Figure]:
    """Look again at the files that wait for one between, an account at a time."""
    with database.statement() as connection:
        rows = connection.exec_driver_sql(_WAITING).all()
    joined = 0
    for account in sorted({row.bank_account for row in rows}):
        of_account = [row for row in rows if row.bank_account == account]
        with database.statement() as connection:  # No lock is held while files are parsed.
            today = intake.today(connection)
            statements = {
                row.id: readers.read(bank_files.content(connection, row.id), today=today) for row in of_account
            }
        with database.transaction() as connection:
            joined += intake.join_waiting(connection, account, statements)
        progress(f"{len(statements)} files")
    return [Figure("files that wait", len(rows) - joined), Figure("files that wait no longer", joined)]


def post_what_is_unposted(database: Database, progress: Progress) -> list[Figure]:
    """Match and post the lines of released files that are not posted yet, a batch at a time.

    A file of which a line cannot be posted is told of and left to a person; it stands in the statement as unposted.
    """
    with database.statement() as connection:
        files = [int(each) for each in connection.exec_driver_sql(_RELEASED).scalars()]
    posted, stuck = 0, []
    for file in files:
        try:
            posted += posting.post_file(database, file, lambda lines: progress(f"{lines} lines"))
        except LawBroken as error:
            _log.error("a bank file could not be posted", file=file, facts=error.facts)
            stuck.append(Figure(f"file {file} could not be posted", 1))
    return [Figure("files with lines to post", len(files)), Figure("lines posted", posted), *stuck]


def count_breaks(database: Database, progress: Progress) -> list[Figure]:
    """Count what did not match by kind, with what is open of it and its average age."""
    with database.statement() as connection:
        found = breaks.by_kind(connection)
    return [Figure(each.kind, each.count, each.amount, each.age_days) for each in found]


WORK: Mapping[Step, Callable[[Database, Progress], list[Figure]]] = {
    Step.HOLDS: release_lapsed_holds,
    Step.FILES: look_at_waiting_files,
    Step.MATCHING: post_what_is_unposted,
    Step.BREAKS: count_breaks,
}
"""What each step of the evening does."""
