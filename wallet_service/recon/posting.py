"""Post the lines of a released file, each once, in small batches that can be killed and resumed anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.errors import BankFileNotReleasable, LawBroken
from wallet_service.money import Paise
from wallet_service.recon import bank_files, evidence, matching, narration, rules
from wallet_service.recon.answers import Disposition
from wallet_service.recon.candidates import Line
from wallet_service.recon.evidence import Evidence
from wallet_service.recon.known_lines import Unposted
from wallet_service.recon.narration import Kind, Narration
from wallet_service.recon.rules import Decision
from wallet_service.recon.statements import Direction

LINES_AT_ONCE = 200

_IDLE_MS = "1000"
"""How long a batch's transaction waits for us between two statements, in milliseconds.

It holds wallets, and a payment waits for one for two seconds at most: a stopped worker must not cost it its answer.
"""

_LOCK_FILE = """
SELECT set_config('idle_in_transaction_session_timeout', %s, true) FROM bank_files WHERE id = %s FOR UPDATE
"""
_UNPOSTED = """
SELECT l.id, l.row_number, l.booked_on, l.value_date, l.direction::text, l.amount_paise, l.description, l.reference,
  l.strong_references, l.deposit_number, l.branch, l.kind, l.is_reversal, l.tokens, l.own_number,
  f.received_at
FROM bank_lines l JOIN bank_files f ON f.id = l.file
WHERE l.file = %s AND l.row_number > %s AND NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = l.id)
ORDER BY l.row_number LIMIT %s
"""
# Released files of its account that are not posted yet, up to itself, in the order in which the chain grew by them.
_UP_TO = """
SELECT f.id FROM bank_files f JOIN bank_files last ON last.id = %s AND last.bank_account = f.bank_account
WHERE f.state = 'released' AND (f.id = last.id OR (f.posted_at IS NULL
  AND (SELECT min(l.id) FROM bank_lines l WHERE l.file = f.id)
    < (SELECT min(l.id) FROM bank_lines l WHERE l.file = last.id)))
