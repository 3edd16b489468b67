"""How a break may be resolved: which ways fit which kind of it, and what each of them proposes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import InvalidRequest, ResolutionNotPossible
from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.payments import approvals, settlement_advices
from wallet_service.payments.approvals import LARGEST_BULK, Approval, Part, Proposed
from wallet_service.recon.breaks import Break, BreakKind, get_break, get_breaks

_LINE, _SURPLUS_ITEM = "bank-line ", "surplus "


@dataclass(frozen=True)
class Particulars:
    """What a resolution needs besides the break: whose the money is, how many paise, another line, until when.

    *order_number* is the number of the department's list or letter by which a payment goes back, *advice* that of the
    settlement's by which a department was paid.
    """

    wallet: OperatorCode | None = None
    amount: Paise | None = None
    line: int | None = None
    until: date | None = None
    order_number: str | None = None
    advice: str | None = None


_NOTHING = Particulars()
_Facts = Mapping[str, object]


@dataclass(frozen=True)
class Way:
    """A way to resolve breaks of some kinds: the particulars it *needs*, those it *takes*, and what it proposes."""

    proposed: Proposed
    facts: Callable[[Break, Particulars], _Facts]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def propose(
    connection: Connection, break_id: str, resolution: str, particulars: Particulars = _NOTHING, *, reason: str, by: str
) -> Approval:
    """Propose how to resolve an open break, and why. Nothing moves until another person approves it.

    Raises:
        BreakNotFound, InvalidRequest.
        ResolutionNotPossible: not a break of this kind, or not as things stand.
    """
    found = get_break(connection, break_id)
    way = _way(BreakKind(found.kind), resolution)
    _require(way, particulars)
    facts = _facts(connection, way, found, particulars)
    return approvals.propose(connection, way.proposed, facts, about=break_id, reason=reason, by=by)


def propose_bulk(
    connection: Connection, resolution: str, like: Sequence[tuple[str, Particulars]], *, reason: str, by: str
) -> Approval:
    """Propose to resolve open breaks of one kind in one way, and why: 1 to `LARGEST_BULK`, each by its id, once.

    Raises:
        BreakNotFound, InvalidRequest.
        ResolutionNotPossible: not breaks of this kind, or one of them not as things stand; `break` names it.
    """
    ids = [each for each, _ in like]
    if not 1 <= len(ids) <= LARGEST_BULK or len(set(ids)) < len(ids):
        raise InvalidRequest({"breaks": [f"1 to {LARGEST_BULK} breaks, each once."]})
    if len({each.partition(":")[0] for each in ids}) > 1:
        raise InvalidRequest({"breaks": ["Breaks of one kind."]})
    found = get_breaks(connection, ids)
    way = _way(BreakKind(found[0].kind), resolution)
    for _, particulars in like:
        _require(way, particulars)
    parts = [
        Part(each.id, _facts(connection, way, each, particulars))
        for each, (_, particulars) in zip(found, like, strict=True)
    ]
    return approvals.propose_bulk(connection, way.proposed, parts, reason=reason, by=by)


def _facts(connection: Connection, way: Way, found: Break, particulars: Particulars) -> _Facts:
    """Return what is proposed; of an advice its own amount, which moves, whatever is open of the break."""
    facts = way.facts(found, particulars)
    amount = None if particulars.advice is None else settlement_advices.amount_of(connection, particulars.advice)
    return facts if amount is None else {**facts, "amount_paise": amount}


def _way(kind: BreakKind, resolution: str) -> Way:
    way = next((each for each in ways(kind) if each.proposed == resolution), None)
    if way is None:
        fitting = ", ".join(each.proposed for each in ways(kind))
        raise ResolutionNotPossible(reason=f"A break of this kind can be resolved by: {fitting}.")
    return way


def ways(kind: BreakKind) -> tuple[Way, ...]:
    """Return the ways to resolve a break of *kind*; to wait is one of them always."""
    return (*_WAYS.get(kind, ()), _WAIT)


def _require(way: Way, particulars: Particulars) -> None:
    given = {field.name for field in fields(particulars) if getattr(particulars, field.name) is not None}
    errors = {name: [f"{way.proposed} needs it."] for name in way.needs if name not in given}
    errors |= {name: [f"{way.proposed} does not take it."] for name in sorted(given - {*way.needs, *way.takes})}
    if errors:
        raise InvalidRequest(errors)


def _line(found: Break, particulars: Particulars) -> dict[str, object]:
    amount = found.amount if particulars.amount is None else particulars.amount
    return {"line": int(found.reference.removeprefix(_LINE)), "amount_paise": amount}


def _surplus(found: Break, particulars: Particulars) -> dict[str, object]:
    amount = found.amount if particulars.amount is None else particulars.amount
    return {"surplus": int(found.reference.removeprefix(_SURPLUS_ITEM)), "amount_paise": amount}


_CREDIT_LINE = Way(
    Proposed.CREDIT_WALLET,
    lambda found, given: {**_line(found, given), "wallet": given.wallet},
    needs=("wallet",),
    takes=("amount",),
)
_CREDIT_CLAIM = Way(
    Proposed.CREDIT_WALLET,
    lambda found, given: {
        "line": given.line,
        "claim": found.reference,
        "wallet": found.wallet,
        "amount_paise": found.amount,
    },
    needs=("line",),
)
_RETURN = Way(Proposed.RETURN_TO_SENDER, _line)
_CALL_OFF = Way(Proposed.CALL_OFF_RETURN, _line)
_DUPLICATE_LINE = Way(
    Proposed.MARK_AS_DUPLICATE,
    lambda found, given: {**_line(found, given), "duplicate_of": given.line},
    needs=("line",),
)
_DUPLICATE_CLAIM = Way(Proposed.MARK_AS_DUPLICATE, lambda found, _: {"claim": found.reference})
_EXPLAIN_RETURN = Way(
    Proposed.EXPLAIN_RETURN,
    lambda found, given: {**_line(found, given), "deposit": given.line, "wallet": given.wallet},
    needs=("line",),
    takes=("amount", "wallet"),
)
_TO_DIFFERENCES = Way(Proposed.WRITE_TO_DIFFERENCES, _line, takes=("amount",))
_WRITE_OFF = Way(Proposed.WRITE_OFF, _line, takes=("amount",))
_CREDIT_SURPLUS = Way(
    Proposed.CREDIT_WALLET,
    lambda found, given: {**_surplus(found, given), "wallet": given.wallet},
    needs=("wallet",),
    takes=("amount",),
)
_EXPLAIN_BY_SURPLUS = Way(
    Proposed.EXPLAIN_RETURN,
    lambda found, given: {**_surplus(found, given), "line": given.line},
    needs=("line",),
    takes=("amount",),
)
_TIE_SETTLEMENT = Way(
    Proposed.TIE_SETTLEMENT,
    lambda found, given: {**_line(found, given), "advice": given.advice, "with_line": given.line},
    needs=("advice",),
    takes=("line",),
)
_RETURN_SETTLEMENT = Way(
    Proposed.RETURN_SETTLEMENT,
    lambda found, given: {**_line(found, given), "advice": given.advice},
    needs=("advice",),
)
_WRITE_OFF_SURPLUS = Way(Proposed.WRITE_OFF, _surplus, takes=("amount",))
_WITHDRAW = Way(Proposed.WITHDRAW_ADVICE, lambda found, _: {"credit": found.reference, "amount_paise": found.amount})
_WAIT = Way(Proposed.WAIT, lambda _, given: {"until": given.until}, needs=("until",))

_REFUND = Way(
    Proposed.REFUND,
    lambda found, given: {
        "debit": found.reference,
        "amount_paise": found.amount if given.amount is None else given.amount,
        "cause": "failed",
        "order_number": given.order_number,
    },
    needs=("order_number",),
    takes=("amount",),
)

_IN_SUSPENSE = (_CREDIT_LINE, _RETURN, _CALL_OFF, _DUPLICATE_LINE, _TO_DIFFERENCES, _RETURN_SETTLEMENT)
_DIFFERENCE = (_EXPLAIN_RETURN, _TIE_SETTLEMENT, _WRITE_OFF)
_WAYS: Mapping[BreakKind, tuple[Way, ...]] = {
    BreakKind.UNMATCHED_CREDIT: _IN_SUSPENSE,
    BreakKind.TWICE_CREDITED: _IN_SUSPENSE,
    BreakKind.UNEXPLAINED_DEBIT: _DIFFERENCE,
    BreakKind.UNEXPLAINED_CREDIT: (_CREDIT_SURPLUS, _EXPLAIN_BY_SURPLUS, _WRITE_OFF_SURPLUS),
    BreakKind.SETTLEMENT_DIFFERS: _DIFFERENCE,
    BreakKind.REVERSAL: (*_IN_SUSPENSE, *_DIFFERENCE),
    BreakKind.UNTIED_ADVICE: (_WITHDRAW,),
    BreakKind.OFFERED_CLAIM: (_CREDIT_CLAIM, _DUPLICATE_CLAIM),
    BreakKind.FAILED_THERE: (_REFUND,),
    BreakKind.PAID_TWICE_HERE: (_REFUND,),
}
NAMES = tuple(dict.fromkeys(way.proposed.value for kind in BreakKind for way in ways(kind)))
"""The resolutions that some kind of break has."""
