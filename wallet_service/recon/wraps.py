"""Text that a bank wrapped at a fixed width, perhaps in the middle of a word. Pure.

In a wrapped text a line break stands where the bank's own break may lie inside a word; one that cannot is a blank.
Whether it does lie inside one is not written anywhere, so what matters is read both ways.
Source: domain facts A1.3 (breaks inside descriptions), A1.4 (the joining rule), A3 (wrapped ``:86:``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

BREAK = "\n"

_ANY_BREAK = re.compile(r"\r\n|\r|\n")
_MOST_INDENTATION = 2
_WIDEST_TOKEN = 40
# A bank's message stands without blanks between its parts; a number is announced.
_OPEN_MESSAGE = re.compile(r"(?:[/*][^ ]*|UTR ?NO: ?[A-Z0-9]{1,21}|TRANSFER-[0-9]{1,19})$", re.IGNORECASE | re.ASCII)
# Behind a message: the account inside the bank, and the branch (domain facts A1.4).
_AFTER_A_MESSAGE = re.compile(r"(?:[0-9]{13}|AT [0-9]{5})(?![0-9])", re.ASCII)


def wrapped(cell: str) -> str:
    """Return the text of a cell as a wrapped text: blanks in a row are one, and none stands at either end.

    A break behind a blank, or before more than two, lies between words.
    """
    if "\n" not in cell and "\r" not in cell:
        return " ".join(cell.split())
    text, may_go_on = "", False
    for piece in _ANY_BREAK.split(cell):
        indentation = len(piece) - len(piece.lstrip())
        may_go_on = may_go_on and indentation <= _MOST_INDENTATION
        if words := " ".join(piece.split()):
            text = f"{text}{BREAK if may_go_on else ' '}{words}"
        may_go_on = bool(words) and not piece[-1].isspace()
    return text.strip()


def joined(text: str) -> str:
    """Return a wrapped text in one line, for people: a break is nothing inside a bank's message, and else a blank."""
    pieces = text.split(BREAK)
    line = pieces[0]
    for piece in pieces[1:]:
        line += ("" if _is_inside(line[-_WIDEST_TOKEN:], piece) else " ") + piece
    return line


def ways(text: str) -> tuple[str, ...]:
    """Return each reading of a wrapped text: its breaks as blanks, as `joined` takes them, and as nothing."""
    if BREAK not in text:
        return (text,)
    return tuple(dict.fromkeys((text.replace(BREAK, " "), joined(text), text.replace(BREAK, ""))))


def seams(text: str) -> Iterator[tuple[str, str]]:
    """Yield what stands before and after each break of a wrapped text, up to 40 characters of each."""
    for before, after in pairwise(text.split(BREAK)):
        yield before[-_WIDEST_TOKEN:], after[:_WIDEST_TOKEN]


def _is_inside(before: str, after: str) -> bool:
    return bool(_OPEN_MESSAGE.search(before)) and not _AFTER_A_MESSAGE.match(after)