ORDER BY f.id = last.id, (SELECT min(l.id) FROM bank_lines l WHERE l.file = f.id)
"""


class _NoLongerHolds(Exception):
    """What was decided on a line does not hold any more; nothing of its batch is posted."""

    def __init__(self, line: int, decisions: list[Decision]) -> None:
        super().__init__(line)
        self.line = line
        self.rules = sorted({decision.rule for decision in decisions})


def post_file(database: Database, file_id: int, progress: Callable[[int], None] = lambda posted: None) -> int:
    """Post every line of a released file that is not posted yet, and return how many lines this posted.

    The lines of an account are posted in the order of its chain, so that a return finds what it returns: files that
    were released earlier come first, whoever was to post them. Safe to repeat and to run twice at once: a line is
    posted once, by constraint. *progress* is told the running count.

    Raises:
        BankFileNotFound.
        BankFileNotReleasable: the file is not released.
    """
    with database.transaction() as connection:
        file = bank_files.get(connection, file_id)
        if file.state != "released":
            raise BankFileNotReleasable(file=file_id, state=file.state)
        connection.exec_driver_sql("SELECT bring_in_bank_balance(%s)", (file_id,))
        files = [int(row.id) for row in connection.exec_driver_sql(_UP_TO, (file_id,))]
    posted = 0
    for each in files:
        row = 0
        while lines := _post_some(database, each, row):
            row = lines[-1]
            posted += len(lines)
            progress(posted)
    return posted


def post_lines(connection: Connection, file_id: int, *, after: int, at_most: int) -> list[int]:
    """Post up to *at_most* lines of a file behind row *after*, all in one, and return their rows: none when all are.

    Raises:
        LawBroken: what was decided under all locks does not hold. Roll back.
    """
    try:
        return _post_batch(connection, file_id, after, at_most)
    except _NoLongerHolds as error:
        raise LawBroken(bank_line=error.line, rules=error.rules) from error


def _post_some(database: Database, file_id: int, after: int) -> list[int]:
    """Post one batch; where it cannot be posted as it was decided, it is decided anew and posted a line at a time."""
    try:
        with database.transaction() as connection:
            return _post_batch(connection, file_id, after, LINES_AT_ONCE)
    except _NoLongerHolds:
        with database.transaction() as connection:
            return post_lines(connection, file_id, after=after, at_most=1)


def _post_batch(connection: Connection, file_id: int, after: int, at_most: int) -> list[int]:
    connection.exec_driver_sql(_LOCK_FILE, (_IDLE_MS, file_id))
    rows = connection.exec_driver_sql(_UNPOSTED, (file_id, after, at_most)).all()
    if not rows:
        connection.exec_driver_sql(
            "UPDATE bank_files SET posted_at = instant() WHERE id = %s AND posted_at IS NULL", (file_id,)
        )
        return []
    lines = [_line(row) for row in rows]
    found = evidence.lock(connection, lines)
    decisions, told = [], []
    for line in lines:
        candidates = found.known.candidates(line)
        decision = rules.decide(line.facts, candidates)
        claims = matching.offered(line, decision, candidates)
        found.known.note(line, decision, claims)
        decisions.append(decision)
        told.append(_told(line, decision, claims, found))
    failed = connection.exec_driver_sql("SELECT post_bank_lines(%s::jsonb)", (json.dumps(told),)).scalar_one()
    if failed is not None:
        raise _NoLongerHolds(failed, decisions)
    return [int(row.row_number) for row in rows]


def _told(line: Unposted, decision: Decision, offered: Sequence[str], found: Evidence) -> dict[str, object]:
    """Return a decision as `post_bank_lines` takes it."""
    book: int | None = None
    number: int | None = None
    credits: list[tuple[int, int]] = []
    parts: list[int] = []
    if decision.disposition in {Disposition.TIE, Disposition.RETURN, Disposition.TIE_TOGETHER, Disposition.CLAIM}:
        credits = [found.places[target] for target in decision.targets]
        book, number = credits[0]
    elif decision.disposition is Disposition.TIE_IN_PARTS:
        book, number = found.places[decision.target]
        parts = [int(other.removeprefix("line ")) for other in decision.targets[1:]]
    elif decision.disposition is Disposition.SETTLEMENT:
        credits = [found.places[target] for target in decision.targets]
    elif decision.disposition is Disposition.UNDO:
        number = int(decision.target.removeprefix("line "))
    elif decision.disposition is Disposition.WALLET:
        book = found.books[decision.target]
    return {
        "line": line.id,
        "disposition": decision.disposition.value,
        "rule": decision.rule,
        "version": decision.version,
        "candidates": decision.seen,
        "reason": decision.reason,
        "book": book,
        "number": number,
        "offers": [found.places[claim] for claim in offered],
        "credits": credits if decision.disposition in {Disposition.TIE_TOGETHER, Disposition.SETTLEMENT} else [],
        "parts": parts,
    }


def _line(row: Any) -> Unposted:
    facts = Line(
        booked_on=row.booked_on,
        value_date=row.value_date,
        direction=Direction(row.direction),
        amount=Paise(row.amount_paise),
        narration=_words(row),
    )
    numbers = (row.deposit_number,) if row.deposit_number else ()
    words = f"{row.description} {row.reference}"
    return Unposted(row.id, facts, (*row.strong_references, *numbers), row.received_at, words)


def _words(row: Any) -> Narration:
    """Return what a line's words tell, as they were read when it was stored."""
    if row.kind is None:
        return replace(narration.parse(row.description, row.reference), branch=row.branch)
    return Narration(
        kind=Kind(row.kind),
        references=tuple(row.strong_references),
        branch=row.branch,
        cdm=None,
        reversal=row.is_reversal,
        tokens=frozenset(row.tokens.split()),
        own=row.own_number,
    )
