"""Days in a workbook whose day and month may stand for one another, read by what surrounds them or not at all.

SBI's workbooks sometimes swap them: 1 April is there as 2026-01-04. Source: domain facts A1.3 (a). The stated period is
taken as it is written; of a row's two readings the one inside it holds, and of two inside it the one that keeps the
file in order of date. Where both do, a person must be asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from wallet_service.recon.readers import cells
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.layouts import Table
from wallet_service.recon.readers.preamble import Preamble
from wallet_service.recon.readers.refusals import Refusals
from wallet_service.recon.readers.text import Row

_NUMBERED = re.compile(r"[0-9]{1,2}([/-])[0-9]{1,2}\1[0-9]{4}")


def settled(table: Table, stated: Preamble, refusals: Refusals) -> Iterator[Row]:
    """Yield a table's rows with their days in the one order that holds; what has two is noted in *refusals*.

    A day with no reading inside the period, or none in order, stays as it is written: whoever reads the row refuses it.
    """
    rows = list(table.rest)
    booked, valued = table.columns["txn date"], table.columns["value date"]
    first, last = stated.first or date.min, stated.last or date.max
    named = {cell: _readings(cell) for cell in {row.cell(booked) for row in rows} | {row.cell(valued) for row in rows}}
    inside = {cell: frozenset(day for day in days if first <= day <= last) for cell, days in named.items()}
    for row, found in zip(rows, _in_order([inside[row.cell(booked)] for row in rows]), strict=True):
        if len(found) > 1:
            ways = " or ".join(f"{day:%d/%m/%Y}" for day in sorted(found))
            reason = (
                f"the date may be {ways}: day and month cannot be told apart. Download the statement as text, or for "
                "one month"
            )
            refusals.add(row.number, row.text, reason)
        days: dict[int, date] = {}
        if len(found) == 1 and _NUMBERED.fullmatch(row.cell(booked)):
            (day,) = found
            days[booked] = day
            if valued != booked and _NUMBERED.fullmatch(row.cell(valued)) and named[row.cell(valued)]:
                days[valued] = _nearest(named[row.cell(valued)], day)
        yield _with_days(row, {at: f"{day:%d/%m/%Y}" for at, day in days.items()})


def _readings(cell: str) -> frozenset[date]:
    """Return the days that a cell may name: two where its day and month are numbers that may be swapped."""
    written = [cell]
    if _NUMBERED.fullmatch(cell):
        first, second, year = cell.replace("-", "/").split("/")
        written.append(f"{second}/{first}/{year}")
    days: set[date] = set()
    for form in written:
        try:
            days.add(cells.day(form))
        except Unreadable:
            continue
    return frozenset(days)


def _in_order(readings: list[frozenset[date]]) -> list[frozenset[date]]:
    """Return of each row the readings that stand before no reading of a row above it, and after none of one below."""
    kept = list(readings)
    earliest, latest = date.min, date.max
    for at, days in enumerate(kept):
        if after := frozenset(day for day in days if day >= earliest):
            kept[at] = days if len(after) == len(days) else after
            earliest = min(after)
    for at, days in reversed(list(enumerate(kept))):
        if before := frozenset(day for day in days if day <= latest):
            kept[at] = days if len(before) == len(days) else before
            latest = max(before)
    return kept


def _nearest(days: frozenset[date], booked_on: date) -> date:
    """Return the reading of a value date nearest to the day of booking: two readings are four weeks apart or more."""
    return min(days, key=lambda day: abs(day - booked_on))


def _with_days(row: Row, days: dict[int, str]) -> Row:
    """Return the row with *days* in place of what stands in those columns; the row itself where they stand there."""
    if all(row.cells[at] == day for at, day in days.items()):
        return row
    return replace(
        row,
        cells=tuple(days.get(at, cell) for at, cell in enumerate(row.cells)),
        wrapped=tuple(days.get(at, cell) for at, cell in enumerate(row.wrapped)),
    )
