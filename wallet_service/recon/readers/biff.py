"""The records of a true binary workbook (.xls), looked through before it is read, as `sheet_xml` does for a newer one.

Source: [MS-XLS] 2.3 (records), 2.4.28 (BoundSheet8), 2.4.117 (FilePass); [MS-OFFCRYPTO] 2.3 (EncryptedPackage). Runs in
the confined process.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import olefile

from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.sheet_xml import MOST_COLUMNS, Marked

_STREAMS = ("Workbook", "Book")
_MACROS = ("_VBA_PROJECT_CUR", "_VBA_PROJECT")
_LOCKED = "The workbook is locked with a password. Open it, remove the password, and bring it again."
_BROUGHT = "Download the account statement from SBI's internet banking and bring that file unchanged."

_BOUND_SHEET, _BEGIN, _FILE_PASS = 0x0085, {0x0009, 0x0209, 0x0409, 0x0809}, 0x002F
_FORMULAS = {0x0006, 0x0206, 0x0406, 0x0221, 0x04BC}
_ERROR, _MANY_NUMBERS, _MANY_BLANKS = 0x0205, 0x00BD, 0x00BE
_CELLS = {0x0203, 0x027E, 0x00FD, 0x0204, 0x00D6, _ERROR, _MANY_NUMBERS} | _FORMULAS
_HEAD = struct.Struct("<HH")


def looked_through(content: bytes) -> list[Marked]:
    """Return what is marked on each sheet of a binary workbook, in its order.

    Raises:
        Unreadable: it is no workbook, is locked with a password, has macros, or is wider than `MOST_COLUMNS`.
    """
    stream = _stream(content)
    marked: dict[int, Marked] = {}
    order: list[int] = []
    sheet = Marked()
    for at, kind, data in _records(stream):
        if kind == _FILE_PASS:
            raise Unreadable(_LOCKED)
        if kind in _BEGIN:
            sheet = marked.setdefault(at, Marked())
        elif kind == _BOUND_SHEET and len(data) >= 4:
            order.append(struct.unpack_from("<L", data)[0])
        elif kind in _CELLS and len(data) >= 4:
            row, column = _HEAD.unpack_from(data)
            last = struct.unpack_from("<H", data, len(data) - 2)[0] if kind == _MANY_NUMBERS else column
            if max(column, last) >= MOST_COLUMNS:
                raise Unreadable(f"The sheet has more than {MOST_COLUMNS} columns: it is no statement. {_BROUGHT}")
            if kind in _FORMULAS:
                sheet.formulas.add(row + 1)
            elif kind == _ERROR and len(data) >= 8 and data[7]:
                sheet.errors.add(row + 1)
    return [marked.get(at, Marked()) for at in order]


def _stream(content: bytes) -> bytes:
    """Return the records of the workbook in a compound file."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as compound:
            locked = compound.exists("EncryptedPackage")
            macros = any(compound.exists(name) for name in _MACROS)
            name = next((name for name in _STREAMS if compound.exists(name)), None)
            stream = b"" if name is None else compound.openstream(name).read()
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise Unreadable("The workbook is damaged. Download it again.") from error
    if locked:
        raise Unreadable(_LOCKED)
    if macros:
        raise Unreadable(f"The workbook holds macros, which no bank sends. {_BROUGHT}")
    if name is None:
        raise Unreadable(f"This is an Office document and no Excel workbook. {_BROUGHT}")
    return stream


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield place, kind and data of each record."""
    at = 0
    while at + _HEAD.size <= len(stream):
        kind, length = _HEAD.unpack_from(stream, at)
        yield at, kind, stream[at + _HEAD.size : at + _HEAD.size + length]
        at += _HEAD.size + length
