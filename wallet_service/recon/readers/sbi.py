"""State Bank of India's account statement: seven columns (retail), eight (corporate internet banking), or six (2026).

Source: domain facts A0, A1.1, A1.2, A1.4. The bank names its text files ``.xls``; they are delimited text. A true
workbook (`workbook`) gives the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from wallet_service.recon.readers import layouts, preamble, text
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.layouts import Table
from wallet_service.recon.readers.preamble import Preamble
from wallet_service.recon.readers.refusals import Refusals, unreadable
from wallet_service.recon.readers.sbi_rows import MOST_LINES, Rows
from wallet_service.recon.readers.sbi_six import SIX
from wallet_service.recon.readers.text import DELIMITERS, Row, Text, damaged_lines
from wallet_service.recon.statements import Statement

LAYOUTS = (layouts.EIGHT, layouts.SEVEN, SIX)
"""The layouts that are looked for, in this order: the first of which a row has all titles is taken."""

Arranging = Callable[[Table, Preamble, Refusals], Iterator[Row]]
"""Gives a table's rows as they are to be read, once its period is known."""


def read(written: Text, *, today: date) -> Statement:
    """Return the statement that a text holds, all of it proved: every running balance follows from the one before.

    Raises:
        FileNotReadable: it is no such statement, or any line of it cannot be relied on.
    """
    lines = text.lines(written.content)
    if len(lines) > MOST_LINES:
        raise unreadable(f"The file has more than {MOST_LINES:,} lines. Download a shorter period.")
    refusals = Refusals()
    for number, reason in damaged_lines(enumerate(lines, start=1)):
        refusals.add(number, lines[number - 1], reason)
    refusals.settle()
    nearest: set[str] = set()
    for name, delimiter in DELIMITERS.items():
        rows = text.rows(lines, delimiter)
        if table := layouts.find(_until_unreadable(rows), LAYOUTS, nearest):
            return read_table(replace(table, rest=rows), encoding=written.encoding, manner=name, today=today)
    raise unreadable(no_titles(nearest))


def read_table(
    table: Table, *, encoding: str, manner: str, today: date, arranged: Arranging = lambda table, *_: table.rest
) -> Statement:
    """Return the statement of a table that was found in a text or a workbook; *manner* says in which, for its form.

    Raises:
        FileNotReadable: any line of it cannot be relied on.
    """
    refusals = Refusals()
    stated = table.layout.state(table.before, table.header, refusals, today=today)
    rows = Rows(table.columns, table.header, stated, refusals, today=today)
    try:
        for row in arranged(table, stated, refusals):
            rows.take(row)
    except Unreadable as error:
        refusals.add(rows.last_row, "", str(error))
    if not rows.lines and not refusals.count:
        raise unreadable(
            "There are titles and no rows. If nothing happened on these days there is nothing to bring; otherwise "
            "download the statement again."
        )
    if stated.last:
        for row, balance in preamble.closing([*table.before, *rows.after], stated.last, refusals, today=today):
            rows.prove_closing(row, balance)
    refusals.settle()
    return _statement(stated, rows, encoding=encoding, form=f"{table.layout.form}-{manner}")


def _statement(stated: Preamble, rows: Rows, *, encoding: str, form: str) -> Statement:
    """Return the statement; where its layout states no period or opening balance, its lines tell them."""
    first, last = rows.lines[0], rows.lines[-1]
    return Statement(
        account_number=stated.account_number,
        period_first=stated.first or first.booked_on,
        period_last=stated.last or last.booked_on,
        opening=first.balance_before if stated.opening is None else stated.opening,
        closing=last.balance_after,
        lines=tuple(rows.lines),
        encoding=encoding,
        form=form,
    )


def _until_unreadable(rows: Iterator[Row]) -> Iterator[Row]:
    """Yield rows until one cannot be read: with this delimiter, then, the file is no table."""
    while True:
        try:
            yield next(rows)
        except (Unreadable, StopIteration):
            return


def no_titles(nearest: set[str]) -> str:
    """Return why a file without a row of titles is refused; *nearest* are the titles of the row that has most."""
    if len(nearest) >= 3:
        meant = max((layouts.SEVEN, SIX), key=lambda layout: len(nearest & layout.titles))
        missing = ", ".join(dict.fromkeys(each.title() for each in meant.columns.values() if each not in nearest))
        return f"The titles of the statement are not complete; missing: {missing}. Download the statement again."
    return (
        "This is no SBI account statement: no row has the titles Txn Date, Value Date, Description, "
        "Ref No./Cheque No., Debit, Credit, Balance. Bring the statement downloaded from SBI's internet banking."
    )
