"""What comes out of the confined process: lines of JSON, and nothing believed of them that is not proved.

The process that writes them has parsed a stranger's file, and is a stranger too: each value is read by its type, and
each balance must follow from the one before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, TypeVar

from wallet_service.errors import FileNotReadable
from wallet_service.money import Paise
from wallet_service.recon.readers.declared_rows import Cut, Record
from wallet_service.recon.readers.refusals import MOST_REJECTS, unreadable
from wallet_service.recon.statements import REJECT_TEXT, Direction, LineReject, Statement, StatementLine

_ACCOUNT = re.compile(r"[0-9]{11}", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MOST_PAISE = 10**17
_LONGEST_REASON = 1_000

Kind = TypeVar("Kind")


class NotHanded(ValueError):
    """What came out of the process is no statement and no refusal."""


def written(statement: Statement) -> Iterator[str]:
    """Yield a statement as lines of JSON: its facts, with the number of its lines, and then each of them as a list."""
    yield _json(
        {
            "account_number": statement.account_number,
            "period": [statement.period_first.isoformat(), statement.period_last.isoformat()],
            "balances": [statement.opening, statement.closing],
            "encoding": statement.encoding,
            "form": statement.form,
            "lines": len(statement.lines),
        }
    )
    for line in statement.lines:
        days = [line.booked_on.isoformat(), line.value_date.isoformat()]
        figures = [line.direction.value, line.amount, line.balance_before, line.balance_after]
        yield _json([line.row, *days, *figures, line.description, line.reference, line.branch])


def written_refusal(refusal: FileNotReadable) -> str:
    """Return a refusal as one line of JSON: its reason, and its rejects by line."""
    return _json({"reason": refusal.facts["reason"], "rejects": refusal.facts["rejects"]})


def read(handed: Iterable[str]) -> Statement:
    """Return the statement that lines of JSON give, each of its lines proved.

    Raises:
        FileNotReadable: they give a refusal.
        NotHanded: they give anything else, or less than they announce.
    """
    lines = iter(handed)
    head = _of(dict, _parsed(next(lines, "")))
    if "reason" in head:
        raise _refusal(head)
    days: dict[str, date] = {}
    found = tuple(_line(_of(list, _parsed(line)), days) for line in lines)
    (first, last), (opening, closing) = _two(head.get("period")), _two(head.get("balances"))
    statement = Statement(
        account_number=None if head.get("account_number") is None else _of(str, head["account_number"]),
        period_first=_day(first, days),
        period_last=_day(last, days),
        opening=_paise(opening),
        closing=_paise(closing),
        lines=found,
        encoding=_of(str, head.get("encoding"))[:40],
        form=_of(str, head.get("form"))[:40],
    )
    _prove(statement, announced=_of(int, head.get("lines")))
    return statement


def written_cut(cut: Cut) -> Iterator[str]:
    """Yield what an XML file is cut into as lines of JSON: its totals, how many records, and then each as a list."""
    totals = {"stated_on": cut.stated_on, "count": cut.count, "amount": cut.amount}
    yield _json({"encoding": cut.encoding, **totals, "records": len(cut.records)})
    for record in cut.records:
        yield _json([record.number, record.text, *record.cells])


def read_cut(handed: Iterable[str], places: int) -> Cut:
    """Return what lines of JSON give as the records of an XML file, each of as many cells as the profile has *places*.

    Raises:
        FileNotReadable: they give a refusal.
        NotHanded: they give anything else, or less than they announce.
    """
    lines = iter(handed)
    head = _of(dict, _parsed(next(lines, "")))
    if "reason" in head:
        raise _refusal(head)
    cut = Cut(
        encoding=_text(head.get("encoding")),
        stated_on=_of(int, head.get("stated_on")),
        count=_text(head.get("count")),
        amount=_text(head.get("amount")),
    )
    announced = _of(int, head.get("records"))
    for line in lines:
        told = _of(list, _parsed(line))
        if len(told) != 2 + places or len(cut.records) == announced:
            raise NotHanded("a record with other cells, or one too many")
        number, text, *cells = told
        cut.records.append(Record(_of(int, number), tuple(map(_text, cells)), _text(text)))
    if len(cut.records) != announced:
        raise NotHanded("a part of the records")
    return cut


def _prove(statement: Statement, *, announced: int) -> None:
    balance = statement.opening
    account = statement.account_number
    if len(statement.lines) != announced or (account is not None and not _ACCOUNT.fullmatch(account)):
        raise NotHanded("a part of the statement")
    for line in statement.lines:
        signed = line.amount if line.direction is Direction.INFLOW else -line.amount
        if line.amount <= 0 or line.balance_before != balance or balance + signed != line.balance_after:
            raise NotHanded(f"row {line.row} does not follow")
        balance = line.balance_after
    if balance != statement.closing or statement.period_first > statement.period_last:
        raise NotHanded("the statement does not close")


def _line(cells: list[Any], days: dict[str, date]) -> StatementLine:
    if len(cells) != 10:
        raise NotHanded("a line with other cells")
    row, booked_on, value_date, direction, amount, before, after, description, reference, branch = cells
    if direction not in (Direction.INFLOW, Direction.OUTFLOW):
        raise NotHanded("a line without a direction")
    return StatementLine(
        row=_of(int, row),
        booked_on=_day(booked_on, days),
        value_date=_day(value_date, days),
        direction=Direction(direction),
        amount=_paise(amount),
        balance_before=_paise(before),
        balance_after=_paise(after),
        description=_text(description),
        reference=_text(reference),
        branch=None if branch is None else _text(branch),
    )


def _refusal(head: dict[str, Any]) -> FileNotReadable:
    rejects = [_of(dict, reject) for reject in _of(list, head.get("rejects"))[:MOST_REJECTS]]
    return unreadable(
        _storable(head["reason"], _LONGEST_REASON),
        [
            LineReject(
                _of(int, reject.get("line")),
                _storable(reject.get("text"), REJECT_TEXT),
                _storable(reject.get("reason"), _LONGEST_REASON),
            )
            for reject in rejects
        ],
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def _parsed(line: str) -> object:
    try:
        found: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NotHanded("a line that is no JSON") from error
    return found


def _of(kind: type[Kind], value: object) -> Kind:
    """Return *value* if it is of exactly this type: ``True`` is no number."""
    if type(value) is not kind:
        raise NotHanded(f"{type(value).__name__} for {kind.__name__}")
    return value


def _text(value: object) -> str:
    """Return a text that can be stored: a lone surrogate or a NUL cannot."""
    text = _of(str, value)
    if _UNSTORABLE.search(text):
        raise NotHanded("a text that cannot be stored")
    return text


def _storable(value: object, longest: int) -> str:
    """Return the beginning of a text that quotes a file, with a mark for each letter that cannot be stored."""
    return _UNSTORABLE.sub("\ufffd", _of(str, value)[:longest])


def _two(value: object) -> tuple[object, object]:
    pair = _of(list, value)
    if len(pair) != 2:
        raise NotHanded("no pair")
    return pair[0], pair[1]


def _paise(value: object) -> Paise:
    number = _of(int, value)
    if abs(number) >= _MOST_PAISE:
        raise NotHanded("a figure beyond all bounds")
    return Paise(number)


def _day(value: object, days: dict[str, date]) -> date:
    """Return a day from its ISO form; *days* keeps each, because a file has few days and many lines."""
    text = _of(str, value)
    if text not in days:
        try:
            days[text] = date.fromisoformat(text)
        except ValueError as error:
            raise NotHanded("a day that is none") from error
    return days[text]
