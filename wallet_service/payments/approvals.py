"""A second person where one must not act alone: what one proposes, another decides on, exactly as it was shown.

A proposal never changes; its decision carries the SHA-256 of its payload, and the database refuses a decision by the
person who proposed it. What is approved happens once, in the transaction of the decision. A bulk is one proposal whose
parts are proposals too, for a break each, decided on with the whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import ApprovalNotFound
from wallet_service.ledger.idempotency import refusal
from wallet_service.money import Paise, rupees

STATES = ("proposed", "approved", "rejected", "withdrawn", "stale")


class Proposed(StrEnum):
    """What may be proposed: how a break is resolved, or what finance does beside any break."""

    CREDIT_WALLET = "credit-wallet"
    RETURN_TO_SENDER = "return-to-sender"
    CALL_OFF_RETURN = "call-off-return"
    MARK_AS_DUPLICATE = "mark-as-duplicate"
    WRITE_TO_DIFFERENCES = "write-to-differences"
    EXPLAIN_RETURN = "explain-return"
    WRITE_OFF = "write-off"
    WITHDRAW_ADVICE = "withdraw-advice"
    WAIT = "wait"
    REFUND = "refund"
    BRING_IN_BALANCE = "bring-in-balance"
    REVERSE_ENTRY = "reverse-entry"
    CHANGE_LIMIT = "change-limit"
    ADVISE_SETTLEMENT = "advise-settlement"
    CALL_OFF_SETTLEMENT = "call-off-settlement"
    TIE_SETTLEMENT = "tie-settlement"
    RETURN_SETTLEMENT = "return-settlement"


@dataclass(frozen=True)
class Approval:
    """A proposal and what became of it.

    *about* is the id of the break that it resolves, None where it resolves none. *payload* is what is proposed, its
    amounts in rupees; *payload_sha256* is of its canonical JSON. *state* is ``proposed``; ``approved``, and done;
    ``rejected``; ``withdrawn`` by who proposed it; or ``stale``: approved when it could no longer be done, so that
    nothing moved. *reason* is the decision's. *entries* are the ids of what it posted. A bulk has so many *parts*, of
    which *stale_parts* could not be done when it was approved; each of them is *part_of* it.
    """

    id: int
    kind: str
    about: str | None
    payload: Mapping[str, Any]
    payload_sha256: str
    proposed_by: str
    proposed_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    entries: list[str]
    part_of: int | None
    parts: int
    stale_parts: int


@dataclass(frozen=True)
class Part:
    """A part of a bulk: the id of the break it resolves, and what its kind needs to know."""

    about: str
    facts: Mapping[str, object]


LARGEST_BULK = 200
_SELECT = """
SELECT a.id, a.kind, a.about, a.payload::jsonb AS payload, encode(a.payload_hash, 'hex') AS payload_sha256,
  a.proposed_by, a.proposed_at, coalesce(d.decision::text, 'proposed') AS state, d.decided_by, d.decided_at, d.reason,
  ARRAY(SELECT entry_id(e.book, e.entry_number) FROM approval_entries e
        WHERE e.approval = ANY (ARRAY(SELECT a.id UNION ALL SELECT x.id FROM approvals x WHERE x.part_of = a.id))
        ORDER BY e.book = 0, e.book, e.entry_number) AS entries,
  a.part_of, (SELECT count(*) FROM approvals x WHERE x.part_of = a.id) AS parts,
  (SELECT count(*) FROM approvals x JOIN decisions y ON y.approval = x.id
   WHERE x.part_of = a.id AND y.decision = 'stale') AS stale_parts
FROM approvals a LEFT JOIN decisions d ON d.approval = a.id
"""
# The parts of a bulk are listed with it, and with the break that each of them resolves.
_FIND = """
WHERE CASE WHEN %(part_of)s::bigint IS NOT NULL THEN a.part_of = %(part_of)s
           ELSE a.part_of IS NULL OR a.about = %(about)s END
  AND coalesce(coalesce(d.decision::text, 'proposed') = %(state)s, true) AND coalesce(a.kind = %(kind)s, true)
  AND (%(about)s::text IS NULL OR a.about = %(about)s) AND coalesce(a.id < %(after)s, true)
