"""State Bank of India's account statement as text: seven columns (retail) or eight (corporate internet banking).

Source: domain facts A0, A1.1, A1.2. The bank names these files ``.xls``; they are delimited text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from wallet_service.recon.readers import preamble, text
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.refusals import Refusals, unreadable
from wallet_service.recon.readers.sbi_rows import Rows
from wallet_service.recon.readers.text import DELIMITERS, Row, Text, damaged_lines
from wallet_service.recon.statements import Statement

LONGEST_PREAMBLE = 1_000

_SEVEN = ("txn date", "value date", "description", "ref no/cheque no", "debit", "credit", "balance")
_EIGHT = (*_SEVEN[:4], "branch code", *_SEVEN[4:])
_NEW_SIX = {"date", "details", "debit", "credit", "balance"}


@dataclass(frozen=True, slots=True)
class _Table:
    """Where the titles were found: what stands before them, their row and columns, and the rows still to come."""

    before: list[Row]
    header: Row
    columns: dict[str, int]
    form: str
    rest: Iterator[Row]


def read(written: Text, *, today: date) -> Statement:
    """Return the statement that a text holds, all of it proved: every running balance follows from the one before.

    Raises:
        FileNotReadable: it is no such statement, or any line of it cannot be relied on.
    """
    lines = text.lines(written.content)
    refusals = Refusals()
    for number, reason in damaged_lines(enumerate(lines, start=1)):
        refusals.add(number, lines[number - 1], reason)
    refusals.settle()
    table = _find_table(lines)
    stated = preamble.read(table.before, table.header, refusals, today=today)
    rows = Rows(table.columns, table.header, stated, refusals, today=today)
    try:
        for row in table.rest:
            rows.take(row)
    except Unreadable as error:
        refusals.add(rows.last_row, "", str(error))
    if not rows.lines and not refusals.count:
        raise unreadable(
            "There are titles and no rows. If nothing happened on these days there is nothing to bring; otherwise "
            "download the statement again."
        )
    if stated.last:
        _prove_closing(rows, [*table.before, *rows.after], stated.last, refusals, today=today)
    refusals.settle()
    return _statement(stated, rows, encoding=written.encoding, form=table.form)


def _prove_closing(rows: Rows, around: list[Row], last: date, refusals: Refusals, *, today: date) -> None:
    for row, stated in preamble.closing(around, last, refusals, today=today):
        rows.prove_closing(row, stated)


def _statement(stated: preamble.Preamble, rows: Rows, *, encoding: str, form: str) -> Statement:
    account, first, last, opening = stated.account_number, stated.first, stated.last, stated.opening
    if account is None or first is None or last is None or opening is None:
        raise unreadable("The statement does not say its account, period or opening balance.")
    return Statement(
        account_number=account,
        period_first=first,
        period_last=last,
        opening=opening,
        closing=rows.lines[-1].balance_after,
        lines=tuple(rows.lines),
        encoding=encoding,
        form=form,
    )


def _find_table(lines: list[str]) -> _Table:
    """Return the table whose titles stand within the first `LONGEST_PREAMBLE` rows, by whichever delimiter shows them.

    Raises:
        FileNotReadable: no row holds the titles.
    """
    nearest: set[str] = set()
    for name, delimiter in DELIMITERS.items():
        before: list[Row] = []
        rows = text.rows(lines, delimiter)
        for row in _until_unreadable(rows):
            titles = tuple(_title(cell) for cell in row.cells)
            for columns in (_EIGHT, _SEVEN):
                if all(titles.count(title) == 1 for title in columns):
                    places = {title: titles.index(title) for title in columns}
                    return _Table(before, row, places, f"sbi-{len(columns)}-{name}", rows)
            known = set(titles) & (set(_EIGHT) | _NEW_SIX)
            nearest = known if len(known) > len(nearest) else nearest
            before.append(row)
            if len(before) > LONGEST_PREAMBLE:
                break
    raise unreadable(_no_titles(nearest))


def _until_unreadable(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows until one cannot be read: with this delimiter, then, the file is no table."""
    while True:
        try:
            yield next(rows)
        except (Unreadable, StopIteration):
            return


def _title(cell: str) -> str:
    return cell.strip("'_ ").lower().replace(".", "").replace(" / ", "/")


def _no_titles(nearest: set[str]) -> str:
    if len(nearest) >= len(_NEW_SIX) and nearest >= _NEW_SIX:
        return (
            "This is SBI's six-column layout (Date, Details, …), which is not read. Download the statement from "
            "Corporate Internet Banking, with Txn Date, Value Date and Description."
        )
    if len(nearest) >= 3:
        missing = ", ".join(title.title() for title in _SEVEN if title not in nearest)
        return f"The titles of the statement are not complete; missing: {missing}. Download the statement again."
    return (
        "This is no SBI account statement: no row has the titles Txn Date, Value Date, Description, "
        "Ref No./Cheque No., Debit, Credit, Balance. Bring the statement downloaded from SBI's internet banking."
    )
