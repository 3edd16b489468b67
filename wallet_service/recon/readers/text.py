"""A bank's text file as rows of cells: its letters, its line ends, its delimiter."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wallet_service.recon import wraps
from wallet_service.recon.readers import pace
from wallet_service.recon.readers.cells import Unreadable

LONGEST_LINE = 10_000
"""Characters in a row of a bank file. A longer one is no line of a statement: a quotation mark was left open, say."""

DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Text:
    """The letters of a file, and the encoding in which they were written."""

    content: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line on which it starts, counted from 1, and its cells, trimmed, without blank ones at the end.

    In *cells* each run of blanks and line breaks is one blank; *wrapped* has the same cells as wrapped texts (`wraps`),
    with the line breaks that may lie inside a word, and is empty where no cell has one.
    """

    number: int
    cells: tuple[str, ...]
    wrapped: tuple[str, ...] = ()

    @classmethod
    def of(cls, number: int, written: Iterable[str]) -> Row:
        """Return the row of cells as they are *written* in a file, whatever kind of file it is."""
        wrapped = [cell if cell.isalnum() else wraps.wrapped(cell) for cell in written]
        while wrapped and not wrapped[-1]:
            wrapped.pop()
        if any("\n" in cell for cell in wrapped):
            return cls(number, tuple(cell.replace("\n", " ") for cell in wrapped), tuple(wrapped))
        return cls(number, tuple(wrapped))

    def written(self, index: int) -> str:
        """Return the cell at *index* with its line breaks, empty where the row is shorter."""
        return self.wrapped[index] if index < len(self.wrapped) else self.cell(index)

    def cell(self, index: int) -> str:
        """Return the cell at *index*, empty where the row is shorter."""
        return self.cells[index] if index < len(self.cells) else ""

    @property
    def text(self) -> str:
        """Return the cells that hold something, with one blank between them."""
        return " ".join(cell for cell in self.cells if cell)


def decode(content: bytes) -> Text:
    """Return the letters of a file: by its byte order mark, else UTF-8, else cp1252, else latin-1. No byte is dropped.

    Raises:
        Unreadable: the file has a byte order mark and its letters do not fit it.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return Text(content.decode(encoding), encoding)
            except UnicodeDecodeError as error:
                raise Unreadable(f"The file says it is {encoding} and its bytes are not: it was damaged.") from error
    for encoding in ("utf-8", "cp1252"):
        try:
            return Text(content.decode(encoding), encoding)
        except UnicodeDecodeError:
            continue
    return Text(content.decode("latin-1"), "latin-1")


def lines(text: str) -> list[str]:
    """Return the lines of a text that ends them by CRLF, LF or (only if it has no LF) CR.

    A lone CR inside a line is a break inside a cell and becomes a blank. Source: domain facts A0.
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    text = text.rstrip("\x1a").replace("\r\n", "\n").replace("\r", " ")
    found = text.split("\n")
    if found and not found[-1]:
        found.pop()
    return found


def damaged_lines(numbered: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield number and reason of each line that no bank writes: too long, or with control characters in it."""
    for number, line in numbered:
        if len(line) > LONGEST_LINE:
            yield number, f"The line is longer than {LONGEST_LINE:,} characters."
        elif _CONTROL.search(line):
            yield number, "The line holds a control character: the file was damaged on its way."


def rows(text_lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    """Yield the rows of a delimited text; a quoted cell may hold delimiters and line breaks.

    Raises:
        Unreadable: a quotation mark was opened and not closed for more than `LONGEST_LINE` characters.
    """
    reader = csv.reader((line + "\n" for line in text_lines), delimiter=delimiter)
    started = 1
    try:
        for cells in reader:
            if reader.line_num > started and sum(map(len, cells)) > LONGEST_LINE:
                raise Unreadable(f"From line {started}: a quotation mark is opened and not closed.")
            pace.reached(started)
            yield Row.of(started, cells)
            started = reader.line_num + 1
    except csv.Error as error:
        raise Unreadable(f"From line {started}: a quotation mark is opened and not closed.") from error
