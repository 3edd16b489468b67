"""What the books have for the lines of one batch, read under its locks; it follows what the batch itself posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.identifiers import ClaimId, CreditId, OperatorCode
from wallet_service.money import Paise
from wallet_service.recon import rules
from wallet_service.recon.rules import AdviceCandidate, Candidates, ClaimCandidate, Decision, Disposition
from wallet_service.recon.statements import Direction

_ADVICES = """
SELECT r.reference, r.line, c.book, b.code, c.number, c.amount_paise, c.booked_on, c.state::text
FROM bank_references r LEFT JOIN credits c ON c.book = r.credit_book AND c.number = r.credit_number
LEFT JOIN books b ON b.id = c.book WHERE r.reference = ANY (%(references)s)
"""
_OPERATORS = "SELECT id AS book, code, state::text FROM books WHERE code = ANY (%(tokens)s) AND id <> 0"
# A waiting advice of a cash deposit is a candidate as a claim without a branch is, unless its wallet claimed it too.
_CLAIMS = """
SELECT c.book, b.code, c.number, c.amount_paise, c.deposited_on, c.branch_code, c.deposit_number, c.claimed_at,
  b.state::text AS wallet_state, true AS is_claim, c.state = 'open' AS is_new
FROM claims c JOIN books b ON b.id = c.book
WHERE c.state IN ('open', 'offered') AND (c.deposit_number = ANY (%(references)s)
  OR (c.amount_paise, c.deposited_on) IN (SELECT * FROM unnest(%(amounts)s::bigint[], %(days)s::date[])))
UNION ALL
SELECT c.book, b.code, c.number, c.amount_paise, c.booked_on, NULL, NULL, c.advised_at, b.state::text, false, false
FROM credits c JOIN books b ON b.id = c.book
WHERE c.state = 'awaiting-bank' AND c.channel IN ('cash', 'cdm', 'cheque') AND c.strong_reference IS NULL
  AND (c.amount_paise, c.booked_on) IN (SELECT * FROM unnest(%(amounts)s::bigint[], %(days)s::date[]))
ORDER BY 1, 3
"""
# What the operators named have advised of the lines' amounts and days, and the bank has not shown yet.
_OPEN_ADVICES = """
SELECT b.code, c.number, c.amount_paise, c.booked_on AS deposited_on, NULL AS deposit_number
FROM credits c JOIN books b ON b.id = c.book
WHERE c.state IN ('credited', 'awaiting-bank') AND b.code = ANY (%(tokens)s)
  AND (c.amount_paise, c.booked_on) IN (SELECT * FROM unnest(%(amounts)s::bigint[], %(days)s::date[]))
"""
_TIED_WITH_IT = """
SELECT b.code, c.number, true AS is_claim FROM claims c JOIN books b ON b.id = c.book WHERE c.line = %(line)s
UNION ALL SELECT b.code, c.number, false FROM credits c JOIN books b ON b.id = c.book WHERE c.line = %(line)s
"""
_ALIKE = """
SELECT x.id, (SELECT count(*) FROM bank_lines l WHERE l.direction = 'inflow' AND l.amount_paise = x.amount_paise
  AND (l.booked_on IN (x.booked_on, x.value_date) OR l.value_date IN (x.booked_on, x.value_date))
  AND (l.branch IS NULL OR x.branch IS NULL OR l.branch = x.branch)) AS alike
