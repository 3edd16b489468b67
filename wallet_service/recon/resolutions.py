"""How a break may be resolved: which ways fit which kind of it, and what each of them proposes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Connection

from wallet_service.errors import InvalidRequest, ResolutionNotPossible
from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.payments import approvals
from wallet_service.payments.approvals import Approval, Proposed
from wallet_service.recon.breaks import Break, BreakKind, get_break

_LINE = "bank-line "


@dataclass(frozen=True)
class Particulars:
    """What a resolution needs besides the break: whose the money is, how many paise, another line, until when."""

    wallet: OperatorCode | None = None
    amount: Paise | None = None
    line: int | None = None
    until: date | None = None


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
    way = next((each for each in ways(BreakKind(found.kind)) if each.proposed == resolution), None)
    if way is None:
        fitting = ", ".join(each.proposed for each in ways(BreakKind(found.kind)))
        raise ResolutionNotPossible(reason=f"A break of this kind can be resolved by: {fitting}.")
    _require(way, particulars)
    facts = way.facts(found, particulars)
    return approvals.propose(connection, way.proposed, facts, about=break_id, reason=reason, by=by)


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
    lambda found, given: {**_line(found, given), "deposit": given.line},
    needs=("line",),
    takes=("amount",),
)
_WRITE_OFF = Way(Proposed.WRITE_OFF, _line, takes=("amount",))
_WITHDRAW = Way(Proposed.WITHDRAW_ADVICE, lambda found, _: {"credit": found.reference, "amount_paise": found.amount})
_WAIT = Way(Proposed.WAIT, lambda _, given: {"until": given.until}, needs=("until",))

_IN_SUSPENSE = (_CREDIT_LINE, _RETURN, _CALL_OFF, _DUPLICATE_LINE)
_DIFFERENCE = (_EXPLAIN_RETURN, _WRITE_OFF)
_WAYS: Mapping[BreakKind, tuple[Way, ...]] = {
    BreakKind.UNMATCHED_CREDIT: _IN_SUSPENSE,
    BreakKind.TWICE_CREDITED: _IN_SUSPENSE,
    BreakKind.UNEXPLAINED_DEBIT: _DIFFERENCE,
    BreakKind.REVERSAL: (*_IN_SUSPENSE, *_DIFFERENCE),
    BreakKind.UNTIED_ADVICE: (_WITHDRAW,),
    BreakKind.OFFERED_CLAIM: (_CREDIT_CLAIM, _DUPLICATE_CLAIM),
}
NAMES = tuple(dict.fromkeys(way.proposed.value for kind in BreakKind for way in ways(kind)))
"""The resolutions that some kind of break has."""
