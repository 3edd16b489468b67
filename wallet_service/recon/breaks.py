"""Breaks: what did not match and waits for a person; read from where each of them stands, aged, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import BreakNotFound
from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise
from wallet_service.recon import missing_lists
from wallet_service.recon.tie_breaks import TIES
from wallet_service.recon.tie_words import NEXT_STEPS as OF_TIES

STATES = ("open",)


class BreakKind(StrEnum):
    """What did not match."""

    UNTIED_ADVICE = "untied-advice"
    OFFERED_CLAIM = "offered-claim"
    UNMATCHED_CREDIT = "unmatched-credit"
    UNEXPLAINED_DEBIT = "unexplained-debit"
    UNEXPLAINED_CREDIT = "unexplained-credit"
    TWICE_CREDITED = "twice-credited"
    REVERSAL = "reversal"
    SETTLEMENT_DIFFERS = "settlement-differs"
    EXPIRED_HOLD = "expired-hold"
    UNKNOWN_PAYMENT = "unknown-payment"
    OWED_BY_OPERATOR = "owed-by-operator"
    FILE_WAITING = "file-waiting"
    FILE_CONFLICT = "file-conflict"
    FILE_UNREAD = "file-unread"
    LIST_MISSING = "list-missing"
    OURS_ONLY = "ours-only"
    THEIRS_ONLY = "theirs-only"
    AMOUNT_DIFFERS = "amount-differs"
    PAID_TWICE_HERE = "paid-twice-here"
    PAID_TWICE_THERE = "paid-twice-there"
    FAILED_THERE = "failed-there"
    PAID_THERE = "paid-there"

    @property
    def next_step(self) -> str:
        """Return what finance does about such a break."""
        return _NEXT_STEPS[self]


@dataclass(frozen=True)
class Break:
    """A break. *since* is the day from which its *age_days* count, and among them the bank's working days.

    *reference* names what it is about; *amount* is what is open of it, in paise; a bank file has none. *wallet* is
    known where one operator is concerned, and *owner* where somebody works on it. *proposals* are the ids of those that
    would resolve it and wait for a decision.
    """

    id: str
    kind: str
    state: str
    since: date
    age_days: int
    age_bank_days: int
    amount: Paise | None
    wallet: OperatorCode | None
    reference: str
    words: str
    next_step: str
    owner: str | None
    proposals: list[int]


_NEXT_STEPS = {
    BreakKind.UNTIED_ADVICE: "Ask the bank for the credit by its reference; if it never came, withdraw the advice.",
    BreakKind.OFFERED_CLAIM: "Compare the lines offered with the deposit slip, and tie the claim to one of them.",
    BreakKind.UNMATCHED_CREDIT: "Find who paid it in: by branch, slip or remitter; else have it sent back.",
    BreakKind.UNEXPLAINED_DEBIT: "Ask the bank what it took the money for.",
    BreakKind.UNEXPLAINED_CREDIT: "Look for whose it is; if it stays small change of nobody's, write it off.",
    BreakKind.TWICE_CREDITED: "Ask the bank whether the money came twice; if not, it will take the line back.",
    BreakKind.REVERSAL: "Find the line or credit that the bank takes back, and undo what was posted for it.",
    BreakKind.SETTLEMENT_DIFFERS: "Ask the bank what it paid out; tie its lines to the advice once they cover it.",
    BreakKind.EXPIRED_HOLD: "Ask the operator to top up; then the portal captures the hold again with a new key.",
    BreakKind.UNKNOWN_PAYMENT: "Ask the department. Taken: capture what is held. Not taken: void or refund it.",
    BreakKind.OWED_BY_OPERATOR: "The next top-up repays it. If none comes, ask the operator.",
    BreakKind.FILE_WAITING: "Fetch the statement of the days between and take it in.",
    BreakKind.FILE_CONFLICT: "Compare the file with what is known of its days, and ask the bank which is right.",
    BreakKind.FILE_UNREAD: "See that the worker runs, and what `wallet jobs list` says; else bring shorter periods.",
    BreakKind.LIST_MISSING: missing_lists.NEXT_STEP,
    **{BreakKind(found.value): step for found, step in OF_TIES.items()},
}

_ADVICES = """
SELECT 'untied-advice' AS kind, credit_id(b.code, c.number) AS reference, c.business_day AS since, c.amount_paise,
  b.code AS wallet, 'Advised as ' || upper(c.channel::text) || ' ' || c.bank_reference
    || ' and credited at once; the bank has not shown it.' AS words
FROM credits c JOIN books b ON b.id = c.book
WHERE c.state = 'credited' AND c.business_day < bank_days_before(india_today(), 2)
"""
_CLAIMS = """
SELECT 'offered-claim', claim_id(b.code, c.number), c.business_day, c.amount_paise, b.code, c.reason
FROM claims c JOIN books b ON b.id = c.book WHERE c.state = 'offered'
"""
# A line that is offered to a claim is that claim's break: a person decides on both at once.
_LINES = """
SELECT CASE WHEN p.rule = 'twice-credited' THEN 'twice-credited' WHEN p.rule IN ('reversal', 'returned') THEN 'reversal'
            WHEN p.rule = 'settled' THEN 'settlement-differs'
            WHEN a.kind = 'differences' THEN 'unexplained-debit' ELSE 'unmatched-credit' END,
  'bank-line ' || i.line, l.booked_on, i.amount_paise - i.cleared_paise, NULL, i.reason
