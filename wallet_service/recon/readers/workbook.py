"""SBI's account statement as a workbook: ``.xlsx``, or a true binary ``.xls``. Its cells become a text's rows.

Source: domain facts A0 (formulas, guards, damaged references) and A1.3. Runs in the confined process; see
docs/decisions/0021.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, load_workbook

from wallet_service.recon.readers import biff, layouts, sbi, sheet_xml, swapped_days
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.refusals import Refusals, unreadable
from wallet_service.recon.readers.sheet_xml import Marked
from wallet_service.recon.readers.text import Row, damaged_lines
from wallet_service.recon.statements import Statement

Written = object
"""What a cell holds: text, a number, a day, a truth value."""

_DAMAGED = "The workbook is damaged. Download it again."
_PANIC = (
    "PanicException"  # What the library stumbles over in its own language; it is no Exception, and has no public name.
)
_EXACT = Decimal(10) ** 15
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?: 00:00:00)?")
_ESCAPED_BREAK = re.compile(r"_x000[AD]_")


def read(content: bytes, *, today: date) -> Statement:
    """Return the statement on the one sheet of a workbook that has its titles.

    Raises:
        FileNotReadable: there is none or more than one, a row of it holds a formula, or any line cannot be relied on.
    """
    archive = content.startswith(b"PK")
    try:
        marked = sheet_xml.looked_through(content) if archive else biff.looked_through(content)
        return _read_sheets(
            load_workbook(io.BytesIO(content)), marked, manner="xlsx" if archive else "xls", today=today
        )
    except PasswordError as error:
        raise unreadable("The workbook is locked with a password. Remove it, and bring the file again.") from error
    except Unreadable as error:
        raise unreadable(str(error)) from error
    except CalamineError as error:
        raise unreadable(_DAMAGED) from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise unreadable(_DAMAGED) from error


def text_of(written: Written) -> str:
    """Return a cell as the text form of a statement would show it, exactly.

    A number is given by the shortest decimals that stand for it, and by its power of ten where it has more digits than
    a spreadsheet keeps; a day as 02/04/2026.
    """
    if isinstance(written, str):
        text = _ESCAPED_BREAK.sub("\n", written) if "_x000" in written else written
        return _ISO_DAY.sub(r"\3/\2/\1", text) if _ISO_DAY.fullmatch(text.strip()) else text
    if isinstance(written, float):
        exact = Decimal(repr(written))
        if abs(exact) >= _EXACT:
            return f"{exact:.2E}"
        return f"{int(exact)}" if exact == exact.to_integral_value() else f"{exact:f}"
    if isinstance(written, datetime):
        at = f"{written:%d/%m/%Y}"
        return at if written.time() == written.time().min else f"{at} {written:%H:%M:%S}"
    if isinstance(written, date):
        return f"{written:%d/%m/%Y}"
    return str(written)


def _read_sheets(workbook: CalamineWorkbook, marked: list[Marked], *, manner: str, today: date) -> Statement:
    nearest: set[str] = set()
    found: list[tuple[str, layouts.Table, Marked]] = []
    for place, name in enumerate(workbook.sheet_names):
        rows = _rows(workbook.get_sheet_by_index(place))
        if table := layouts.find(rows, sbi.LAYOUTS, nearest):
            found.append((name, table, marked[place] if place < len(marked) else Marked()))
    if not found:
        raise unreadable(sbi.no_titles(nearest))
    if len(found) > 1:
        names = ", ".join(f"“{name[:40]}”" for name, *_ in found[:5])
        raise unreadable(f"The workbook has a statement on each of the sheets {names}. Bring one file for each.")
    _, table, marks = found[0]
    rest = list(table.rest)
    _require_plain([*table.before, table.header, *rest], marks)
    table = replace(table, rest=iter(rest))
    return sbi.read_table(table, encoding="workbook", manner=manner, today=today, arranged=swapped_days.settled)


def _rows(sheet: CalamineSheet) -> Iterator[Row]:
    for number, written in enumerate(sheet.iter_rows(), start=1):
        yield Row.of(number, [text_of(cell) for cell in written])


def _require_plain(rows: list[Row], marks: Marked) -> None:
    """Refuse rows that hold what is no plain text or figure: a formula, whose value nobody vouches for, say."""
    refusals = Refusals()
    for row in rows:
        if row.number in marks.formulas:
            refusals.add(
                row.number, row.text, "the row holds a formula, which is not worked out; bring the bank's file"
            )
        elif row.number in marks.errors:
            refusals.add(row.number, row.text, "the row holds an error in place of a figure; bring the bank's file")
        for _, reason in damaged_lines([(row.number, row.text)]):
            refusals.add(row.number, row.text, reason)
    refusals.settle()
