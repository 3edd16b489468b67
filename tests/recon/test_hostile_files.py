"""Files made to harm whoever reads them are refused with a reason, and the process that reads them stays small."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recon.bank_files import POOL, TODAY, fixture, read, read_or_none, refusal
from tests.recon.workbooks import compound, in_numbers, member, pool, repacked, replaced, xls, xlsx
from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers import LARGEST_FILE, inmate, workbook
from wallet_service.recon.statements import Statement

PLAIN = xlsx(in_numbers(pool()))
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
MOST_MEMORY = inmate.MEMORY_BYTES

_MEASURED = f"""
import json, re, resource
from datetime import date
from pathlib import Path
from sys import stdin
from wallet_service.errors import FileNotReadable
from wallet_service.recon import readers
reason = ""
try:
    readers.read(stdin.buffer.read(), today=date.fromisoformat("{TODAY}"))
except FileNotReadable as error:
    reason = error.facts["reason"]
own = re.search("VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]
print(json.dumps([reason, 1024 * int(own), 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""  # The kernel counts to a process what it was before it became that program, so its own peak is asked for otherwise.


def changed(name: str, old: bytes, new: bytes) -> bytes:
    """Return the pool's workbook with a change in one of its members, packed anew and honestly."""
    before = member(PLAIN, name)
    assert old in before
    return repacked(PLAIN, {name: before.replace(old, new, 1)})


def declared(content: bytes, name: str, size: int) -> bytes:
    """Return an archive whose directory declares another unpacked size of a member."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        found = archive.getinfo(name)
        start = archive.start_dir
    changed_content = bytearray(content)
    at = content.index(name.encode(), start)
    struct.pack_into("<L", changed_content, at - 46 + 24, size)
    struct.pack_into("<L", changed_content, found.header_offset + 22, size)
    return bytes(changed_content)


def with_members(*members: tuple[str, bytes]) -> bytes:
    """Return the pool's workbook with more members, two of one name if need be."""
    made = BytesIO(PLAIN)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


def overlapping() -> bytes:
    """Return an archive in which a second member's packed bytes are those of the first."""
    made = bytearray(with_members(("xl/a.bin", b"a" * 50)))
    with zipfile.ZipFile(BytesIO(made)) as archive:
        sheet = archive.getinfo(SHEET)
        start = archive.start_dir
    struct.pack_into("<L", made, made.index(b"xl/a.bin", start) - 46 + 42, sheet.header_offset)
    return bytes(made)


def far_cell(reference: str) -> bytes:
    return changed(SHEET, b"</sheetData>", f'<row r="99"><c r="{reference}"><v>1</v></c></row></sheetData>'.encode())


def many_cells() -> bytes:
    return changed(SHEET, b"</sheetData>", b'<row r="99">' + b"<c><v>1</v></c>" * 1_000_000 + b"</row></sheetData>")


def laughter() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<!DOCTYPE l [<!ENTITY l0 "ha">{entities}]>'.encode()


def one_string_for_many_cells() -> bytes:
    """Return a small file in which two thousand cells hold the same text of a million letters."""
    strings = member(PLAIN, STRINGS).replace(b"</sst>", b"<si><t>" + b"x" * 1_000_000 + b"</t></si></sst>")
    place = strings.count(b"<si>") - 1
    rows = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>{place}</v></c></row>' for row in range(30, 2_030))
    sheet = member(PLAIN, SHEET).replace(b"</sheetData>", rows.encode() + b"</sheetData>")
    return repacked(PLAIN, {STRINGS: strings, SHEET: sheet})


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb that its directory declares": (
        lambda: declared(PLAIN, SHEET, 3_000_000_000), "unpacks to more than 250 MB"
    ),
    "a bomb that its directory hides": (
        lambda: declared(with_members(("xl/a.bin", bytes(100_000_000))), "xl/a.bin", 1_000), "do not agree"
    ),
    "a member shorter than declared": (lambda: declared(PLAIN, SHEET, 1_000_000), "do not agree"),
    "members that overlap": (overlapping, "do not agree"),
    "two members of one name": (lambda: with_members(("xl/a.bin", b"a"), ("xl/a.bin", b"b")), "two parts of one name"),
    "thousands of members": (
        lambda: repacked(PLAIN, {f"xl/{number}.xml": b"<a/>" for number in range(1_000)}), "more than 200 parts"
    ),
    "an archive inside": (lambda: repacked(PLAIN, {"xl/media/a.png": PLAIN}), "another archive"),
    "an archive of statements": (lambda: repacked(PLAIN, {"xl/workbook.xml": None}), "Unpack it"),
    "no directory": (lambda: PLAIN[: len(PLAIN) // 2], "no directory"),
    "a directory and nothing before it": (lambda: b"PK\x05\x06" + bytes(18), "nothing in it"),
    "a document type in the sheet": (
        lambda: changed(SHEET, b"<worksheet", laughter() + b"<worksheet"), "declares a document type"
    ),
    "a document type in the texts": (
        lambda: changed(STRINGS, b"<sst", laughter() + b"<sst"), "declares a document type"
    ),
    "XML that ends too soon": (lambda: changed(SHEET, b"</worksheet>", b""), "no XML"),
    "XML in an encoding of nobody": (lambda: changed(SHEET, b"UTF-8", b"KOI9-Z"), "no XML"),
    "a cell in the last column": (lambda: far_cell("XFD30"), "more than 64 columns"),
    "a cell in the last row": (lambda: far_cell("A1048576"), "more than 250,000 rows"),
    "a cell nowhere": (lambda: far_cell("ZZZZ99999999"), "damaged"),
    "a million columns": (many_cells, "more than 64 columns"),
    "one long text in thousands of cells": (one_string_for_many_cells, "within the bounds of time and memory"),
    "macros": (lambda: repacked(PLAIN, {"xl/vbaProject.bin": b"x"}), "macros"),
    "a binary workbook of another kind": (lambda: repacked(PLAIN, {"xl/workbook.bin": b"x"}), ".xlsb"),
    "an encrypted workbook": (
        lambda: compound({"EncryptionInfo": b"x", "EncryptedPackage": b"y"}), "remove the password"
    ),
    "an old encrypted workbook": (lambda: xls(pool(), before=struct.pack("<3H", 0x2F, 2, 0)), "remove the password"),
    "old macros": (lambda: compound({"Workbook": b"x", "_VBA_PROJECT_CUR": b"y"}), "macros"),
    "a letter, no workbook": (lambda: compound({"WordDocument": b"x"}), "no Excel workbook"),
    "a directory of compound files cut short": (lambda: xls(pool())[:600], "damaged"),
    "a cell in the last column of an old sheet": (
        lambda: xls(replaced(pool(), 21, 256, "x")), "more than 64 columns"
    ),
    "a text cell with control characters": (
        lambda: xls(replaced(pool(), 14, 3, "CASH\x00DEPOSIT")), "control character"
    ),
    "a text of NULs": (lambda: bytes(1_000_000), "holds bytes of a program"),
    "letters that belie their mark": (lambda: b"\xff\xfe" + b"\x00\xd8" * 500, "damaged"),
    "a text statement with NULs in it": (
        lambda: fixture(POOL).replace("CASH", "CA\x00SH").encode(), "holds bytes of a program"
    ),
    "an XML bomb": (lambda: b"<?xml version='1.0'?>" + laughter() + b"<Document>&l11;</Document>", "XML"),
    "two hundred megabytes": (lambda: b"PK\x03\x04" + bytes(200_000_000), "larger than 20 MB"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_reason_and_within_memory(name: str) -> None:
    make, says = HOSTILE[name]
    content = make()

    measured = subprocess.run([sys.executable, "-c", _MEASURED], input=content, capture_output=True, check=True)

    reason, own_bytes, childs_bytes = json.loads(measured.stdout)
    assert says in reason
    assert own_bytes < 100_000_000 + 2 * len(content)
    assert childs_bytes < MOST_MEMORY


def test_the_pools_workbook_is_refused_for_none_of_these_reasons() -> None:
    assert len(read(PLAIN).lines) == 7
    assert len(read(repacked(PLAIN, {"xl/media/a.png": b"\x89PNG"})).lines) == 7


def test_a_file_beyond_the_largest_is_refused_unread() -> None:
    assert "larger than 20 MB" in refusal(PLAIN + bytes(LARGEST_FILE))["reason"]


def test_the_confined_process_can_neither_open_a_file_nor_take_memory() -> None:
    attempts = """
import os, sys
from wallet_service.recon.readers import inmate
inmate.bound()
try:
    open(sys.executable, "rb")
except OSError as error:
    print(error.strerror)
try:
    bytes(1_000_000_000)
except MemoryError:
    print("no memory")
"""

    told = subprocess.run([sys.executable, "-c", attempts], capture_output=True, text=True, check=True).stdout

    assert told.split("\n") == ["Too many open files", "no memory", ""]


@settings(deadline=None, max_examples=60)
@given(st.integers(min_value=0, max_value=len(PLAIN) - 1), st.integers(min_value=1, max_value=255))
def test_a_byte_changed_in_a_workbook_changes_no_figure_unseen(at: int, change: int) -> None:
    content = bytearray(PLAIN)
    content[at] ^= change

    assert_figures_of_the_pool_or_refused(bytes(content))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_byte_changed_in_a_binary_workbook_changes_no_figure_unseen(data: st.DataObject) -> None:
    content = bytearray(xls(in_numbers(pool())))
    content[data.draw(st.integers(min_value=0, max_value=len(content) - 1))] ^= data.draw(st.integers(1, 255))

    assert_figures_of_the_pool_or_refused(bytes(content))


def test_a_workbook_over_which_the_library_stumbles_is_refused_as_damaged() -> None:
    content = bytearray(xls(in_numbers(pool())))
    content[1616] ^= 1  # The chain of sectors now goes on beyond the file's end.

    with pytest.raises(FileNotReadable) as refused:
        workbook.read(bytes(content), today=TODAY)

    assert "is damaged" in refused.value.facts["reason"]


def assert_figures_of_the_pool_or_refused(content: bytes) -> None:
    damaged = workbook_or_none(content) if content.startswith((b"PK\x03\x04", b"\xd0\xcf")) else read_or_none(content)
    if damaged is not None:
        whole = read(fixture(POOL))
        figures = [(line.direction, line.amount, line.balance_after) for line in whole.lines]
        assert [(line.direction, line.amount, line.balance_after) for line in damaged.lines] == figures


def workbook_or_none(content: bytes) -> Statement | None:
    try:
        return workbook.read(content, today=TODAY)
    except FileNotReadable:
        return None
