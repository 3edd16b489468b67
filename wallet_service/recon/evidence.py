"""What the books have for the lines of one batch, read under its locks; it follows what the batch itself posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.identifiers import CreditId, OperatorCode
from wallet_service.money import Paise
from wallet_service.recon import rules
from wallet_service.recon.narration import Kind
from wallet_service.recon.rules import AdviceCandidate, Candidates, Decision, Disposition
from wallet_service.recon.statements import Direction
from wallet_service.recon.waiting import Deposit, Waiting

_ADVICES = """
SELECT r.reference, r.line, c.book, b.code, c.number, c.amount_paise, c.booked_on, c.state::text
FROM bank_references r LEFT JOIN credits c ON c.book = r.credit_book AND c.number = r.credit_number
LEFT JOIN books b ON b.id = c.book WHERE r.reference = ANY (%(references)s::text[])
"""
_OPERATORS = "SELECT id AS book, code, state::text FROM books WHERE code = ANY (%(tokens)s::text[]) AND id <> 0"
# A waiting advice of a cash deposit is a candidate as a claim without a branch is, unless its wallet claimed it too.
_DEPOSITS = """
SELECT DISTINCT c.book, b.code, c.number, c.amount_paise, c.deposited_on AS day, c.branch_code, c.deposit_number,
  c.claimed_at AS told_at, b.state <> 'closed' AS wallet_open, true AS is_claim, false AS is_numbered,
  c.state = 'open' AS is_new
FROM (
  SELECT * FROM claims WHERE state IN ('open', 'offered') AND deposit_number = ANY (%(references)s::text[])
  UNION ALL
  SELECT c.* FROM unnest(%(amounts)s::bigint[], %(days)s::date[]) AS x (amount, day)
  JOIN claims c ON c.amount_paise = x.amount AND c.deposited_on = x.day AND c.state IN ('open', 'offered')) c
JOIN books b ON b.id = c.book
UNION ALL
SELECT c.book, b.code, c.number, c.amount_paise, c.booked_on, NULL, NULL, c.advised_at, b.state <> 'closed', false,
  c.strong_reference IS NOT NULL, false
FROM unnest(%(amounts)s::bigint[], %(days)s::date[]) AS x (amount, day)
JOIN credits c ON c.amount_paise = x.amount AND c.booked_on = x.day AND c.state = 'awaiting-bank'
  AND c.channel IN ('cash', 'cdm', 'cheque')
JOIN books b ON b.id = c.book
"""
# What the operators named have advised of the lines' amounts and days, and the bank has not shown yet.
_OPEN_ADVICES = """
SELECT b.code, c.number, c.amount_paise, c.booked_on
FROM books b JOIN credits c ON c.book = b.id AND c.state IN ('credited', 'awaiting-bank')
JOIN unnest(%(amounts)s::bigint[], %(days)s::date[]) AS x (amount, day)
  ON c.amount_paise = x.amount AND c.booked_on = x.day
WHERE b.code = ANY (%(tokens)s::text[])
"""
_ALIKE = """
SELECT x.id, (SELECT count(*) FROM bank_lines l WHERE l.direction = 'inflow' AND l.amount_paise = x.amount_paise
  AND (l.booked_on = ANY (ARRAY[x.booked_on, x.value_date]) OR l.value_date = ANY (ARRAY[x.booked_on, x.value_date]))
  AND (l.branch IS NULL OR x.branch IS NULL OR l.branch = x.branch)) AS alike
