"""The figures as a table: for a terminal as they come, for docs/performance.md from bench.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.figures import Figure, Skipped, from_json

_PLAIN_WIDTH = 200
_COLUMNS = ("figure", "median", "spread", "ratio", "against", "bar", "holds")


_HEAD = """\
# Performance

`python3 run.py bench` measures all of this again, on any machine; this page is what the run named below found, by
`python3 run.py bench --table`. Server, client and database share one machine, and an answer means that the entry is on
the disk.

A figure is the median of its rounds, with the least and the most. Its ratio is the median of the rounds' own ratios
to a yardstick that took its turn in the same round, so a machine that is slow, or slow for a while, slows both.
"""


def show(figures: Sequence[Figure], skipped: Iterable[Skipped]) -> None:
    """Print the figures, what each is beside its bar, and then by name which bars are not met and what was skipped."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    table = Table(*_COLUMNS, show_lines=True)
    for figure in figures:
        table.add_row(*(Text(cell) for cell in _cells(figure)))
    console.print(table)
    for each in skipped:
        console.print(Text(f"not measured: {each.name}: {each.reason}"))
    missed = [figure for figure in figures if figure.holds is False]
    for figure in missed:
        console.print(Text(f"BAR NOT MET: {figure.name}: {_shortfall(figure)}"))
    if not missed:
        console.print("every bar that was measured is met")


def as_markdown(result: str) -> str:
    """Return docs/performance.md: how the figures of a bench.json were measured, and their table."""
    figures, skipped, facts = from_json(result)
    missed = [f"- {figure.name}: {_shortfall(figure)}." for figure in figures if figure.holds is False]
    lines = [
        _HEAD,
        *(f"- {name}: {_listed(fact)}" for name, fact in facts.items()),
        "",
        f"| {' | '.join(_COLUMNS)} |",
        f"|{' --- |' * len(_COLUMNS)}",
        *(f"| {' | '.join(_cells(figure))} |" for figure in figures),
        "",
        *(["Bars that are not met:", "", *missed] if missed else ["Every bar that was measured is met."]),
        *(["", "Not measured:", "", *(f"- {each.name}: {each.reason}." for each in skipped)] if skipped else []),
    ]
    return "\n".join(lines) + "\n"


def _cells(figure: Figure) -> tuple[str, ...]:
    name = figure.name + (f" ({figure.note})" if figure.note else "")
    bar = str(figure.bar) if figure.bar else ""
    if figure.bar and figure.bar.of == "value":
        bar += f" {figure.unit}"
    return (
        name,
        f"{_shown(figure.value)} {figure.unit}" if figure.value is not None else "not measured",
        _between(figure.spread),
        f"{figure.ratio:.2f} ({_between(figure.ratio_spread)})" if figure.ratio is not None else "",
        figure.against or "",
        bar,
        {True: "yes", False: "NO", None: ""}[figure.holds],
    )


def _shortfall(figure: Figure) -> str:
    if figure.value is None or figure.bar is None:
        return figure.note
    found = figure.ratio if figure.bar.of == "ratio" else figure.value
    return f"{_shown(found)}, bar {figure.bar}"


def _shown(value: float | None) -> str:
    if value is None:
        return "nothing"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def _between(spread: Sequence[float] | None) -> str:
    return f"{_shown(spread[0])} to {_shown(spread[1])}" if spread else ""


def _listed(fact: object) -> str:
    if isinstance(fact, Mapping):
        return ", ".join(f"{name} {value}" for name, value in fact.items())
    return str(fact)
