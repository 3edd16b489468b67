"""Advices of settlement: what a department shall be paid, proposed by one person and approved by another.

An advice has a number of its financial year, under which the bank carries the payout out: ``SA2627000001`` is the first
of April 2026 to March 2027. It takes settlements of one department, each whole and once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import AdviceNotFound, InvalidRequest, NothingDue
from wallet_service.identifiers import DepartmentCode, EntryId, ServiceCode, strong_reference, written_reference
from wallet_service.ledger import audit
from wallet_service.ledger.idempotency import refusal
from wallet_service.money import Paise, rupees
from wallet_service.payments import approvals, settlements
from wallet_service.payments.approvals import Approval, Proposed
from wallet_service.payments.settlements import Unadvised

NUMBER_PATTERN = r"^SA[0-9]{10}$"
STATES = ("advised", "short", "excess", "paid", "returned", "called-off")
MOST_SETTLEMENTS = 500


@dataclass(frozen=True)
class AdvisedSettlement:
    """A settlement that an advice takes, in paise; *entry* is the entry that paid it."""

    service: ServiceCode
    service_name: str
    day: date
    payments: int
    collected: Paise
    refunded: Paise
    rebated: Paise
    brought_forward: Paise
    amount: Paise
    entry: str | None


@dataclass(frozen=True)
class Advice:
    """An advice of settlement; *amount* in paise, *proposed_by* and *approved_by* the two persons.

    To a department's own clients it does not tell the persons, their *approval*, or the *words*, which may name others.

    *state* is ``advised``; ``short`` or ``excess`` while the bank shows another amount for it, of which *words* tell;
    ``paid`` by the bank *line* booked on *paid_on*; ``returned`` where that came back; or ``called-off``. *utr* is the
    payout's reference at the bank.
    """

    id: int
    number: str
    department: DepartmentCode
    department_name: str
    amount: Paise
    state: str
    advised_at: datetime
    proposed_by: str | None
    approved_by: str | None
    approval: int | None
    utr: str | None
    line: int | None
    paid_on: date | None
    words: str | None
    settlements: list[AdvisedSettlement]


_STATE = """CASE WHEN a.returned IS NOT NULL THEN 'returned' WHEN a.line IS NOT NULL THEN 'paid'
  WHEN a.called_off IS NOT NULL THEN 'called-off' ELSE coalesce(x.state, 'advised') END"""
_SELECT = f"""
SELECT a.*, p.name AS department_name, {_STATE} AS state, d.proposed_by, d.decided_by, l.booked_on AS paid_on, x.words
FROM settlement_advices a JOIN departments p ON p.code = a.department JOIN decisions d ON d.approval = a.approval
LEFT JOIN bank_lines l ON l.id = a.line LEFT JOIN settlements_differing() x ON x.advice = a.id
"""  # noqa: S608 (our own text)
_FIND = f"""
WHERE coalesce(a.department = %(department)s::text, true) AND coalesce(a.department = ANY (%(seen)s::text[]), true)
  AND coalesce({_STATE} = %(state)s::text, true)
  AND coalesce(a.id < %(after)s::bigint, true)
