"""Compare a department's lists with what was paid, keep what is found, and settle what later facts explain.

A list is compared with no transaction open, and what was found is written in one. Done again it changes nothing, unless
something has happened since: a list that came later, a refund, a payment. What changes is told beside what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.errors import BankFileNotReleasable, Busy
from wallet_service.recon import lists, tie_candidates, tie_out, tie_words
from wallet_service.recon.lists import KeptList
from wallet_service.recon.tie_answers import answer_unknowns
from wallet_service.recon.tie_candidates import Known, OpenRow, Payments
from wallet_service.recon.tie_out import Finding, Ours, RowId, Theirs

_AT_ONCE = 5_000
_WAITING = """
SELECT l.file FROM department_lists l JOIN bank_files f ON f.id = l.file
WHERE l.department = %s AND l.version IS NOT NULL AND l.tied_at IS NULL ORDER BY f.decided_at, l.version, l.file
"""
_REPLACE = "UPDATE tie_results SET replaced_by = %(new)s WHERE file = %(old)s AND replaced_by IS NULL"
# What a row of the version before had settled is open again, until a row of the new one settles it.
_REOPEN = """
UPDATE tie_results SET settled_at = NULL, settled_by = NULL WHERE settled_by = %(old)s AND replaced_by IS NULL
"""
_INSERT = """
INSERT INTO tie_results (account, file, n, found, book, number, beside_book, beside_number, our_paise, their_paise,
  our_day, rule, rule_version, words)
SELECT (SELECT v.account FROM services v WHERE v.department = %s AND v.code = x.service),
  x.file, x.n, x.found, x.book, x.number, x.beside_book, x.beside_number, x.our_paise, x.their_paise, x.our_day, x.rule,
  x.rule_version, x.words
FROM unnest(%s::text[], %s::bigint[], %s::int[], %s::text[], %s::int[], %s::int[], %s::int[], %s::int[], %s::bigint[],
  %s::bigint[], %s::date[], %s::text[], %s::int[], %s::text[])
  x (service, file, n, found, book, number, beside_book, beside_number, our_paise, their_paise, our_day, rule,
    rule_version, words)
ON CONFLICT (book, number) WHERE n IS NULL AND replaced_by IS NULL DO NOTHING
"""
_LOOSEN = "UPDATE tie_results SET book = NULL, number = NULL WHERE id = %s"
_CHANGE = """
UPDATE tie_results SET was = found, found = %(found)s, book = %(book)s, number = %(number)s, rule = %(rule)s,
  beside_book = %(beside_book)s, beside_number = %(beside_number)s, our_paise = %(our_paise)s, our_day = %(our_day)s,
  rule_version = %(rule_version)s, words = %(words)s, settled_at = CASE WHEN %(is_settled)s THEN instant() END
