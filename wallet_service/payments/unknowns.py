"""Debits whose department has not answered: unknown is a state to resolve, never an error, and nobody pays again.

Kept beside the debit. It is open until the department has answered and the debit stands as the answer says, or until
the money was given back. Source: domain facts B (turn-around times in calendar days) and C (verify, never pay again).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from wallet_service.identifiers import DebitId
from wallet_service.ledger import audit
from wallet_service.ledger.idempotency import refusal


class DepartmentAnswer(StrEnum):
    """What a department says became of a debit."""

    PAID = "paid"
    NOT_PAID = "not-paid"


@dataclass(frozen=True)
class Unknown:
    """A debit's department has not answered, or the debit does not stand as it answered.

    *answer_due* is the calendar day by which it answers. *advice* is for the operator, *tell_the_citizen* what he or
    she is told at the counter.
    """

    since: datetime
    answer_due: date
    answer: str | None
    advice: str
    tell_the_citizen: str


@dataclass(frozen=True)
class Answered:
    """What is kept as a department's answer of a debit."""

    debit: str
    answer: DepartmentAnswer


def mark(connection: Connection, debit: DebitId, *, client_id: int, by: str) -> None:
    """Mark a client's own debit, held, lapsed or captured, as unknown. Marked already, it stays as it is.

    Raises:
        DebitNotFound: there is none, or it is another client's.
        FateKnown: it was voided, or refunded whole, or the department has answered.
    """
    row = connection.exec_driver_sql(
        "SELECT outcome, facts FROM mark_unknown(%s, %s, %s)", (client_id, debit.book, debit.number)
    ).one()
    _require_none(row)
    audit.record(connection, by=by, act="mark-unknown", subject=str(debit), facts={})


def resolve(connection: Connection, debit: DebitId, answer: DepartmentAnswer, by: str) -> Answered:
    """Keep what a department, or a list of it that *by* names, says became of any debit that was marked as unknown.

    A debit that does not stand as the answer says stays open: one that is not paid until it is voided or refunded.

    Raises:
        DebitNotFound, NotUnknown.
    """
    return _answer(connection, debit, answer, by, client_id=None, departments=None)


def answer_as_client(
    connection: Connection, debit: DebitId, answer: DepartmentAnswer, *, client_id: int, by: str
) -> Answered:
    """Keep what the department told a client of a debit of its own.

    Raises:
        DebitNotFound: there is none, or it is another client's.
        NotUnknown: nobody marked it.
    """
    return _answer(connection, debit, answer, by, client_id=client_id, departments=None)


def answer_as_department(
    connection: Connection, debit: DebitId, answer: DepartmentAnswer, *, departments: Collection[str], by: str
) -> Answered:
    """Keep what one of *departments* says of a debit that pays it.

    Raises:
        DebitNotFound: there is none, or it pays another department.
        NotUnknown: nobody marked it.
    """
    return _answer(connection, debit, answer, by, client_id=None, departments=sorted(departments))


def _answer(
    connection: Connection,
    debit: DebitId,
    answer: DepartmentAnswer,
    by: str,
    *,
    client_id: int | None,
    departments: list[str] | None,
) -> Answered:
    asked = (client_id, departments, debit.book, debit.number, answer.value, by)
    row = connection.exec_driver_sql("SELECT outcome, facts FROM answer_unknown(%s, %s, %s, %s, %s, %s)", asked).one()
    _require_none(row)
    audit.record(connection, by=by, act="answer-unknown", subject=str(debit), facts={"answer": answer.value})
    return Answered(str(debit), answer)


def _require_none(row: Any) -> None:
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)


def unknown(state: str, *, since: datetime, answer_due: date, answer: str | None) -> Unknown:
    """Return what is told of an open unknown debit in that state of it."""
    operator = _OPERATOR.get((answer, state), _CONTRADICTION)
    citizen = _TAKEN_AND_MAYBE_NOT_PAID if answer is None else _CITIZEN[answer]
    day = f"{answer_due:%d-%m-%Y}"
    return Unknown(since, answer_due, answer, operator.format(day=day), citizen.format(day=day))


_VERIFY = "Do not pay again: verify. The department has not answered; its answer is due by {day}. "
_CONTRADICTION = (
    "Do not pay again: verify. The department says that it was paid, and here the money was given back. Tell finance."
)
_OPERATOR = {
    (None, "captured"): _VERIFY + "If it did not take the payment, the money comes back to the wallet.",
    (None, "held"): _VERIFY + "The money is held meanwhile.",
    (None, "expired"): _VERIFY + "The hold has lapsed, but the department may have taken the payment.",
    ("paid", "held"): "Do not pay again: the department took it. The hold is to be captured.",
    ("paid", "expired"): "Do not pay again: the department took it. The hold has lapsed and is to be captured late.",
    ("not-paid", "held"): "The department did not take it. Void the hold first; then it may be paid again.",
    ("not-paid", "captured"): "The department did not take it. Refund it first; then it may be paid again.",
}
_TAKEN_AND_MAYBE_NOT_PAID = (
    "Do not pay again. The department has not confirmed yet whether it has the payment; ask again after {day}."
    " If it has not, the money comes back."
)
_CITIZEN = {
    "paid": "Do not pay again. The department has the payment.",
    "not-paid": "The department does not have the payment. The money comes back first; then it may be paid again.",
}
