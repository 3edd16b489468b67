"""The XML inside a workbook (.xlsx), looked through before it is read: no document types, no formulas, no lost cells.

The figures are read by `workbook`; this says which rows must not be. Source: ECMA-376 part 1, 18.3.1 (rows, cells).
Runs in the confined process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from wallet_service.recon.readers.archive import Archive
from wallet_service.recon.readers.cells import Unreadable

MOST_COLUMNS = 64
LAST_ROW = 250_000
"""A sheet with a cell beyond these bounds is no statement; readers lay out every place up to the last cell."""

_CONTENTS = "[Content_Types].xml"
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_SHORTEST_FAR = len("A100000")  # A shorter reference of one letter is near; its row is the one that it stands in.
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_ARCHIVES = (".zip", ".xlsx", ".xlsm", ".xls", ".xlsb", ".docx", ".7z", ".rar", ".gz")
_BROUGHT = "Download the account statement from SBI's internet banking and bring that file unchanged."


@dataclass(slots=True)
class Marked:
    """Rows of one sheet, counted from 1, that hold a formula or an error such as #N/A in place of a figure."""

    formulas: set[int] = field(default_factory=set)
    errors: set[int] = field(default_factory=set)


def looked_through(content: bytes) -> list[Marked]:
    """Return what is marked on each sheet of a workbook, in its order; every part has been unpacked and parsed once.

    Raises:
        Unreadable: it is no workbook, has macros or other archives in it, declares a document type, or a sheet reaches
            beyond `MOST_COLUMNS` or `LAST_ROW`.
    """
    archive = Archive(content)
    _require_workbook(archive)
    marked: dict[str, Marked] = {}
    relations = _Relations()
    sheets = _Sheets()
    handlers: dict[str, _Sheets | _Relations] = {_WORKBOOK: sheets, _RELATIONS: relations}
    for name in sorted(archive.names):
        if not name.endswith((".xml", ".rels", ".vml")):
            _refuse_archives(archive, name)
        elif name.startswith("xl/worksheets/") and name.endswith(".xml"):
            cells = _Cells()
            _parse(archive, name, cells)
            marked[name] = cells.marked
        else:
            _parse(archive, name, handlers.get(name))
    return [marked.get(relations.target(relation), Marked()) for relation in sheets.relations]


def _require_workbook(archive: Archive) -> None:
    names = archive.names
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable(f"The workbook holds macros, which no bank sends. {_BROUGHT}")
    if "xl/workbook.bin" in names:
        raise Unreadable(f"This is a binary workbook (.xlsb), which is not read. {_BROUGHT}")
    if _WORKBOOK not in names or _CONTENTS not in names or _RELATIONS not in names:
        raise Unreadable(
            f"This is an archive and no Excel workbook. Unpack it, and bring the statement in it. {_BROUGHT}"
        )


def _refuse_archives(archive: Archive, name: str) -> None:
    """Refuse another archive inside; the member is unpacked whole, so that its size is known to be what it says."""
    start = b""
    for piece in archive.pieces(name):
        start = start or piece[:4]
    if name.lower().endswith(_ARCHIVES) or start.startswith(b"PK"):
        raise Unreadable(f"The workbook holds another archive, which no bank sends. {_BROUGHT}")


class _Sheets:
    """The sheets that ``xl/workbook.xml`` lists, by their relations."""

    def __init__(self) -> None:
        self.relations: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "sheet":
            self.relations.append(next((value for key, value in attributes.items() if key.endswith(":id")), ""))


class _Relations:
    """Which relation is which part."""

    def __init__(self) -> None:
        self._targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            self._targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def target(self, relation: str) -> str:
        target = self._targets.get(relation, "")
        return target[1:] if target.startswith("/") else f"xl/{target}"


class _Cells:
    """The cells of one sheet as they go by."""

    def __init__(self) -> None:
        self.marked = Marked()
        self._row = 0
        self._column = 0
        self._written: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name if ":" not in name else _local(name)
        if local == "c":
            self._column += 1
            self._written = attributes
        elif local == "v" or local == "is":
            self._check()
        elif local == "f":
            self._check()
            self.marked.formulas.add(self._row)
        elif local == "row":
            self._column = 0
            self._row = _whole(attributes.get("r"), self._row + 1)

    def _check(self) -> None:
        reference = self._written.get("r", "")
        if reference[1:2].isalpha() or len(reference) > _SHORTEST_FAR:
            self._column, self._row = _place(reference)
        if self._written.get("t") == "e":
            self.marked.errors.add(self._row)
        if self._column > MOST_COLUMNS:
            raise Unreadable(f"The sheet has more than {MOST_COLUMNS} columns: it is no statement. {_BROUGHT}")
        if self._row > LAST_ROW:
            raise Unreadable(f"The sheet has more than {LAST_ROW:,} rows. Download a shorter period.")


def _place(reference: str) -> tuple[int, int]:
    """Return column and row, counted from 1, of a reference such as ``H12``."""
    found = _CELL.fullmatch(reference)
    if not found:
        raise Unreadable(f"The workbook is damaged: it has a cell “{reference[:20]}”. Download it again.")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return column, int(found[2])


def _whole(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parse(archive: Archive, name: str, handler: _Sheets | _Relations | _Cells | None) -> None:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    if handler is not None:
        parser.StartElementHandler = handler.start
    try:
        for piece in archive.pieces(name):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError) as error:  # An encoding that nobody knows is a LookupError.
        raise Unreadable("The workbook is damaged: a part of it is no XML. Download it again.") from error


def _refuse_document_type(*_: object) -> None:
    raise Unreadable(f"The workbook declares a document type, which no bank does. {_BROUGHT}")