ORDER BY a.id DESC LIMIT %(limit)s
"""


def propose(
    connection: Connection, kind: Proposed, facts: Mapping[str, object], *, about: str | None, reason: str, by: str
) -> Approval:
    """Keep what *by* proposes, and why; nothing moves. None among the *facts* is left out.

    Raises:
        ResolutionNotPossible: it could not be done as things stand.
    """
    told = {**facts, "kind": kind.value, "about": about, "reason": reason}
    row = connection.exec_driver_sql(
        "SELECT outcome, facts, approval FROM propose(%s, %s, %s, %s)", (kind.value, about, canonical(told), by)
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    return get(connection, row.approval)


def propose_bulk(connection: Connection, kind: Proposed, parts: Sequence[Part], *, reason: str, by: str) -> Approval:
    """Keep what *by* proposes for several breaks at once, at most `LARGEST_BULK`, and why; nothing moves.

    The payload that is hashed and shown lists every part; it is decided on as a whole, and each part is done by itself.

    Raises:
        ResolutionNotPossible: a part, whose break is named, could not be done as things stand.
    """
    told = [_told_facts({**each.facts, "kind": kind.value, "about": each.about, "reason": reason}) for each in parts]
    whole = {"kind": kind.value, "reason": reason, "parts": told}
    row = connection.exec_driver_sql(
        "SELECT outcome, facts, approval FROM propose_bulk(%s, %s, %s, %s, %s)",
        (kind.value, [each.about for each in parts], [_written(each) for each in told], _written(whole), by),
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    return get(connection, row.approval)


def approve(connection: Connection, approval_id: int, payload_sha256: str, *, by: str) -> Approval:
    """Do what was proposed, if it still can be done; else the answer is ``stale``, and nothing moved.

    Of a bulk, the parts that still can be done are done.

    Raises:
        ApprovalNotFound, AlreadyDecided, ProposalChanged, PartOfABulk.
        SamePerson: *by* proposed it.
    """
    return _decide(connection, approval_id, payload_sha256, "approved", None, by)


def reject(connection: Connection, approval_id: int, payload_sha256: str, *, reason: str, by: str) -> Approval:
    """Put a proposal aside for good.

    Raises:
        ApprovalNotFound, AlreadyDecided, ProposalChanged, PartOfABulk.
        SamePerson: *by* proposed it.
    """
    return _decide(connection, approval_id, payload_sha256, "rejected", reason, by)


def withdraw(connection: Connection, approval_id: int, *, reason: str, by: str) -> Approval:
    """Take back what *by* proposed and nobody has decided on.

    Raises:
        ApprovalNotFound, AlreadyDecided, NotYourProposal, PartOfABulk.
    """
    proposed = get(connection, approval_id)
    return _decide(connection, approval_id, proposed.payload_sha256, "withdrawn", reason, by)


def get(connection: Connection, approval_id: int) -> Approval:
    """Return a proposal and what became of it.

    Raises:
        ApprovalNotFound.
    """
    row = connection.exec_driver_sql(_SELECT + "WHERE a.id = %s", (approval_id,)).one_or_none()
    if row is None:
        raise ApprovalNotFound(approval=approval_id)
    return _approval(row)


def find(
    connection: Connection,
    *,
    state: str | None = None,
    kind: str | None = None,
    about: str | None = None,
    part_of: int | None = None,
    after: int | None,
    limit: int,
) -> list[Approval]:
    """Return up to *limit* proposals, the newest first, beginning behind *after*.

    The parts of bulks are among them only where one bulk, *part_of*, or one break, *about*, is asked for.
    """
    asked = {"state": state, "kind": kind, "about": about, "part_of": part_of, "after": after, "limit": limit}
    return [_approval(row) for row in connection.exec_driver_sql(_SELECT + _FIND, asked)]


def canonical(facts: Mapping[str, object]) -> str:
    """Return facts as the JSON that is hashed: names sorted, no blanks, without what is None.

    A fact whose name ends in ``_paise`` is told in rupees, under its name without the unit.
    """
    return _written(_told_facts(facts))


def _told_facts(facts: Mapping[str, object]) -> dict[str, object]:
    return {name.removesuffix("_paise"): _told(name, value) for name, value in facts.items() if value is not None}


def _written(told: Mapping[str, object]) -> str:
    return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _told(name: str, value: object) -> object:
    if name.endswith("_paise") and isinstance(value, int):
        return rupees(Paise(value))
    return value.isoformat() if isinstance(value, date) else value


def _decide(
    connection: Connection, approval_id: int, payload_sha256: str, decision: str, reason: str | None, by: str
) -> Approval:
    row = connection.exec_driver_sql(
        "SELECT outcome, facts FROM decide(%s, decode(%s, 'hex'), %s, %s, %s)",
        (approval_id, payload_sha256, decision, reason, by),
    ).one()
    if row.outcome is not None:
        raise refusal(row.outcome, row.facts)
    return get(connection, approval_id)


def _approval(row: Any) -> Approval:
    return Approval(
        id=row.id,
        kind=row.kind,
        about=row.about,
        payload=row.payload,
        payload_sha256=row.payload_sha256,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        state=row.state,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        reason=row.reason,
        entries=list(row.entries),
        part_of=row.part_of,
        parts=row.parts,
        stale_parts=row.stale_parts,
    )
