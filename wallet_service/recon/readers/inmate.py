"""The confined process itself: it bounds itself, then reads one file from its input and writes what that says.

Started by `confined` only. Everything it needs is imported before the bounds are set, because after that no file can
be opened.
"""

from __future__ import annotations

import codecs
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import date

from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers import camt053, declared_xml, handed, workbook
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.declared_xml import Wanted
from wallet_service.recon.readers.refusals import unreadable

MEMORY_BYTES = 400_000_000
"""Address space of the process: 1 lakh rows of a workbook take about half of it."""

PROCESSOR_SECONDS = 60
ALARM_SECONDS = 290
OUTPUT_BYTES = 100_000_000

_STANDARD_FILES = 3
_ENCODINGS = ("cp437", "cp1252", "latin-1", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")


def _camt053(content: bytes, today: str) -> Iterator[str]:
    return handed.written(camt053.read(content, today=date.fromisoformat(today)))


def _workbook(content: bytes, today: str) -> Iterator[str]:
    return handed.written(workbook.read(content, today=date.fromisoformat(today)))


def _declared_xml(content: bytes, wanted: str) -> Iterator[str]:
    try:
        return handed.written_cut(declared_xml.cut(content, Wanted.written_in(wanted)))
    except Unreadable as error:
        raise unreadable(str(error)) from error


READERS: dict[str, Callable[[bytes, str], Iterator[str]]] = {
    "camt053": _camt053,
    "declared-xml": _declared_xml,
    "workbook": _workbook,
}
"""The readers that work in here, by the names that `confined` gives them."""


def main(reader: str, told: str) -> None:
    """Write to standard output what *reader* makes of standard input, or a refusal.

    *told* is what it needs to know beside: the day, for a statement, or what a profile wants.
    """
    read = READERS[reader]
    bound()
    content = sys.stdin.buffer.read()
    try:
        lines = read(content, told)
    except FileNotReadable as refusal:
        sys.stdout.write(handed.written_refusal(refusal) + "\n")
        return
    for line in lines:
        sys.stdout.write(line + "\n")


def bound() -> None:
    """Give this process its bounds, which it cannot lift again: memory, time, output, and no file beyond the three.

    The encodings in which files are written are loaded before, because Python opens a file for each.
    """
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    signal.alarm(ALARM_SECONDS)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _STANDARD_FILES),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