WHERE id = %(id)s
"""
_SETTLE_BY_ROW = """
UPDATE tie_results m SET settled_at = instant(), settled_by = t.file
FROM unnest(%s::int[], %s::int[], %s::bigint[]) t (book, number, file)
WHERE m.book = t.book AND m.number = t.number AND m.n IS NULL AND m.settled_at IS NULL AND m.replaced_by IS NULL
"""
_SETTLE_BY_BOOKS = "UPDATE tie_results SET settled_at = instant() WHERE id = ANY (%s) AND settled_at IS NULL"
# While its last day goes on it is to be compared again.
_TIED = """
UPDATE department_lists SET tied_at = instant()
WHERE file = %s AND (tied_at IS NULL OR last_day >= (tied_at AT TIME ZONE 'Asia/Kolkata')::date)
"""
LOCK = "hashtext('department-lists compared'), hashtext(%s)"
"""The lock under which the lists of a department, the parameter, are compared."""


def tie_file(database: Database, file_id: int, progress: Callable[[int], None] = lambda rows: None) -> list[int]:
    """Compare a released list, and those of its department that still wait before it; return what was compared now.

    A list that was compared before is looked at again: what is open of its department may be settled, and payments of
    its days that were posted since are compared. What a row says of an unknown payment is its department's answer.
    *progress* is told how many rows of a list are behind.

    Raises:
        TieOutNotFound: the file is no department's list.
        BankFileNotReleasable: it was not released yet.
        Busy: another is comparing a list of the department.
    """
    with database.statement() as connection:
        asked = lists.get(connection, file_id)
    if asked.version is None:
        raise BankFileNotReleasable(file=file_id, state="read")
    with _alone(database, asked.department) as connection:
        waiting = list(connection.exec_driver_sql(_WAITING, (asked.department,)).scalars())
        for each in waiting if file_id in waiting else [*waiting, file_id]:
            found = _compare(connection, lists.get(connection, each))
            if found is not None:
                with database.transaction() as writing:
                    _write(writing, found, progress)
        answer_unknowns(database, asked.department)
    return waiting


@contextmanager
def _alone(database: Database, department: str) -> Iterator[Connection]:
    """Give a connection, without a transaction, on which nobody else compares lists of the department."""
    with database.statement() as connection:
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})", (department,)).scalar_one():
            raise Busy
        try:
            yield connection
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})", (department,))


def _compare(connection: Connection, asked: KeptList) -> _Work | None:
    """Return what a list is found to be, with nothing written and nothing locked; None where another stands for it."""
    if asked.replaced_by is not None and asked.tied_at is not None:
        return None
    again = tie_candidates.open_rows(connection, asked)
    rows = [*tie_candidates.new_rows(connection, asked), *(each.row for each in again.values())]
    payments = tie_candidates.payments(connection, asked, rows)
    explained = [
        known.id
        for known, ours in tie_candidates.open_payments(connection, asked)
        if (tie_out.judged(known.row, ours).is_settled if known.row else not ours.net)
    ]
    findings = tie_out.tie(rows, payments.known.values())
    work = _Work(asked, {row.id: row for row in rows}, payments, again, findings, explained)
    for known, row, ours in tie_candidates.contradicted(connection, asked):
        work.judge_again(known, row, ours)
    return work


def _write(connection: Connection, work: _Work, progress: Callable[[int], None]) -> None:
    asked = work.asked
    if asked.tied_at is None and asked.replaces is not None:
        told = {"new": asked.id, "old": asked.replaces}
        connection.exec_driver_sql(_REPLACE, told)
        connection.exec_driver_sql(_REOPEN, told)
    _change(connection, work)
    _insert(connection, work, progress)
    _settle(connection, work)
    connection.exec_driver_sql(_TIED, (asked.id,))


@dataclass(frozen=True)
class _Work:
    """What was compared and found: the list, the rows by id, the payments, and those of the rows that were *open*.

    *explained* are open results that our own books have explained since.
    """

    asked: KeptList
    rows: dict[RowId, Theirs]
    payments: Payments
    open: dict[RowId, OpenRow]
    findings: list[Finding]
    explained: list[int]

    def judge_again(self, known: Known, row: Theirs, ours: Ours) -> None:
        """Find a pair to be what it is now; it stays a pair."""
        self.rows[row.id], self.payments.known[ours.id] = row, ours
        self.open[row.id] = OpenRow(row, known.id, known.found, ours.id)
        self.findings.append(Finding(tie_out.judged(row, ours), row.id, ours.id, known.rule))

    def told(self, each: Finding) -> dict[str, object]:
        """Return a finding as it is kept, and its service."""
        row = self.rows[each.row] if each.row else None
        ours = self.payments.known[each.ours] if each.ours else None
        beside = self.payments.id_of(each.beside) if each.beside else None
        return {
            "service": row.service if row else ours.service if ours else None,
            "file": each.row[0] if each.row else self.asked.id,
            "n": each.row[1] if each.row else None,
            "found": each.found.value,
            "book": each.ours[0] if each.ours else None,
            "number": each.ours[1] if each.ours else None,
            "beside_book": each.beside[0] if each.beside else None,
            "beside_number": each.beside[1] if each.beside else None,
            "our_paise": ours.amount if ours and ours.state == "captured" else 0,
            "their_paise": row.amount if row and row.is_paid else 0,
            "our_day": ours.day if ours else None,
            "rule": each.rule,
            "rule_version": tie_out.VERSION,
            "words": tie_words.words(each.found, row, ours, beside),
        }


def _insert(connection: Connection, work: _Work, progress: Callable[[int], None]) -> None:
    findings = [each for each in work.findings if each.row not in work.open]
    for start in range(0, len(findings), _AT_ONCE):
        told = [list(work.told(each).values()) for each in findings[start : start + _AT_ONCE]]
        connection.exec_driver_sql(_INSERT, (work.asked.department, *map(list, zip(*told, strict=True))))
        progress(start + len(told))


def _change(connection: Connection, work: _Work) -> None:
    """Tell of rows that were open what they are found to be now; those that are what they were stay untouched."""
    known = [(work.open[each.row], each) for each in work.findings if each.row and each.row in work.open]
    changed = [(was, each) for was, each in known if (was.found, was.ours) != (each.found, each.ours)]
    for was, _ in changed:  # First all of them, so that a payment may go from one row to another.
        connection.exec_driver_sql(_LOOSEN, (was.id,))
    for was, each in changed:
        told = work.told(each)
        if was.ours is not None and was.ours != each.ours:
            told |= {"beside_book": was.ours[0], "beside_number": was.ours[1]}
        connection.exec_driver_sql(_CHANGE, {**told, "id": was.id, "is_settled": each.found.is_settled})


def _settle(connection: Connection, work: _Work) -> None:
    """Settle what a row explains that came now, and what our own books have explained since."""
    tied = [(*each.ours, each.row[0]) for each in work.findings if each.ours and each.row]
    for start in range(0, len(tied), _AT_ONCE):
        columns = zip(*tied[start : start + _AT_ONCE], strict=True)
        connection.exec_driver_sql(_SETTLE_BY_ROW, tuple(map(list, columns)))
    connection.exec_driver_sql(_SETTLE_BY_BOOKS, (work.explained,))
