"""A tie-out as finance reads it: what a list and our payments were found to be, in sums that prove it, and by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from wallet_service.errors import TieOutNotFound
from wallet_service.identifiers import DebitId, OperatorCode, ServiceCode
from wallet_service.money import Paise
from wallet_service.recon import lists
from wallet_service.recon.lists import Difference, KeptList
from wallet_service.recon.tie_out import Found


@dataclass(frozen=True)
class Sum:
    """How many there are of a kind, how many of them are open, and what they come to on either side, in paise."""

    found: str
    count: int
    open: int
    ours: Paise
    theirs: Paise


@dataclass(frozen=True)
class Counted:
    """How many payments, and what they come to in paise."""

    count: int
    amount: Paise


@dataclass(frozen=True)
class TieOut:
    """The tie-out of a list. Until the list was compared there are no *sums*.

    *collected* is what our books say the department was paid on the days of the list. *of_other_days* is what the list
    has besides of other days; *in_other_lists* what other lists have of these days. *differences* are those from the
    version before.
    """

    of: KeptList
    sums: list[Sum]
    collected: Counted
    of_other_days: Counted
    in_other_lists: Counted
    differences: list[Difference]

    @property
    def ours(self) -> Paise:
        """Return what our side of the list comes to, in paise."""
        return Paise(sum(each.ours for each in self.sums))

    @property
    def agrees(self) -> bool:
        """Say whether both sides are explained to the paisa: the list by its rows, and our books by its payments."""
        theirs = sum(each.theirs for each in self.sums)
        ours = self.ours - self.of_other_days.amount + self.in_other_lists.amount
        return (theirs, ours) == (self.of.amount, self.collected.amount)


@dataclass(frozen=True)
class Result:
    """What a row, a payment, or both were found to be. Amounts in paise; *theirs* is 0 where they say that it failed.

    *line* is the row's in its file. *beside* is the payment that is repeated, or that the row tied before. *is_open* is
    False where nobody need do anything; *was* is what it was found to be before a later fact changed it.
    """

    id: int
    found: str
    was: str | None
    is_open: bool
    settled_at: datetime | None
    settled_by: int | None
    line: int | None
    service: ServiceCode
    ticket: str | None
    receipt: str | None
    debit: str | None
    wallet: OperatorCode | None
    beside: str | None
    ours: Paise
    theirs: Paise
    our_day: date | None
    their_day: date | None
    rule: str
    rule_version: int
    words: str


IS_OPEN = "(t.found NOT IN ('agreed', 'not-paid') AND t.settled_at IS NULL AND t.replaced_by IS NULL)"
"""Whether a result ``t`` waits for somebody, as it was when its department's lists were last looked at."""

_SUMS = f"""
SELECT t.found, count(*) AS how_many, count(*) FILTER (WHERE {IS_OPEN}) AS open, sum(t.our_paise)::bigint AS ours,
  sum(t.their_paise)::bigint AS theirs,
  count(*) FILTER (WHERE t.our_paise > 0 AND t.our_day NOT BETWEEN %(first)s AND %(last)s) AS other_days,
  coalesce(sum(t.our_paise) FILTER (WHERE t.our_day NOT BETWEEN %(first)s AND %(last)s), 0)::bigint AS other_paise
FROM tie_results t WHERE t.file = %(file)s GROUP BY t.found
"""  # noqa: S608 (our own text)
_COLLECTED = """
SELECT count(*) AS how_many, coalesce(sum(p.amount_paise), 0)::bigint AS paise,
  count(*) FILTER (WHERE t.counts AND NOT t.here) AS others,
  coalesce(sum(p.amount_paise) FILTER (WHERE t.counts AND NOT t.here), 0)::bigint AS others_paise
FROM services s JOIN entries p ON p.credit_account = s.account AND p.credit_account <> p.book AND p.kind = 'payment'
  AND p.business_day BETWEEN %(first)s AND %(last)s
LEFT JOIN LATERAL (  -- By the payment alone, and then by the list: nothing tempts it to read a list for each payment.
  SELECT bool_or(x.file = %(file)s) AS here, bool_or(x.replaced_by IS NULL) AS counts FROM tie_results x
  WHERE x.book = p.book AND x.number = p.source_number) t ON true
WHERE s.department = %(department)s AND coalesce(s.code = %(service)s, true)
"""
_RESULTS = f"""
SELECT t.*, {IS_OPEN} AS is_open, r.row_number, coalesce(r.service, d.service) AS service,
  coalesce(r.ticket, d.service_ticket_no) AS ticket, r.receipt, r.day AS their_day, b.code, o.code AS beside_code
FROM tie_results t LEFT JOIN department_rows r ON r.file = t.file AND r.n = t.n
LEFT JOIN debits d ON d.book = t.book AND d.number = t.number LEFT JOIN books b ON b.id = t.book
LEFT JOIN books o ON o.id = t.beside_book
WHERE t.file = %(file)s AND t.id > %(after)s AND coalesce(t.found = %(found)s, true)
  AND coalesce({IS_OPEN} = %(is_open)s, true)
ORDER BY t.id LIMIT %(limit)s
"""  # noqa: S608 (our own text)
_ORDER = {each.value: place for place, each in enumerate(Found)}


def view(connection: Connection, file_id: int) -> TieOut:
    """Return the tie-out of a released list. Call it on a snapshot.

    Raises:
        TieOutNotFound.
    """
    of = lists.get(connection, file_id)
    if of.version is None:
        raise TieOutNotFound(tie_out=file_id)
    asked = {"file": of.id, "first": of.first, "last": of.last, "department": of.department, "service": of.service}
    rows = connection.exec_driver_sql(_SUMS, asked).all()
    collected = connection.exec_driver_sql(_COLLECTED, asked).one()
    return TieOut(
        of=of,
        sums=sorted(
            (Sum(row.found, row.how_many, row.open, Paise(row.ours), Paise(row.theirs)) for row in rows),
            key=lambda each: _ORDER[each.found],
        ),
        collected=Counted(collected.how_many, Paise(collected.paise)),
        of_other_days=Counted(sum(row.other_days for row in rows), Paise(sum(row.other_paise for row in rows))),
        in_other_lists=Counted(collected.others, Paise(collected.others_paise)),
        differences=[] if of.replaces is None else lists.differences(connection, of.replaces, of.id),
    )


def results(
    connection: Connection, file_id: int, *, found: str | None, is_open: bool | None, after: int | None, limit: int
) -> list[Result]:
    """Return up to *limit* results of a list: its rows in order, then the payments that it lacks, by day and id."""
    asked = {"file": file_id, "found": found, "is_open": is_open, "after": after or 0, "limit": limit}
    return [_result(row) for row in connection.exec_driver_sql(_RESULTS, asked)]


def _result(row: Any) -> Result:
    return Result(
        id=row.id,
        found=row.found,
        was=row.was,
        is_open=row.is_open,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        line=row.row_number,
        service=ServiceCode(row.service),
        ticket=row.ticket,
        receipt=row.receipt,
        debit=str(DebitId(row.code, row.number)) if row.code else None,
        wallet=OperatorCode(row.code) if row.code else None,
        beside=str(DebitId(row.beside_code, row.beside_number)) if row.beside_code else None,
        ours=Paise(row.our_paise),
        theirs=Paise(row.their_paise),
        our_day=row.our_day,
        their_day=row.their_day,
        rule=row.rule,
        rule_version=row.rule_version,
        words=row.words,
    )
