"""Workbooks for the tests, made anew each time: ``.xlsx`` by a library, true ``.xls`` and its compound file by hand.

The binary one holds only what a reader needs. Source: [MS-XLS] 2.4 (records), [MS-CFB] 2 (header, FAT, directory).
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from xlsxwriter import Workbook

from tests.recon.bank_files import POOL, fixture


@dataclass(frozen=True)
class Formula:
    """A cell that is worked out, and what it last gave."""

    text: str
    gave: float


Cell = str | float | date | Formula
Sheet = list[list[Cell]]

_SECTOR = 512
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def pool() -> Sheet:
    """Return the cells of the pool's statement of 2 April, all of them as text."""
    return [list(line.split("\t")) for line in fixture(POOL).rstrip("\n").split("\n")]


def in_numbers(sheet: Sheet) -> Sheet:
    """Return the sheet with real numbers and real days, as a spreadsheet saves what it has understood."""
    return [[_understood(cell) for cell in row] for row in sheet]


def replaced(sheet: Sheet, row: int, column: int, cell: Cell) -> Sheet:
    """Return the sheet with another cell; rows and columns count from 1."""
    changed = [list(each) for each in sheet]
    changed[row - 1].extend([""] * (column - len(changed[row - 1])))
    changed[row - 1][column - 1] = cell
    return changed


def xlsx(*sheets: Sheet) -> bytes:
    """Return a workbook with these sheets."""
    content = io.BytesIO()
    book = Workbook(content, {"in_memory": True})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for sheet in sheets:
        page = book.add_worksheet()
        for row, cells in enumerate(sheet):
            for column, cell in enumerate(cells):
                if isinstance(cell, Formula):
                    page.write_formula(row, column, cell.text, None, cell.gave)
                elif isinstance(cell, date):
                    page.write_number(row, column, _serial(cell), day)
                elif isinstance(cell, str):
                    page.write_string(row, column, cell)
                else:
                    page.write_number(row, column, cell)
    book.close()
    return content.getvalue()


def xls(*sheets: Sheet, before: bytes = b"") -> bytes:
    """Return a true binary workbook with these sheets; *before* are records to stand at its start."""
    head = _record(0x0809, struct.pack("<4H2L", 0x0600, 5, 0x0DBB, 0x07CC, 0, 6)) + before
    head += _record(0x0042, struct.pack("<H", 1200))
    head += _record(0x00E0, struct.pack("<2H16x", 0, 0)) + _record(0x00E0, struct.pack("<2H16x", 0, 14))
    pages = [_page(sheet) for sheet in sheets]
    names = [f"Sheet{number}".encode() for number in range(1, len(sheets) + 1)]
    at = len(head) + sum(4 + 8 + len(name) for name in names) + 4
    for name, page in zip(names, pages, strict=True):
        head += _record(0x0085, struct.pack("<LBBBB", at, 0, 0, len(name), 0) + name)
        at += len(page)
    return compound({"Workbook": head + _record(0x000A, b"") + b"".join(pages)})


def compound(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file with these streams."""
    chains: list[int] = []
    body = b""
    places: list[tuple[int, int]] = []
    padded = {name: data.ljust(4096, b"\0") for name, data in streams.items()}
    directory_sectors = (len(streams) + 1 + 3) // 4
    total = directory_sectors + sum(-(-len(data) // _SECTOR) for data in padded.values())
    fats = 1
    while fats * 128 < total + fats:
        fats += 1
    chains += [_FAT] * fats + _chain(fats, directory_sectors)
    for data in padded.values():
        places.append((len(chains), len(data)))
        chains += _chain(len(chains), -(-len(data) // _SECTOR))
        body += data.ljust(-(-len(data) // _SECTOR) * _SECTOR, b"\0")
    directory = _entry("Root Entry", 5, child=1, start=_END, size=0)
    for number, (name, (start, size)) in enumerate(zip(streams, places, strict=True), start=1):
        right = number + 1 if number < len(streams) else _FREE
        directory += _entry(name, 2, right=right, start=start, size=size)
    directory = directory.ljust(directory_sectors * _SECTOR, b"\0")
    table = struct.pack(f"<{len(chains)}L", *chains).ljust(fats * _SECTOR, b"\xff")
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9L", 0, fats, fats, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109L", *range(fats), *[_FREE] * (109 - fats))
    return header + table + directory + body


def repacked(content: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """Return an archive with members added or replaced, or left out where they are None."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, data in changes.items():
            if data is not None:
                new.writestr(name, data)
    return made.getvalue()


def member(content: bytes, name: str) -> bytes:
    """Return a member of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def _understood(cell: Cell) -> Cell:
    if not isinstance(cell, str):
        return cell
    try:
        return date.fromisoformat("-".join(reversed(cell.split("/"))))
    except ValueError:
        plain = cell.replace(",", "")
        return float(plain) if "." in plain and plain.replace(".", "", 1).isdigit() else cell


def _page(sheet: Sheet) -> bytes:
    page = _record(0x0809, struct.pack("<4H2L", 0x0600, 0x10, 0x0DBB, 0x07CC, 0, 6))
    page += _record(0x0200, struct.pack("<2L3H", 0, len(sheet), 0, max(map(len, sheet)), 0))
    for row, cells in enumerate(sheet):
        for column, cell in enumerate(cells):
            page += _cell(row, column, cell)
    return page + _record(0x000A, b"")


def _cell(row: int, column: int, cell: Cell) -> bytes:
    if isinstance(cell, Formula):
        worked_out = struct.pack("<3HdHLHBH", row, column, 0, cell.gave, 0, 0, 3, 0x1E, 1)
        return _record(0x0006, worked_out)
    if isinstance(cell, date):
        return _record(0x0203, struct.pack("<3Hd", row, column, 1, _serial(cell)))
    if isinstance(cell, str):
        letters = cell.encode("utf-16-le")
        return _record(0x0204, struct.pack("<4HB", row, column, 0, len(letters) // 2, 1) + letters) if cell else b""
    return _record(0x0203, struct.pack("<3Hd", row, column, 0, cell))


def _serial(day: date) -> float:
    """Return a day as spreadsheets count it."""
    return float((day - date(1899, 12, 30)).days)


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<2H", kind, len(data)) + data


def _chain(start: int, sectors: int) -> list[int]:
    return [*range(start + 1, start + sectors), _END]


def _entry(name: str, kind: int, *, right: int = _FREE, child: int = _FREE, start: int, size: int) -> bytes:
    letters = (name + "\0").encode("utf-16-le")
    links = struct.pack("<3L", _FREE, right, child)
    return (letters.ljust(64, b"\0") + struct.pack("<HBB", len(letters), kind, 1) + links + bytes(36)) + struct.pack(
        "<LQ", start, size
    )
