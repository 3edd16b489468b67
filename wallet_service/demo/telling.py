"""How the demo tells its story on a terminal of 100 columns, and that each figure is as it must be."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from decimal import Decimal

import click

from wallet_service.demo.callers import Answer
from wallet_service.demo.own_service import DemoFailed
from wallet_service.money import Paise, paise, rupees_for_people

WIDTH = 100
_INDENT = "   "
_WIDTH = 100


def heading(text: str) -> None:
    """Begin a chapter."""
    click.echo()
    click.secho(text, bold=True)


def say(text: str) -> None:
    """Tell a sentence, on more than one line if it is long; how far it is indented stays."""
    indent = text[: len(text) - len(text.lstrip())]
    lines = textwrap.wrap(text, _WIDTH - len(_INDENT), subsequent_indent=indent, break_long_words=False)
    for line in lines or [""]:
        click.echo(f"{_INDENT}{line}".rstrip())


def blank() -> None:
    """Leave a line blank."""
    click.echo()


def again(*commands: str) -> None:
    """Tell by which commands the figures above are shown again."""
    for command in commands:
        click.secho(f"{_INDENT}$ {command}", dim=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Tell rows under their columns; the columns named in *right* hold figures. A row of dashes draws a line."""
    cells = [list(columns), ["-"] * len(columns), *map(list, rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for row in cells:
        parts = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, width, cell in zip(columns, widths, row, strict=True)
        ]
        if all(cell == "-" for cell in row):
            parts = ["-" * width for width in widths]
        click.echo(f"{_INDENT}{'  '.join(parts)}".rstrip())


def money(amount: str | Decimal) -> str:
    """Return an amount of the API, rupees that may be below zero, as people read it."""
    wire = str(amount)
    sign = -1 if wire.startswith("-") else 1
    return rupees_for_people(Paise(sign * paise(wire.removeprefix("-"))))


def must(what: str, found: object, wanted: object) -> None:
    """See that a figure is what it must be.

    Raises:
        DemoFailed: it is another.
    """
    if found != wanted:
        raise DemoFailed(f"{what}: the demo found {found!r}, and it must be {wanted!r}.")


def must_answer(what: str, answer: Answer, status: int, slug: str = "") -> None:
    """See that the API answered as it must.

    Raises:
        DemoFailed: it answered otherwise; the message has what.
    """
    if (answer.status, answer.slug) != (status, slug):
        said = answer.content.decode(errors="replace")[:2000]
        wanted = f"{status} {slug}".strip()
        raise DemoFailed(f"{what}: the API answered {answer.status}, and must answer {wanted}. It said:\n{said}")
