"""A file that needs a parser of archives, directories or XML is read in a process of its own, within bounds.

What such a parser does with a hostile file nobody knows beforehand, so it does it where it can harm nothing: `inmate`.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from wallet_service.recon.readers import handed, pace
from wallet_service.recon.readers.refusals import unreadable
from wallet_service.recon.statements import Statement

PATIENCE_SECONDS = 300
"""How long a process may take by the clock on the wall. Its own bound of processor time is far below."""

_INMATE = "wallet_service.recon.readers.inmate"
_ROOT = Path(__file__).parents[3]
_logger = logging.getLogger(__name__)


def confined(reader: str, content: bytes, *, today: date) -> Statement:
    """Return the statement that one of `inmate.READERS` reads from *content*, in a process of its own.

    *reader* is a name in that table, such as ``"workbook"``; its function has the signature of every reader,
    ``read(content: bytes, *, today: date) -> Statement``. It may raise `FileNotReadable`, which is raised here again
    with its reason and rejects. The process has bounds of memory, processor time and output, opens no file, knows no
    variable of our environment, and hands its statement back as JSON (`handed`), which is proved again here.

    Raises:
        FileNotReadable: the reader refused the file, or did not live to the end of it.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as taken:
        given.write(content)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", _INMATE, reader, today.isoformat()],
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
                return handed.read(line.decode("ascii", "replace") for line in taken)
            except handed.NotHanded as error:
                _logger.warning("A confined reader handed back what is no statement: %s", error)
        else:
            _logger.warning("A confined reader did not finish: %s, status %s", reader, status)
    raise unreadable(
        "The file could not be read within the bounds of time and memory for a bank statement: it is damaged, or it "
        "was not written by the bank. Download the statement again, for a shorter period if it is long."
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
