"""Post the lines of a released file, each once, in small batches that can be killed and resumed anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.errors import BankFileNotReleasable, LawBroken
from wallet_service.identifiers import ClaimId, CreditId
from wallet_service.money import Paise
from wallet_service.recon import bank_files, evidence, narration, rules
from wallet_service.recon.evidence import Evidence, Unposted
from wallet_service.recon.rules import Candidates, Decision, Disposition
from wallet_service.recon.statements import Direction

LINES_AT_ONCE = 200

_UNPOSTED = """
SELECT l.id, l.booked_on, l.value_date, l.direction::text, l.amount_paise, l.description, l.reference,
  l.strong_references, l.deposit_number, l.branch, f.received_at
FROM bank_lines l JOIN bank_files f ON f.id = l.file
WHERE l.file = %s AND NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = l.id)
ORDER BY l.row_number LIMIT %s
"""


def post_file(database: Database, file_id: int, progress: Callable[[int], None] = lambda posted: None) -> int:
    """Post every line of a released file that is not posted yet, and return how many there were.

    Safe to repeat and to run twice at once: a line is posted once, by constraint. *progress* is told the running count.

    Raises:
        BankFileNotFound.
        BankFileNotReleasable: the file is not released.
    """
    with database.transaction() as connection:
        file = bank_files.get(connection, file_id)
        if file.state != "released":
            raise BankFileNotReleasable(file=file_id, state=file.state)
        connection.exec_driver_sql("SELECT bring_in_bank_balance(%s)", (file_id,))
    posted = 0
    while True:
        with database.transaction() as connection:
            count = _post_batch(connection, file_id)
        if not count:
            return posted
        posted += count
        progress(posted)


def _post_batch(connection: Connection, file_id: int) -> int:
    connection.exec_driver_sql("SELECT FROM bank_files WHERE id = %s FOR UPDATE", (file_id,))
    lines = [_line(row) for row in connection.exec_driver_sql(_UNPOSTED, (file_id, LINES_AT_ONCE))]
    if not lines:
        connection.exec_driver_sql(
            "UPDATE bank_files SET posted_at = coalesce(posted_at, instant()) WHERE id = %s", (file_id,)
        )
        return 0
    known = evidence.lock(connection, lines)
    for line in lines:
        candidates = known.candidates(line)
        decision = rules.decide(line.facts, candidates)
        if not _post(connection, line, decision, known):
            raise LawBroken(bank_line=line.id, rule=decision.rule)
        if decision.disposition is Disposition.SUSPENSE:
            _offer(connection, line, decision, candidates, known)
        known.note(connection, line, decision)
    return len(lines)


def _post(connection: Connection, line: Unposted, decision: Decision, known: Evidence) -> bool:
    book: int | None = None
    number: int | None = None
    if decision.disposition in {Disposition.TIE, Disposition.RETURN}:
        credit = CreditId.parse(decision.target)
        book, number = known.books[credit.book], credit.number
    elif decision.disposition is Disposition.CLAIM:
        claim = ClaimId.parse(decision.target)
        book, number = known.books[claim.book], claim.number
    elif decision.disposition is Disposition.WALLET:
        book = known.books[decision.target]
    posted = connection.exec_driver_sql(
        "SELECT post_bank_line(%s, %s, %s, %s, %s::jsonb, %s, %s, %s)",
        (
            *(line.id, decision.disposition.value, decision.rule, decision.version),
            *(json.dumps(decision.seen), decision.reason, book, number),
        ),
    )
    return bool(posted.scalar_one())


def _offer(connection: Connection, line: Unposted, decision: Decision, candidates: Candidates, known: Evidence) -> None:
    """Tell the claims that fit a parked line that a person decides on it."""
    if decision.rule not in {"claimed", "claimed-by-number"}:
        return
    for candidate in candidates.claims:
        fits = candidate.by_number or (
            decision.rule == "claimed" and candidate.branch in {None, line.facts.narration.branch}
        )
        if fits and "-L" in candidate.claim_id:
            claim = ClaimId.parse(candidate.claim_id)
            connection.exec_driver_sql(
                "SELECT offer_line(%s, %s, %s, %s)", (known.books[claim.book], claim.number, line.id, decision.reason)
            )


def _line(row: Any) -> Unposted:
    words = narration.parse(row.description, row.reference)
    facts = rules.Line(
        booked_on=row.booked_on,
        value_date=row.value_date,
        direction=Direction(row.direction),
        amount=Paise(row.amount_paise),
        narration=replace(words, branch=row.branch),
    )
    numbers = (row.deposit_number,) if row.deposit_number else ()
    return Unposted(row.id, facts, (*row.strong_references, *numbers), row.received_at)