FROM bank_lines x WHERE x.id = ANY (%(cash)s::bigint[])
"""


@dataclass(frozen=True)
class Unposted:
    """A line that is not posted yet: what the rules go by, its references and deposit number, and when it was read."""

    id: int
    facts: rules.Line
    references: tuple[str, ...]
    read_at: datetime

    @property
    def days(self) -> set[date]:
        """Return the days on which a deposit may have been claimed for it."""
        return {self.facts.booked_on, self.facts.value_date}


class Evidence:
    """Everything that the rules may go by for one batch."""

    def __init__(self, connection: Connection, asked: Mapping[str, Any]) -> None:
        advices = connection.exec_driver_sql(_ADVICES, asked).all()
        operators = connection.exec_driver_sql(_OPERATORS, asked).all()
        deposits = connection.exec_driver_sql(_DEPOSITS, asked).all()
        self._used = {row.reference: row.line for row in advices if row.line is not None}
        self._advices = {row.reference: _advice(row) for row in advices if row.number is not None}
        self._operators = {OperatorCode(row.code): row.state for row in operators}
        self._waiting = Waiting(_deposit(row) for row in deposits)
        self._advised: dict[tuple[str, Paise, date], set[str]] = defaultdict(set)
        for row in connection.exec_driver_sql(_OPEN_ADVICES, asked):
            self._advised[row.code, row.amount_paise, row.booked_on].add(str(CreditId(row.code, row.number)))
        self._alike = {row.id: row.alike for row in connection.exec_driver_sql(_ALIKE, asked)}
        known = (*(row for row in advices if row.number is not None), *operators, *deposits)
        self.books = {str(row.code): int(row.book) for row in known}

    def candidates(self, line: Unposted) -> Candidates:
        """Return what fits a line: by its references, the operators it names, its amount and date."""
        advices = {
            self._advices[each].credit_id: self._advices[each] for each in line.references if each in self._advices
        }
        deposits = self._waiting.of_line(line.facts, line.references)
        return Candidates(
            advices=tuple(advices.values()),
            operators={code: self._operators[code] for code in self._named(line)},
            reference_used_by_line=next((self._used[each] for each in line.references if each in self._used), None),
            claims=tuple(each.candidate(line.references, line.read_at) for each in deposits),
            alike=self._alike.get(line.id, 1),
            spoken_for=self._spoken_for(line),
        )

    def note(self, line: Unposted, decision: Decision, offered: Sequence[str]) -> None:
        """Remember that a line is posted: its references are used, what it ties is tied, and whom it was *offered*."""
        if line.facts.direction is Direction.INFLOW and decision.rule != "reversal":
            for reference in line.references:
                self._used.setdefault(reference, line.id)
        for claim_id in offered:
            self._waiting.offered(claim_id)
        if decision.disposition is Disposition.RETURN:
            self._credit_becomes(decision.target, "withdrawn")
        elif decision.disposition is Disposition.TIE:
            self._credit_becomes(decision.target, "tied")
            self._waiting.advice_tied(decision.target)
        elif decision.disposition is Disposition.CLAIM and (twin := self._waiting.claim_tied(decision.target)):
            self._credit_becomes(twin, "tied")

    def _named(self, line: Unposted) -> list[OperatorCode]:
        return [code for code in map(OperatorCode, sorted(line.facts.narration.tokens)) if code in self._operators]

    def _spoken_for(self, line: Unposted) -> frozenset[OperatorCode]:
        named = self._named(line)
        if not named:
            return frozenset()
        told = {code for code in named for day in line.days if self._advised.get((code, line.facts.amount, day))}
        return frozenset(told | self._waiting.wallets_of_line(line.facts, line.references))

    def _credit_becomes(self, credit_id: str, state: str) -> None:
        for told in self._advised.values():
            told.discard(credit_id)
        for reference, advice in self._advices.items():
            if advice.credit_id == credit_id:
                self._advices[reference] = replace(advice, state=state)


def lock(connection: Connection, lines: Sequence[Unposted]) -> Evidence:
    """Take the locks of a batch in the order of all locks, read what the rules go by under them, and return it."""
    deposits = sorted({(line.facts.amount, day) for line in lines for day in line.days})
    asked = {
        "references": _array({reference for line in lines for reference in line.references}),
        "tokens": _array({token for line in lines for token in line.facts.narration.tokens}),
        "cash": _array(line.id for line in lines if line.facts.narration.kind in {Kind.BRANCH_CASH, Kind.CDM_CASH}),
        "amounts": _array(amount for amount, _ in deposits),
        "days": _array(day for _, day in deposits),
    }
    connection.exec_driver_sql("SELECT lock_bank_references(%(references)s::text[])", asked)
    connection.exec_driver_sql("SELECT lock_deposits(%(amounts)s::bigint[], %(days)s::date[])", asked)
    advices = connection.exec_driver_sql(_ADVICES, asked).all()
    claims = connection.exec_driver_sql(_DEPOSITS, asked).all()
    named = connection.exec_driver_sql(_OPERATORS, asked).all()
    books = sorted({row.book for row in (*advices, *claims, *named) if row.book is not None})
    connection.exec_driver_sql("SELECT lock_books_and_house(%s::integer[])", (books,))
    return Evidence(connection, asked)  # Read anew: what was waited for may have changed it.


def _array(values: Iterable[object]) -> str:
    """Return an array as PostgreSQL reads it. Each value is of digits, capitals or hyphens: nothing needs an escape."""
    return "{" + ",".join(f'"{value}"' for value in values) + "}"


def _advice(row: Any) -> AdviceCandidate:
    return AdviceCandidate(
        credit_id=str(CreditId(row.code, row.number)),
        wallet=OperatorCode(row.code),
        amount=Paise(row.amount_paise),
        booked_on=row.booked_on,
        state=row.state,
    )


def _deposit(row: Any) -> Deposit:
    return Deposit(
        book=row.book,
        wallet=OperatorCode(row.code),
        number=row.number,
        amount=Paise(row.amount_paise),
        day=row.day,
        branch=row.branch_code,
        deposit_number=row.deposit_number,
        told_at=row.told_at,
        wallet_open=row.wallet_open,
        is_claim=row.is_claim,
        is_numbered=row.is_numbered,
        is_new=row.is_new,
    )
