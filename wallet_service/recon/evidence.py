"""What the books have for the lines of one batch, read under its locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from wallet_service.identifiers import CreditId, OperatorCode
from wallet_service.money import Paise
from wallet_service.recon import announcements, narration, payouts, settled
from wallet_service.recon.announced import Announcement
from wallet_service.recon.candidates import AdviceCandidate, Became, PayoutCandidate
from wallet_service.recon.known_lines import KnownLine, OpenAdvice, Unposted
from wallet_service.recon.matching import Known
from wallet_service.recon.narration import Kind
from wallet_service.recon.parts import WAITING
from wallet_service.recon.statements import Direction
from wallet_service.recon.waiting import Deposit, Waiting

_ADVICES = """
SELECT r.reference, c.book, b.code, c.number, c.amount_paise, c.booked_on, c.state::text, c.bank_reference,
  c.channel IN ('cash', 'cdm', 'cheque') AS by_cash
FROM bank_references r JOIN credits c ON c.book = r.credit_book AND c.number = r.credit_number
JOIN books b ON b.id = c.book WHERE r.reference = ANY (%(references)s::text[])
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
SELECT b.code, c.number, c.amount_paise, c.booked_on, c.strong_reference
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
# Every line that has one of some numbers, posted or not, and what became of it. What an advice or a claim has cleared
# from suspense is matched; what went back is settled.
_LINES = """
SELECT l.id, l.booked_on, l.value_date, l.direction::text, l.amount_paise, l.description, l.reference, l.kind,
  l.is_reversal, l.own_number,
  array_append(l.strong_references, l.deposit_number) AS numbers,
  CASE WHEN p.line IS NULL THEN 'unposted'
    WHEN u.line IS NOT NULL OR k.state = 'withdrawn' OR EXISTS (
      SELECT FROM credits c WHERE c.line = l.id AND c.share = 0 AND c.state = 'withdrawn') THEN 'settled'
    WHEN p.disposition IN ('claim', 'wallet') AND EXISTS (
      SELECT FROM deposits_taken_back t WHERE t.line = l.id) THEN 'settled'
    WHEN p.disposition IN ('suspense', 'difference') THEN CASE i.cleared_paise WHEN 0 THEN 'parked' ELSE 'matched' END
    WHEN p.disposition = 'parts' THEN 'matched'
    WHEN p.disposition IN ('tie', 'together', 'claim', 'wallet') THEN 'matched' ELSE 'settled' END AS became,
  p.disposition IN ('claim', 'wallet') AND u.line IS NULL AS in_wallet,
  coalesce(p.rule = %(waiting)s AND i.cleared_paise = 0 AND i.ordered_back IS NULL, false) AS waits,
  credit_id(b.code, x.number) AS part_of
FROM bank_lines l LEFT JOIN bank_line_postings p ON p.line = l.id LEFT JOIN suspense_items i ON i.line = l.id
LEFT JOIN undone_lines u ON u.line = l.id LEFT JOIN credit_parts x ON x.line = l.id
LEFT JOIN credits k ON k.book = x.book AND k.number = x.number LEFT JOIN books b ON b.id = x.book
WHERE array_append(l.strong_references, l.deposit_number) && %(numbers)s::text[] AND l.id <> ALL (%(own)s::bigint[])
"""
_HOUSE = 0
_LOCK = """
SELECT lock_for_lines(%(references)s::text[], %(amounts)s::bigint[], %(days)s::date[], %(tokens)s::text[],
  %(going)s::text[])
"""


@dataclass(frozen=True)
class Evidence:
    """What is *known* for a batch, and what its rules may be aimed at.

    *books* are ids by their codes; *places* are the book and number of each advice and claim, by its id, and for an
    advice of settlement the house and its id.
    """

    known: Known
    books: Mapping[str, int]
    places: Mapping[str, tuple[int, int]]


