"""Post the lines of a released file, each once, in small batches that can be killed and resumed anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.errors import BankFileNotReleasable, LawBroken
from wallet_service.identifiers import CreditId, OperatorCode
from wallet_service.money import Paise
from wallet_service.recon import bank_files, narration, rules
from wallet_service.recon.narration import Narration
from wallet_service.recon.rules import AdviceCandidate, Candidates, Decision, Disposition
from wallet_service.recon.statements import Direction

LINES_AT_ONCE = 200

_UNPOSTED = """
SELECT l.id, l.booked_on, l.value_date, l.direction::text, l.amount_paise, l.description, l.reference,
  l.strong_references
FROM bank_lines l WHERE l.file = %s AND NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = l.id)
ORDER BY l.row_number LIMIT %s
"""
_ADVICES = """
SELECT r.reference, r.line, c.book, b.code, c.number, c.amount_paise, c.booked_on, c.state::text
FROM bank_references r LEFT JOIN credits c ON c.book = r.credit_book AND c.number = r.credit_number
LEFT JOIN books b ON b.id = c.book WHERE r.reference = ANY (%s)
"""


@dataclass(frozen=True)
class _Line:
    id: int
    facts: rules.Line
    references: tuple[str, ...]


class _Evidence:
    """What the books have for the lines of one batch, under its locks; it follows what the batch itself posts."""

    def __init__(self, advices: Sequence[Any], operators: Sequence[Any]) -> None:
        self.used = {row.reference: row.line for row in advices if row.line is not None}
        self.advices = {
            row.reference: AdviceCandidate(
                credit_id=str(CreditId(row.code, row.number)),
                wallet=OperatorCode(row.code),
                amount=Paise(row.amount_paise),
                booked_on=row.booked_on,
                state=row.state,
            )
            for row in advices
            if row.number is not None
        }
        self.operators = {OperatorCode(row.code): row.state for row in operators}
        self.books = {row.code: row.book for row in advices if row.number is not None} | {
            row.code: row.id for row in operators
        }

    def candidates(self, line: _Line) -> Candidates:
        """Return what fits a line's references and the operators it names."""
        fitting = {self.advices[each].credit_id: self.advices[each] for each in line.references if each in self.advices}
        named = {code: state for code, state in self.operators.items() if code in line.facts.narration.tokens}
        used = next((self.used[each] for each in line.references if each in self.used), None)
        return Candidates(tuple(fitting.values()), named, used)

    def note(self, line: _Line, decision: Decision) -> None:
        """Remember that a line was posted: its references are used, and the credit it was tied to is tied."""
        if line.facts.direction is not Direction.INFLOW:
            return
        for reference in line.references:
            self.used.setdefault(reference, line.id)
        if decision.disposition is Disposition.TIE:
            for reference, advice in self.advices.items():
                if advice.credit_id == decision.target:
                    self.advices[reference] = replace(advice, state="tied")


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
    evidence = _locked_evidence(connection, lines)
    for line in lines:
        decision = rules.decide(line.facts, evidence.candidates(line))
        if not _post(connection, line, decision, evidence):
            raise LawBroken(bank_line=line.id, rule=decision.rule)
        evidence.note(line, decision)
    return len(lines)


def _locked_evidence(connection: Connection, lines: Sequence[_Line]) -> _Evidence:
    """Take the locks of the batch in the order of all locks, and read what the rules go by under them."""
    references = sorted({reference for line in lines for reference in line.references})
    connection.exec_driver_sql("SELECT lock_bank_references(%s::text[])", (references,))
    advices = connection.exec_driver_sql(_ADVICES, (references,)).all()
    tokens = sorted({token for line in lines for token in line.facts.narration.tokens})
    named = "SELECT id, code, state::text FROM books WHERE code = ANY (%s) AND id <> 0"
    found = connection.exec_driver_sql(named, (tokens,)).all()
    books = sorted({row.book for row in advices if row.book is not None} | {row.id for row in found})
    connection.exec_driver_sql("SELECT lock_books_and_house(%s::integer[])", (books,))
    return _Evidence(advices, connection.exec_driver_sql(named, (tokens,)).all())


def _post(connection: Connection, line: _Line, decision: Decision, evidence: _Evidence) -> bool:
    book: int | None = None
    number: int | None = None
    if decision.disposition is Disposition.TIE:
        credit = CreditId.parse(decision.target)
        book, number = evidence.books[credit.book], credit.number
    elif decision.disposition is Disposition.WALLET:
        book = evidence.books[decision.target]
    posted = connection.exec_driver_sql(
        "SELECT post_bank_line(%s, %s, %s, %s, %s::jsonb, %s, %s, %s)",
        (
            *(line.id, decision.disposition.value, decision.rule, decision.version),
            *(json.dumps(decision.seen), decision.reason, book, number),
        ),
    )
    return bool(posted.scalar_one())


def _line(row: Any) -> _Line:
    words: Narration = narration.parse(row.description, row.reference)
    facts = rules.Line(
        booked_on=row.booked_on,
        value_date=row.value_date,
        direction=Direction(row.direction),
        amount=Paise(row.amount_paise),
        narration=words,
    )
    return _Line(row.id, facts, tuple(row.strong_references))
