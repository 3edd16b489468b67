"""What is wrong with a file, gathered line by line so that a clerk sees all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from wallet_service.errors import FileNotReadable
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.statements import REJECT_TEXT, LineReject

MOST_REJECTS = 200

Value = TypeVar("Value")


class Refusals:
    """The lines of one file that cannot be relied on. One is enough to refuse the file whole."""

    def __init__(self) -> None:
        self.rejects: list[LineReject] = []
        self.count = 0

    def add(self, row: int, text: str, reason: str) -> None:
        """Note that a line is refused; beyond `MOST_REJECTS` only their number is kept."""
        self.count += 1
        if len(self.rejects) < MOST_REJECTS:
            self.rejects.append(LineReject(row, text[:REJECT_TEXT], reason[:1].upper() + reason[1:].rstrip(".") + "."))

    def attempt(self, row: int, text: str, read: Callable[[], Value]) -> Value | None:
        """Return what *read* returns, or note why the line says nothing that can be relied on and return None."""
        try:
            return read()
        except Unreadable as error:
            self.add(row, text, str(error))
            return None

    def settle(self) -> None:
        """Return if nothing is wrong.

        Raises:
            FileNotReadable: something is.
        """
        if not self.count:
            return
        first = self.rejects[0]
        more = f" and {self.count - 1:,} more" if self.count > 1 else ""
        raise unreadable(f"Line {first.row}{more}: {first.reason}", self.rejects)


def unreadable(reason: str, rejects: list[LineReject] | None = None) -> FileNotReadable:
    """Return the error for a file that is refused whole, with its lines as callers see them."""
    return FileNotReadable(
        reason=reason,
        rejects=[{"line": reject.row, "reason": reject.reason, "text": reject.text} for reject in rejects or []],
    )