FROM bank_lines x WHERE x.id = ANY (%(lines)s)
"""


@dataclass(frozen=True)
class Unposted:
    """A line that is not posted yet: what the rules go by, its references and deposit number, and when it was read."""

    id: int
    facts: rules.Line
    references: tuple[str, ...]
    read_at: datetime

    @property
    def days(self) -> tuple[date, date]:
        """Return the days on which a deposit may have been claimed for it."""
        return self.facts.booked_on, self.facts.value_date


class Evidence:
    """Everything that the rules may go by for one batch."""

    def __init__(self, connection: Connection, asked: Mapping[str, Any]) -> None:
        advices = connection.exec_driver_sql(_ADVICES, asked).all()
        operators = connection.exec_driver_sql(_OPERATORS, asked).all()
        claims = connection.exec_driver_sql(_CLAIMS, asked).all()
        self._open_advices = list(connection.exec_driver_sql(_OPEN_ADVICES, asked))
        self._used = {row.reference: row.line for row in advices if row.line is not None}
        self._advices = {
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
        self._operators = {OperatorCode(row.code): row.state for row in operators}
        self._claims = list(claims)
        self._alike = {row.id: row.alike for row in connection.exec_driver_sql(_ALIKE, asked)}
        known = (*(row for row in advices if row.number is not None), *operators, *claims)
        self.books = {str(row.code): int(row.book) for row in known}

    def candidates(self, line: Unposted) -> Candidates:
        """Return what fits a line: by its references, the operators it names, its amount and date."""
        advices = {
            self._advices[each].credit_id: self._advices[each] for each in line.references if each in self._advices
        }
        return Candidates(
            advices=tuple(advices.values()),
            operators={code: state for code, state in self._operators.items() if code in line.facts.narration.tokens},
            reference_used_by_line=next((self._used[each] for each in line.references if each in self._used), None),
            claims=tuple(self._claim(row, line) for row in self._claims_for(line)),
            alike=self._alike.get(line.id, 1),
            spoken_for=frozenset(
                OperatorCode(row.code) for row in (*self._open_advices, *self._claims) if _may_be(row, line)
            ),
        )

    def note(self, connection: Connection, line: Unposted, decision: Decision) -> None:
        """Remember that a line was posted: its references are used, and what was tied to it is tied.

        An advice and a claim of one deposit are tied together, so what else the line was tied to is asked of the books.
        """
        if line.facts.direction is Direction.INFLOW:
            for reference in line.references:
                self._used.setdefault(reference, line.id)
        if decision.disposition is Disposition.RETURN:
            self._credit_becomes(decision.target, "withdrawn")
        elif decision.disposition is Disposition.TIE and not self._has_claims_of(CreditId.parse(decision.target).book):
            self._credit_becomes(decision.target, "tied")
        elif decision.disposition in {Disposition.TIE, Disposition.CLAIM}:
            for row in connection.exec_driver_sql(_TIED_WITH_IT, {"line": line.id}):
                tied = (row.code, row.number, row.is_claim)
                self._claims = [each for each in self._claims if (each.code, each.number, each.is_claim) != tied]
                if not row.is_claim:
                    self._credit_becomes(str(CreditId(row.code, row.number)), "tied")

    def _has_claims_of(self, wallet: str) -> bool:
        return any(row.code == wallet for row in self._claims)

    def _credit_becomes(self, credit_id: str, state: str) -> None:
        self._open_advices = [row for row in self._open_advices if str(CreditId(row.code, row.number)) != credit_id]
        for reference, advice in self._advices.items():
            if advice.credit_id == credit_id:
                self._advices[reference] = replace(advice, state=state)

    def _claims_for(self, line: Unposted) -> list[Any]:
        """Return the claims that may be of a line, and the advices for which no claim of their wallet speaks."""
        found = [row for row in self._claims if _may_be(row, line)]
        claimed = {(row.code, row.amount_paise, row.deposited_on) for row in found if row.is_claim}
        return [row for row in found if row.is_claim or (row.code, row.amount_paise, row.deposited_on) not in claimed]

    def _claim(self, row: Any, line: Unposted) -> ClaimCandidate:
        return ClaimCandidate(
            claim_id=str((ClaimId if row.is_claim else CreditId)(row.code, row.number)),
            wallet=OperatorCode(row.code),
            amount=Paise(row.amount_paise),
            deposited_on=row.deposited_on,
            branch=row.branch_code,
            by_number=row.deposit_number is not None and row.deposit_number in line.references,
            claimed_first=row.is_new and row.claimed_at < line.read_at,
            wallet_open=row.wallet_state != "closed",
        )


def lock(connection: Connection, lines: Sequence[Unposted]) -> Evidence:
    """Take the locks of a batch in the order of all locks, read what the rules go by under them, and return it."""
    asked = {
        "references": sorted({reference for line in lines for reference in line.references}),
        "tokens": sorted({token for line in lines for token in line.facts.narration.tokens}),
        "lines": [line.id for line in lines],
    }
    deposits = sorted({(line.facts.amount, day) for line in lines for day in line.days})
    asked |= {"amounts": [amount for amount, _ in deposits], "days": [day for _, day in deposits]}
    connection.exec_driver_sql("SELECT lock_bank_references(%(references)s::text[])", asked)
    connection.exec_driver_sql("SELECT lock_deposits(%(amounts)s::bigint[], %(days)s::date[])", asked)
    advices = connection.exec_driver_sql(_ADVICES, asked).all()
    claims = connection.exec_driver_sql(_CLAIMS, asked).all()
    named = connection.exec_driver_sql(_OPERATORS, asked).all()
    books = sorted({row.book for row in (*advices, *claims, *named) if row.book is not None})
    connection.exec_driver_sql("SELECT lock_books_and_house(%s::integer[])", (books,))
    return Evidence(connection, asked)  # Read anew: what was waited for may have changed it.


def _may_be(row: Any, line: Unposted) -> bool:
    """Say whether a claim is of the line's number, or of its amount and date."""
    if row.deposit_number is not None and row.deposit_number in line.references:
        return True
    return bool(row.amount_paise == line.facts.amount and row.deposited_on in line.days)
