"""The confined process itself: it bounds itself, then reads one file from its input and writes a statement.

Started by `confined` only. Everything it needs is imported before the bounds are set, because after that no file can
be opened.
"""

from __future__ import annotations

import codecs
import resource
import signal
import sys
from collections.abc import Callable
from datetime import date

from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers import camt053, handed, workbook
from wallet_service.recon.statements import Statement

MEMORY_BYTES = 400_000_000
"""Address space of the process: 1 lakh rows of a workbook take about half of it."""

PROCESSOR_SECONDS = 60
ALARM_SECONDS = 290
OUTPUT_BYTES = 100_000_000

_STANDARD_FILES = 3
_ENCODINGS = ("cp437", "cp1252", "latin-1", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
READERS: dict[str, Callable[..., Statement]] = {"camt053": camt053.read, "workbook": workbook.read}
"""The readers that work in here, by the names that `confined` gives them."""


def main(reader: str, today: str) -> None:
    """Write to standard output what *reader* makes of standard input on the day *today*: a statement or a refusal."""
    read = READERS[reader]
    day = date.fromisoformat(today)
    bound()
    content = sys.stdin.buffer.read()
    try:
        statement = read(content, today=day)
    except FileNotReadable as refusal:
        sys.stdout.write(handed.written_refusal(refusal) + "\n")
        return
    for line in handed.written(statement):
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