FROM suspense_items i JOIN bank_lines l ON l.id = i.line JOIN bank_line_postings p ON p.line = i.line
JOIN accounts a ON a.id = i.account
WHERE i.cleared_paise < i.amount_paise AND NOT EXISTS (
  SELECT FROM claim_offers o JOIN claims c ON c.book = o.book AND c.number = o.number
  WHERE o.line = i.line AND c.state = 'offered')
"""
# What was written to the differences is as old as its line.
_SURPLUSES = """
SELECT 'unexplained-credit', 'surplus ' || s.id, l.booked_on, s.amount_paise - s.cleared_paise, NULL,
  'Of bank line ' || s.line || ', written to the differences: ' || s.reason
FROM surpluses s JOIN bank_lines l ON l.id = s.line WHERE s.cleared_paise < s.amount_paise
"""
_HOLDS = """
SELECT 'expired-hold', debit_id(b.code, d.number), (min(k.recorded_at) AT TIME ZONE 'Asia/Kolkata')::date,
  max((k.facts ->> 'needed_paise')::bigint), b.code,
  'The hold had lapsed when the payment was to be captured, and the wallet did not cover it.'
FROM keys k JOIN books b ON b.code = split_part(k.facts ->> 'debit', '-D', 1)
JOIN debits d ON d.book = b.id AND d.number = split_part(k.facts ->> 'debit', '-D', 2)::bigint
WHERE k.outcome = 'hold-expired' AND d.state = 'expired' GROUP BY b.code, d.number
"""
# A hold that lapsed stays: its department may have taken the payment. What it has is at stake whole, though given back.
_UNKNOWN = """
SELECT 'unknown-payment', debit_id(b.code, d.number), (u.since AT TIME ZONE 'Asia/Kolkata')::date,
  CASE WHEN d.state <> 'captured' THEN d.amount_paise WHEN u.answer = 'paid' THEN d.captured_paise
    ELSE d.captured_paise - d.refunded_paise END, b.code,
  CASE u.answer WHEN 'paid' THEN 'The department has the payment, and here it '
      || CASE d.state WHEN 'captured' THEN 'was given back as failed' ELSE 'is ' || d.state END || '.'
    WHEN 'not-paid' THEN 'The department does not have the payment, and here it is ' || d.state || '.'
    ELSE d.department || ' has not answered for ' || d.service || ' whether it has the payment, which is ' || d.state
      || '; its answer ' || CASE WHEN u.answer_due < india_today() THEN 'was' ELSE 'is' END
      || ' due by ' || u.answer_due || '.' END
FROM unknown_payments u JOIN debits d ON d.book = u.book AND d.number = u.number JOIN books b ON b.id = u.book
WHERE u.resolved_at IS NULL
"""
_OWED = """
SELECT 'owed-by-operator', 'receivable ' || r.id, (r.opened_at AT TIME ZONE 'Asia/Kolkata')::date,
  r.amount_paise - r.recovered_paise, b.code, r.reason
FROM receivables r JOIN books b ON b.id = r.book WHERE r.recovered_paise < r.amount_paise
"""
# A conflict is refused by the chain; what a person rejected, or nobody could read, is none.
_FILES = """
SELECT CASE f.state WHEN 'waiting' THEN 'file-waiting' ELSE 'file-conflict' END, 'bank-file ' || f.id,
  (f.received_at AT TIME ZONE 'Asia/Kolkata')::date, NULL, NULL, coalesce(f.reason, '')
FROM bank_files f
WHERE f.state = 'waiting' OR (f.state = 'rejected' AND f.decided_by IS NULL AND f.bank_account IS NOT NULL)
"""
# A large file is read within a minute or two.
_UNREAD = """
SELECT 'file-unread', 'bank-file ' || f.id, (f.received_at AT TIME ZONE 'Asia/Kolkata')::date, NULL, NULL,
  'Received, and not read yet; ' || f.lines_read || ' of its lines were seen so far.'
FROM bank_files f WHERE f.state = 'received' AND f.received_at < instant() - interval '15 minutes'
"""
_ALL = (_ADVICES, _CLAIMS, _LINES, _SURPLUSES, _HOLDS, _UNKNOWN, _OWED, _FILES, _UNREAD, missing_lists.MISSING, TIES)
_OPEN = " UNION ALL ".join(_ALL)


def _place(identity: str) -> str:
    """Return where a break stands among those of its day: its number counts as a number, 9 before 10."""
    return f"regexp_replace({identity}, '[0-9]+$', ''), substring({identity} from '[0-9]+$')::numeric"


_PAGE = f"""
SELECT found.*, india_today() - since AS age_days, bank_days_between(since, india_today()) AS age_bank_days, w.owner,
  ARRAY(SELECT coalesce(a.part_of, a.id) FROM approvals a WHERE a.about = found.id
          AND NOT EXISTS (SELECT FROM decisions d WHERE d.approval = a.id) ORDER BY a.id) AS proposals
