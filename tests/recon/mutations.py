"""What happens to files on their way: cut, shuffled, edited by hand, saved in another encoding, glued, damaged."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[Random, bytes, Sequence[bytes]], bytes]

_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp037", "utf-7")
_STRANGE = (
    "\x00",
    "\x1a",
    "\u200b",
    "\ufeff",
    '"',
    "'",
    "=",
    "\t",
    ",",
    ";",
    ":61:",
    "-",
    "(",
    "১২",
    "٣",
    "１",
    "é",
    " ",
)


def mutated(draw: Random, content: bytes, others: Sequence[bytes]) -> tuple[bytes, list[str]]:
    """Return *content* after one to three mutations, and their names; *others* are files that came before."""
    chosen = draw.choices(MUTATIONS, k=draw.choice((1, 1, 1, 2, 3)))
    for mutation in chosen:
        content = mutation(draw, content, others)
    return content, [mutation.__name__ for mutation in chosen]


def cut_at_a_byte(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content[: draw.randrange(len(content) + 1)]


def cut_at_a_line(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: draw.randrange(len(lines) + 1)])


def begun_late(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[draw.randrange(len(lines) + 1) :])


def two_lines_swapped(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    def swap(lines: list[bytes]) -> None:
        one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
        lines[one], lines[other] = lines[other], lines[one]

    return _with_lines(content, swap)


def a_line_twice(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    def repeat(lines: list[bytes]) -> None:
        at = draw.randrange(len(lines))
        lines.insert(at, lines[at])

    return _with_lines(content, repeat)


def lines_lost(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    def lose(lines: list[bytes]) -> None:
        at = draw.randrange(len(lines))
        del lines[at : at + draw.choice((1, 1, 2, 5))]

    return _with_lines(content, lose)


def a_digit_altered(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    digits = [found.start() for found in re.finditer(rb"\d", content)]
    return _with_byte(content, draw.choice(digits), draw.choice(b"0123456789")) if digits else content


def an_amount_altered(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    amounts = list(re.finditer(rb"\d[\d,]*[.,]\d\d", content))
    if not amounts:
        return content
    found = draw.choice(amounts)
    other = draw.choice(
        (b"0.00", b"", b"1e400", b"NaN", b"-5.00", b"9" * 30 + b".00", b"12.345", b"1,00.00", found[0] * 2)
    )
    return content[: found.start()] + other + content[found.end() :]


def two_cells_swapped(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    def swap(lines: list[bytes]) -> None:
        at, delimiter = draw.randrange(len(lines)), draw.choice((b"\t", b","))
        cells = lines[at].split(delimiter)
        one, other = draw.randrange(len(cells)), draw.randrange(len(cells))
        cells[one], cells[other] = cells[other], cells[one]
        lines[at] = delimiter.join(cells)

    return _with_lines(content, swap)


def something_strange_put_in(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    at = draw.randrange(len(content) + 1)
    return content[:at] + draw.choice(_STRANGE).encode() + content[at:]


def bytes_damaged(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    damaged = bytearray(content)
    for _ in range(draw.choice((1, 2, 20)) if damaged else 0):
        damaged[draw.randrange(len(damaged))] = draw.randrange(256)
    return bytes(damaged)


def another_encoding(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content.decode("utf-8", "replace").encode(draw.choice(_ENCODINGS), "replace")


def taken_for_another_encoding(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content.decode(draw.choice(("latin-1", "cp437")), "replace").encode()


def other_line_ends(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", draw.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n", b" ")))


def another_delimiter(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    return content.replace(draw.choice((b"\t", b",")), draw.choice((b"\t", b",", b";", b"|", b" ")))


def glued(draw: Random, content: bytes, others: Sequence[bytes]) -> bytes:
    other = draw.choice([content, *others[-5:]])
    return draw.choice((content + other, other + content))


MUTATIONS: tuple[Mutation, ...] = (
    cut_at_a_byte,
    cut_at_a_line,
    begun_late,
    two_lines_swapped,
    a_line_twice,
    lines_lost,
    a_digit_altered,
    a_digit_altered,
    an_amount_altered,
    two_cells_swapped,
    something_strange_put_in,
    bytes_damaged,
    another_encoding,
    taken_for_another_encoding,
    other_line_ends,
    another_delimiter,
    glued,
)


def _with_lines(content: bytes, change: Callable[[list[bytes]], None]) -> bytes:
    lines = content.splitlines(keepends=True)
    if lines:
        change(lines)
    return b"".join(lines)


def _with_byte(content: bytes, at: int, byte: int) -> bytes:
    return content[:at] + bytes([byte]) + content[at + 1 :]
