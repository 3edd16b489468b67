"""Which amounts together make a sum: exactly one choice, several, none, or too many to tell. Pure.

Source: design §7 (an exact sum of at most 8 items out of at most 40 candidates, only if exactly one subset fits). The
work is limited by counted steps and not by a clock, so that the same amounts always have the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from wallet_service.money import Paise

MOST_ITEMS = 8
MOST_CANDIDATES = 40
MOST_STEPS = 200_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What makes a sum: the places of the amounts chosen, in their order; none where there is no single answer.

    *several* says that more than one choice fits. *told* is False where the candidates are too many, or the work was
    too much, to know.
    """

    places: tuple[int, ...] = ()
    several: bool = False
    told: bool = True


def only_choice(amounts: Sequence[Paise], total: Paise, *, most_steps: int = MOST_STEPS) -> Choice:
    """Return the one choice of at most `MOST_ITEMS` of *amounts* that makes *total* exactly.

    Amounts are above zero, in paise; equal amounts at two places are two choices.
    """
    if len(amounts) > MOST_CANDIDATES:
        return Choice(told=False)
    if len(amounts) < 2:
        return Choice((0,)) if total in amounts else Choice()
    search = _Search(amounts, total, most_steps)
    told = search.run()
    if len(search.found) > 1:
        return Choice(several=True)
    if not told:
        return Choice(told=False)
    return Choice(search.found[0]) if search.found else Choice()


class _Search:
    """A walk over the choices, the largest amounts first, that leaves what can no longer make the sum."""

    def __init__(self, amounts: Sequence[Paise], total: Paise, most_steps: int) -> None:
        self._order = sorted(range(len(amounts)), key=lambda place: (-amounts[place], place))
        self._sorted = [amounts[place] for place in self._order]
        self._sums = [0, *accumulate(self._sorted)]
        self._total = total
        self._steps_left = most_steps
        self.found: list[tuple[int, ...]] = []

    def run(self) -> bool:
        """Walk until two choices are found or all is seen. Return False where the steps did not suffice."""
        open_ways: list[tuple[int, int, tuple[int, ...]]] = [(0, self._total, ())]
        while open_ways and len(self.found) < 2:
            if self._steps_left == 0:
                return False
            self._steps_left -= 1
            at, missing, chosen = open_ways.pop()
            if missing == 0:
                self.found.append(tuple(sorted(self._order[each] for each in chosen)))
            elif self._may_reach(at, missing, len(chosen)):
                open_ways.append((at + 1, missing, chosen))
                if self._sorted[at] <= missing:
                    open_ways.append((at + 1, missing - self._sorted[at], (*chosen, at)))
        return True

    def _may_reach(self, at: int, missing: int, chosen: int) -> bool:
        """Say whether the next amounts, as many as may still be chosen, can make what is missing."""
        furthest = min(len(self._sorted), at + MOST_ITEMS - chosen)
        return self._sums[furthest] - self._sums[at] >= missing > 0