def lock(connection: Connection, lines: Sequence[Unposted]) -> Evidence:
    """Take the locks of a batch in the order of all locks, read what the rules go by under them, and return it."""
    deposits = sorted({(line.facts.amount, day) for line in lines for day in line.facts.days})
    told = announcements.find(connection, {reference for line in lines for reference in line.references})
    announced = {each.operator for of_one in told.values() for each in of_one if each.operator is not None}
    asked: dict[str, object] = {
        "references": _array({reference for line in lines for reference in line.references}),
        "tokens": _array(announced.union(*(line.facts.narration.tokens for line in lines))),
        "cash": _array(line.id for line in lines if line.facts.narration.kind in {Kind.BRANCH_CASH, Kind.CDM_CASH}),
        "amounts": _array(amount for amount, _ in deposits),
        "days": _array(day for _, day in deposits),
    }
    going = {
        number
        for line in lines
        if line.facts.direction is Direction.OUTFLOW
        for number in (*line.references, *settled.numbers(line.words, line.facts.narration.tokens))
    }
    connection.exec_driver_sql(_LOCK, {**asked, "going": _array(going)})
    return _read(connection, lines, asked, told, payouts.find(connection, going))


def _read(
    connection: Connection,
    lines: Sequence[Unposted],
    asked: dict[str, object],
    announced: Mapping[str, tuple[Announcement, ...]],
    paying: Mapping[int, PayoutCandidate],
) -> Evidence:
    operators = connection.exec_driver_sql(_OPERATORS, asked).all()
    deposits = connection.exec_driver_sql(_DEPOSITS, asked).all()
    waiting = [_deposit(row) for row in deposits]
    told = connection.exec_driver_sql(_OPEN_ADVICES, asked).all() if operators else []
    open_advices = [_open_advice(row) for row in told]
    numbers = {each.deposit_number for each in waiting} | {each.reference for each in open_advices}
    alike = {row.id: row.alike for row in connection.exec_driver_sql(_ALIKE, asked)}
    known_lines = list(_known_lines(connection, lines, {number for number in numbers if number}))
    shown = {number for line in known_lines for number in line.references}
    advices = connection.exec_driver_sql(_ADVICES, {"references": _array(shown)}).all()
    advised = {row.reference: _advice(row) for row in advices}
    known = Known(
        advices=advised,
        operators={OperatorCode(row.code): row.state for row in operators},
        open_advices=open_advices,
        waiting=Waiting(waiting),
        lines=known_lines,
        alike=alike,
        announced=announced,
        payouts=settled.Payouts(paying.values()),
    )
    places = {advised[row.reference].credit_id: (int(row.book), int(row.number)) for row in advices}
    places |= {each.id: (each.book, each.number) for each in waiting}
    places |= {each.number: (_HOUSE, advice) for advice, each in paying.items()}
    return Evidence(known, {str(row.code): int(row.book) for row in operators}, places)


def _known_lines(connection: Connection, lines: Sequence[Unposted], numbers: set[str]) -> Iterable[KnownLine]:
    """Yield the batch's own lines, and all others that have a number of theirs or one of *numbers*."""
    for line in lines:
        yield KnownLine(
            id=line.id,
            booked_on=line.facts.booked_on,
            value_date=line.facts.value_date,
            direction=line.facts.direction,
            amount=line.facts.amount,
            references=line.references,
            reversal=line.facts.narration.reversal,
            became=Became.UNPOSTED,
            own=line.facts.narration.own,
            words=line.words,
        )
    asked = numbers.union(*(line.references for line in lines))
    if not asked:
        return
    own = _array(line.id for line in lines)
    for row in connection.exec_driver_sql(_LINES, {"numbers": _array(asked), "own": own, "waiting": WAITING}):
        reversal, own_number = row.is_reversal, row.own_number
        if row.kind is None:
            words = narration.parse(row.description, row.reference)
            reversal, own_number = words.reversal, words.own
        yield KnownLine(
            id=row.id,
            booked_on=row.booked_on,
            value_date=row.value_date,
            direction=Direction(row.direction),
            amount=Paise(row.amount_paise),
            references=tuple(number for number in row.numbers if number),
            reversal=reversal,
            became=Became(row.became),
            in_wallet=row.in_wallet,
            own=own_number,
            words=f"{row.description} {row.reference}",
            waits=row.waits,
            part_of=row.part_of,
        )


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
        written=row.bank_reference,
        by_cash=row.by_cash,
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


def _open_advice(row: Any) -> OpenAdvice:
    return OpenAdvice(
        credit_id=str(CreditId(row.code, row.number)),
        wallet=OperatorCode(row.code),
        amount=Paise(row.amount_paise),
        booked_on=row.booked_on,
        reference=row.strong_reference,
    )