FROM (SELECT kind || ':' || replace(reference, ' ', '-') AS id, * FROM ({_OPEN}) open) found
LEFT JOIN LATERAL (SELECT o.owner FROM break_owners o WHERE o.about = found.id ORDER BY o.id DESC LIMIT 1) w ON true
WHERE coalesce(kind = %(kind)s, true) AND coalesce(found.id = ANY (%(ids)s::text[]), true)
  AND coalesce(coalesce(lower(w.owner), '') = lower(%(owner)s), true)
  AND coalesce((since, {_place("id")}) > (%(after_since)s::date, {_place("%(after_id)s::text")}), true)
ORDER BY since, {_place("id")} LIMIT %(limit)s
"""  # noqa: S608 (our own text)


_EVERY = {"kind": None, "owner": None, "ids": None, "after_since": None, "after_id": None}
# Counting the bank's days costs more than all else: once for each day, not for each break.
_BY_KIND = f"""
SELECT kind, sum(how_many)::bigint AS how_many, sum(paise)::bigint AS paise, min(since) AS oldest,
  round(sum(how_many * (india_today() - since)) / sum(how_many))::integer AS age_days,
  round(sum(how_many * bank_days_between(since, india_today())) / sum(how_many))::integer AS age_bank_days
FROM (SELECT kind, since, count(*) AS how_many, sum(amount_paise) AS paise FROM ({_OPEN}) open
      GROUP BY kind, since) of_day
GROUP BY kind ORDER BY kind
"""  # noqa: S608 (our own text)


@dataclass(frozen=True)
class BreaksOfKind:
    """The open breaks of a kind: how many, what is open of them in paise, the day of the oldest, their average ages."""

    kind: str
    count: int
    amount: Paise | None
    oldest: date
    age_days: int
    age_bank_days: int


def by_kind(connection: Connection) -> list[BreaksOfKind]:
    """Return the open breaks by kind, as they are now; a kind without any is left out."""
    rows = connection.exec_driver_sql(_BY_KIND)
    return [
        BreaksOfKind(
            kind=row.kind,
            count=row.how_many,
            amount=None if row.paise is None else Paise(row.paise),
            oldest=row.oldest,
            age_days=row.age_days,
            age_bank_days=row.age_bank_days,
        )
        for row in rows
    ]


def list_breaks(
    connection: Connection,
    *,
    kind: str | None = None,
    owner: str | None = None,
    after: tuple[date, str] | None,
    limit: int,
) -> list[Break]:
    """Return up to *limit* open breaks, the oldest first, beginning behind the day and id *after*.

    What is open is read, and nothing of what was settled: each kind has an index on its open items. An *owner*
    of ``""`` asks for those that nobody works on.
    """
    since, identity = after or (None, None)
    asked = {**_EVERY, "kind": kind, "owner": owner, "after_since": since, "after_id": identity, "limit": limit}
    return [_break(row) for row in connection.exec_driver_sql(_PAGE, asked)]


def get_break(connection: Connection, break_id: str) -> Break:
    """Return an open break.

    Raises:
        BreakNotFound: there is none of this id, or it was settled.
    """
    return get_breaks(connection, [break_id])[0]


def get_breaks(connection: Connection, ids: Sequence[str]) -> list[Break]:
    """Return open breaks of one kind, in the order of their *ids*, of which there is at least one.

    Raises:
        BreakNotFound: there is none of one of these ids, or of the first one's kind, or it was settled.
    """
    asked = {**_EVERY, "kind": ids[0].partition(":")[0], "ids": list(ids), "limit": len(ids)}
    found = {row.id: _break(row) for row in connection.exec_driver_sql(_PAGE, asked)}
    for each in ids:
        if each not in found:
            raise BreakNotFound(**{"break": each})
    return [found[each] for each in ids]


def hand(connection: Connection, break_id: str, owner: str | None, *, by: str) -> Break:
    """Write down that *owner* works on an open break from now on, None: that nobody does, and return it.

    Raises:
        BreakNotFound: there is none of this id, or it was settled.
    """
    get_break(connection, break_id)
    connection.exec_driver_sql(
        "INSERT INTO break_owners (about, owner, by_whom, told_at) VALUES (%s, %s, %s, instant())",
        (break_id, owner, by),
    )
    return get_break(connection, break_id)


def _break(row: Any) -> Break:
    return Break(
        id=row.id,
        kind=row.kind,
        state="open",
        since=row.since,
        age_days=row.age_days,
        age_bank_days=row.age_bank_days,
        amount=None if row.amount_paise is None else Paise(row.amount_paise),
        wallet=None if row.wallet is None else OperatorCode(row.wallet),
        reference=row.reference,
        words=row.words,
        next_step=BreakKind(row.kind).next_step,
        owner=row.owner,
        proposals=list(row.proposals),
    )