ORDER BY a.id DESC LIMIT %(limit)s
"""


def propose(
    connection: Connection,
    department: str,
    *,
    service: str | None = None,
    last: date | None = None,
    reason: str,
    by: str,
) -> Approval:
    """Propose to pay a department what is payable by today and in no advice, of days up to *last*; nothing moves.

    The payload tells what of it is *in_tie_out*: what goes back of that later is a shortfall of later days.
    At most `MOST_SETTLEMENTS` are taken, the oldest first, and of a service no more than its account owes: where money
    of a day went back later, the newest wait until as much has come in. A checker's approval writes the advice.

    Raises:
        DepartmentNotFound.
        NothingDue.
    """
    settlements.require_department(connection, department)
    due = settlements.unadvised(connection, department, service=service, last=last, limit=MOST_SETTLEMENTS)
    payable = _within([each for each in due if each.is_payable], settlements.room(connection, department))
    if not payable:
        raise NothingDue(department=department, payable_on=min((each.payable_on for each in due), default=None))
    told = [
        {
            "settlement": each.id,
            "service": each.service,
            "day": each.day.isoformat(),
            "amount": rupees(each.amount),
        }
        for each in payable
    ]
    total = Paise(sum(each.amount for each in payable))
    contested = Paise(sum(each.in_tie_out for each in payable))
    facts = {"department": department, "settlements": told, "amount_paise": total, "in_tie_out_paise": contested}
    return approvals.propose(connection, Proposed.ADVISE_SETTLEMENT, facts, about=None, reason=reason, by=by)


def _within(payable: list[Unadvised], room: dict[ServiceCode, Paise]) -> list[Unadvised]:
    """Return the settlements, the oldest first, that fit into the *room* of their services in paise."""
    taken, taken_of = [], Counter[ServiceCode]()
    for each in payable:
        taken_of[each.service] += each.amount
        if taken_of[each.service] <= room[each.service]:
            taken.append(each)
    return taken


def propose_to_call_off(connection: Connection, number: str, *, reason: str, by: str) -> Approval:
    """Propose to take an advice back that was not paid, so that its settlements are due again.

    Raises:
        AdviceNotFound.
        ResolutionNotPossible: it was paid or called off, or the bank paid another amount for it.
    """
    advice = get(connection, number)
    facts = {"advice": number, "amount_paise": advice.amount}
    return approvals.propose(connection, Proposed.CALL_OFF_SETTLEMENT, facts, about=None, reason=reason, by=by)


def record_utr(connection: Connection, number: str, utr: str, *, by: str) -> Advice:
    """Note under which reference the bank carried a payout out; its line is tied by that or by the advice's number.

    Raises:
        InvalidRequest: the reference cannot identify a payout.
        AdviceNotFound, AdviceNotOpen.
    """
    strong = strong_reference(utr)
    if strong is None:
        raise InvalidRequest({"utr": ["A bank reference of 12 to 35 letters and digits, six of them digits."]})
    row = connection.exec_driver_sql(
        "SELECT outcome, facts FROM record_utr(%s, %s, %s)", (number, written_reference(utr), strong)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    audit.record(connection, by=by, act="settlement-utr", subject=number, facts={"utr": written_reference(utr)})
    return get(connection, number)


def get(connection: Connection, number: str, *, seen: Collection[str] | None = None) -> Advice:
    """Return an advice with its settlements.

    Raises:
        AdviceNotFound: there is none, or it is of no department *seen*; None sees all.
    """
    row = connection.exec_driver_sql(_SELECT + "WHERE a.number = %s", (number,)).one_or_none()
    if row is None or (seen is not None and row.department not in seen):
        raise AdviceNotFound(advice=number)
    advice = _advice(row, [_advised(each) for each in settlements.of_advice(connection, row.id)])
    return advice if seen is None else _narrowed(advice)


def amount_of(connection: Connection, number: str) -> Paise | None:
    """Return how many paise an advice is of; None where there is none of the number."""
    amount = connection.exec_driver_sql("SELECT amount_paise FROM settlement_advices WHERE number = %s", (number,))
    found = amount.scalar_one_or_none()
    return None if found is None else Paise(found)


def find(
    connection: Connection,
    *,
    department: str | None = None,
    state: str | None = None,
    seen: Collection[str] | None = None,
    after: int | None,
    limit: int,
) -> list[Advice]:
    """Return up to *limit* advices without their settlements, the newest first, beginning behind the id *after*.

    Only those of the departments *seen*; None sees all.
    """
    asked: dict[str, object] = {"department": department, "state": state, "after": after, "limit": limit}
    asked["seen"] = None if seen is None else sorted(seen)
    found = [_advice(row, []) for row in connection.exec_driver_sql(_SELECT + _FIND, asked)]
    return found if seen is None else [_narrowed(each) for each in found]


def _narrowed(advice: Advice) -> Advice:
    """Return what a department reads of its advice: nothing of finance's people and of other departments."""
    return replace(advice, proposed_by=None, approved_by=None, approval=None, words=None)


def _advice(row: Any, taken: list[AdvisedSettlement]) -> Advice:
    return Advice(
        id=row.id,
        number=row.number,
        department=row.department,
        department_name=row.department_name,
        amount=Paise(row.amount_paise),
        state=row.state,
        advised_at=row.advised_at,
        proposed_by=row.proposed_by,
        approved_by=row.decided_by,
        approval=row.approval,
        utr=row.utr,
        line=row.line,
        paid_on=row.paid_on,
        words=row.words,
        settlements=taken,
    )


def _advised(row: Any) -> AdvisedSettlement:
    return AdvisedSettlement(
        service=row.service,
        service_name=row.name,
        day=row.day,
        payments=row.payments,
        collected=Paise(row.collected_paise),
        refunded=Paise(row.refunded_paise),
        rebated=Paise(row.rebated_paise),
        brought_forward=Paise(row.brought_paise),
        amount=Paise(row.amount_paise),
        entry=None if row.entry_number is None else str(EntryId("house", row.entry_number)),
    )
