"""A file that needs a parser of archives, directories or XML is read in a process of its own, within bounds.

What such a parser does with a hostile file nobody knows beforehand, so it does it where it can harm nothing: `inmate`.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from wallet_service.recon.readers import handed, pace
from wallet_service.recon.readers.declared_rows import Cut
from wallet_service.recon.readers.declared_xml import Wanted
from wallet_service.recon.readers.refusals import unreadable
from wallet_service.recon.statements import Statement

PATIENCE_SECONDS = 300
"""How long a process may take by the clock on the wall. Its own bound of processor time is far below."""

_INMATE = "wallet_service.recon.readers.inmate"
_ROOT = Path(__file__).parents[3]
_logger = logging.getLogger(__name__)

Result = TypeVar("Result")


def confined(reader: str, content: bytes, *, today: date) -> Statement:
    """Return the statement that one of `inmate.READERS` reads from *content*, in a process of its own.

    *reader* is a name in that table, such as ``"workbook"``; its function has the signature of every reader,
    ``read(content: bytes, *, today: date) -> Statement``. It may raise `FileNotReadable`, which is raised here again
    with its reason and rejects. The process has bounds of memory, processor time and output, opens no file, knows no
    variable of our environment, and hands its statement back as JSON (`handed`), which is proved again here.

    Raises:
        FileNotReadable: the reader refused the file, or did not live to the end of it.
    """
    return _of_inmate(reader, content, today.isoformat(), handed.read)


def confined_cut(content: bytes, wanted: Wanted) -> Cut:
    """Return what is wanted of an XML file that a profile reads, cut by the same process within the same bounds.

    Raises:
        FileNotReadable: it is refused, or the process did not live to the end of it.
    """
    return _of_inmate("declared-xml", content, wanted.text, partial(handed.read_cut, places=len(wanted.places)))


def _of_inmate(reader: str, content: bytes, told: str, taking: Callable[[Iterator[str]], Result]) -> Result:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as taken:
        given.write(content)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", _INMATE, reader, told],
            stdin=given,
            stdout=taken,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        try:
            status = _ended(process)
        finally:
            process.kill()  # Nothing happens where it has ended; else it must not outlive whoever asked.
            process.wait()
        if status == 0:
            taken.seek(0)
            try:
                return taking(line.decode("ascii", "replace") for line in taken)
            except handed.NotHanded as error:
                _logger.warning("A confined reader handed back what cannot be believed: %s", error)
        else:
            _logger.warning("A confined reader did not finish: %s, status %s", reader, status)
    raise unreadable(
        "The file could not be read within the bounds of time and memory for a bank's file: it is damaged, or it "
        "was not written by the bank. Download it again, for a shorter period if it is long."
    )


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    """Return the process's status, None where patience ends first; whoever watches is told that it is still at work."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while (left := ends - time.monotonic()) > 0:
        try:
            return process.wait(min(left, pace.EVERY_SECONDS))
        except subprocess.TimeoutExpired:
            pace.reached(0)
    return None
