"""What a figure is: values of several rounds, the yardstick of the same rounds, and the bar it should reach. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


class NotMeasured(Exception):
    """A figure could not be had; the message says what was seen instead."""


@dataclass(frozen=True)
class Bar:
    """What a figure should reach: a least or a most, of its ratio to the yardstick or of its own value."""

    limit: float
    of: str
    is_least: bool

    def holds(self, found: float) -> bool:
        """Say whether *found* reaches the bar."""
        return found >= self.limit if self.is_least else found <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.limit:,g}{' ×' if self.of == 'ratio' else ''}"


@dataclass(frozen=True)
class Figure:
    """One line of the table. *value* is the median of the rounds; *ratio* that of the rounds' ratios to *against*.

    Without a value it was not measured, and does not hold; *note* says why. Without a bar it only informs.
    """

    name: str
    value: float | None
    unit: str
    bar: Bar | None = None
    ratio: float | None = None
    against: str | None = None
    spread: tuple[float, float] | None = None
    ratio_spread: tuple[float, float] | None = None
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Say whether the bar is met; None where there is none to meet."""
        if self.bar is None:
            return None if self.value is not None else False
        found = self.ratio if self.bar.of == "ratio" else self.value
        return found is not None and self.bar.holds(found)


@dataclass(frozen=True)
class Skipped:
    """A figure that this run does not measure, and why."""

    name: str
    reason: str


def least_ratio(limit: float) -> Bar:
    """Return the bar of being at least *limit* times the yardstick."""
    return Bar(limit, "ratio", is_least=True)


def most_ratio(limit: float) -> Bar:
    """Return the bar of being at most *limit* times the yardstick."""
    return Bar(limit, "ratio", is_least=False)


def most(limit: float) -> Bar:
    """Return the bar of being at most *limit*, in the figure's own unit."""
    return Bar(limit, "value", is_least=False)


def of_values(name: str, values: Sequence[float], unit: str, bar: Bar | None = None, note: str = "") -> Figure:
    """Return the figure of the rounds' *values*, which has no yardstick but its bar."""
    return Figure(name, median(values), unit, bar, spread=(min(values), max(values)), note=note)


def of_ratios(
    name: str,
    values: Sequence[float],
    unit: str,
    bar: Bar | None,
    *,
    against: str,
    yardstick: Sequence[float],
    note: str = "",
) -> Figure:
    """Return the figure of the rounds' *values* beside the *yardstick* of the same rounds.

    The ratio is the median of the rounds' own ratios, so that a machine that slows down between rounds slows both.
    """
    ratios = [value / other for value, other in zip(values, yardstick, strict=True)]
    return Figure(
        name,
        median(values),
        unit,
        bar,
        ratio=median(ratios),
        against=f"{against}: {median(yardstick):,.4g} {unit}",
        spread=(min(values), max(values)),
        ratio_spread=(min(ratios), max(ratios)),
        note=note,
    )


def in_rounds(
    contestants: Mapping[str, Callable[[], float]], rounds: int, tell: Callable[[str], None]
) -> dict[str, list[float]]:
    """Let each contestant have its turn in each round and return their values by round; each round begins with another.

    *tell* is given a line after each turn.
    """
    names = list(contestants)
    found: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in (*names[first:], *names[:first]):
            value = contestants[name]()
            found[name].append(value)
            tell(f"round {number + 1} of {rounds}: {name} {value:,.4g}")
    return found


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which *share* of the values lie, by nearest rank."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def as_json(figures: Iterable[Figure], skipped: Iterable[Skipped], facts: Mapping[str, object]) -> str:
    """Return the text of ``bench.json``."""
    found = {
        **facts,
        "figures": [_members(figure) for figure in figures],
        "skipped": [vars(each) for each in skipped],
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str) -> tuple[list[Figure], list[Skipped], dict[str, object]]:
    """Return figures, what was skipped, and the other facts of a ``bench.json``."""
    found = json.loads(text)
    figures = [_figure(members) for members in found.pop("figures")]
    return figures, [Skipped(**members) for members in found.pop("skipped")], found


def _figure(members: Mapping[str, Any]) -> Figure:
    bar = None
    if members["bar"] is not None:
        bar = Bar(members["bar"], members["bar_of"], is_least=members["bar_is"] == "at least")
    told = {name: members[name] for name in ("name", "value", "unit", "ratio", "against", "note")}
    spreads: dict[str, Any] = {name: members[name] and tuple(members[name]) for name in ("spread", "ratio_spread")}
    return Figure(bar=bar, **told, **spreads)


def _members(figure: Figure) -> dict[str, object]:
    return {
        "name": figure.name,
        "value": figure.value,
        "unit": figure.unit,
        "ratio": figure.ratio,
        "against": figure.against,
        "bar": figure.bar.limit if figure.bar else None,
        "holds": figure.holds,
        "bar_of": figure.bar.of if figure.bar else None,
        "bar_is": None if figure.bar is None else "at least" if figure.bar.is_least else "at most",
        "spread": figure.spread,
        "ratio_spread": figure.ratio_spread,
        "note": figure.note,
    }
