"""What is to be generated: the days, how many payments on each, who pays, what for, and how much. Pure.

Everything follows from the plan, so a run that was killed goes on, and two runs of one plan write the same entries.
"""

from __future__ import annotations

import random
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import exp
from statistics import NormalDist

MONTHS = 30
HALVES = (0, 1)
MOST_WALLETS = 200_000
AMOUNT_SLOTS = 4_096
SERVICE_SLOTS = 1_024
_CENTRES_PER_WALLET = 5_025 / 10_000
_SLOTS_PER_WALLET = 4
_MEDIAN_RUPEES = 270
_SPREAD = 1.01
_MEAN_PAISE = 50_000
_REFILLS_OF_A_WALLET = 50
_DUE_DAYS = frozenset({9, 10, 14, 15, 20})
_NATIONAL_HOLIDAYS = frozenset({(1, 26), (8, 15), (10, 2)})
_SATURDAY = 5
# Share of all payments in 1,024ths, and the usual amount as a percentage of electricity's.
_KNOWN: Mapping[tuple[str, str], tuple[int, int]] = {
    ("POD", "001"): (620, 100),
    ("POD", "002"): (24, 300),
    ("LND", "001"): (64, 150),
    ("LND", "002"): (90, 40),
    ("TRA", "001"): (50, 350),
    ("TRA", "002"): (20, 250),
    ("FIN", "001"): (24, 300),
    ("FIN", "002"): (24, 200),
    ("UDM", "001"): (40, 150),
    ("UDM", "002"): (48, 180),
    ("PRD", "001"): (20, 60),
}


@dataclass(frozen=True)
class Plan:
    """A history of so many payments, up to and with *last_day*, which lies in the past."""

    payments: int
    last_day: date
    wallets: int = 10_000
    seed: int = 1

    @property
    def first_day(self) -> date:
        """Return the first day of payments; balances were brought in the day before."""
        return _months_after(self.last_day + timedelta(days=1), -MONTHS)

    def month(self, number: int) -> date:
        """Return the first day of a month of the history; what comes after the last begins when it is over."""
        following = self.last_day + timedelta(days=1)
        return following if number == MONTHS else min(_months_after(self.first_day, number), following)

    @property
    def slots(self) -> int:
        """Return into how many equal chances a half's wallets are laid out: a power of two."""
        return 1 << (_SLOTS_PER_WALLET * self.wallets - 1).bit_length()

    def books_of(self, half: int) -> range:
        """Return which wallets, by place, are of a half."""
        middle = self.wallets - self.wallets // 2
        return range(middle) if half == 0 else range(middle, self.wallets)


@dataclass(frozen=True)
class Quota:
    """What one half of the wallets does on a working day. Draws are numbered through the whole history."""

    day: date
    before: date
    month: int
    file: int
    half: int
    first_draw: int
    payments: int


@dataclass(frozen=True)
class Counter:
    """A wallet to be opened at a counter."""

    operator: str
    centre: str
    name: str
    name_bn: str
    district: str


def quotas(plan: Plan) -> Iterator[Quota]:
    """Yield the working days in order, twice each, once for either half; together they make the plan's payments."""
    days = [day for day in _days(plan) if _is_working(day)]
    weights = [_weight(day, place, len(days)) for place, day in enumerate(days)]
    total = sum(weights)
    ends = [plan.payments * end // total for end in accumulate(weights)]
    before, start = plan.first_day - timedelta(days=1), 0
    for file, (day, end) in enumerate(zip(days, ends, strict=True), start=1):
        month = (day.year - plan.first_day.year) * 12 + day.month - plan.first_day.month
        month = min(month - (day < _months_after(plan.first_day, month)), MONTHS - 1)
        middle = end - (end - start) // 2
        yield Quota(day, before, month, file, 0, start, middle - start)
        yield Quota(day, before, month, file, 1, middle, end - middle)
        before, start = day, end


def counters(plan: Plan, districts: Sequence[tuple[str, str, str]]) -> Iterator[Counter]:
    """Yield the wallets in order: two operators at a counter, but for a few with one; (code, name, Bengali name)."""
    draw = random.Random(plan.seed)  # noqa: S311 (a history is to be drawn again, not to be secret)
    centres = max(1, round(plan.wallets * _CENTRES_PER_WALLET))
    sizes = [draw.randint(1, 5) for _ in districts]
    placed = [0] * len(districts)
    single = max(0, 2 * centres - plan.wallets)
    opened = 0
    while opened < plan.wallets:
        place = draw.choices(range(len(districts)), weights=sizes)[0]
        placed[place] += 1
        code, name, name_bn = districts[place]
        number = f"{placed[place]:03d}"
        for operator in range(1 if opened < single else min(2, plan.wallets - opened)):
            yield Counter(
                operator=f"BSKOP{place + 1:03d}{number}{operator + 1}",
                centre=f"{code}{number}",
                name=f"{name} {placed[place]}",
                name_bn=f"{name_bn} {str(placed[place]).translate(_BENGALI_DIGITS)}",
                district=code,
            )
            opened += 1


def chances(plan: Plan, half: int) -> list[tuple[int, int]]:
    """Return, for each wallet of a half by place, its chances out of `Plan.slots` and its usual deposit in paise."""
    draw = random.Random(f"{plan.seed}-{half}")  # noqa: S311
    weights = [min(max(int(1_000 * draw.lognormvariate(0, 0.5)), 350), 4_000) for _ in plan.books_of(half)]
    total = sum(weights)
    ends = [plan.slots * end // total for end in accumulate(weights)]
    slots = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    expected = (plan.payments * _MEAN_PAISE * count // (2 * plan.slots) for count in slots)
    return [
        (count, min(max(volume // _REFILLS_OF_A_WALLET // 50_000 * 50_000, 500_000), 4_000_000))
        for count, volume in zip(slots, expected, strict=True)
    ]


def amounts() -> list[int]:
    """Return the amounts that electricity is paid in, in whole rupees: log-normal, each equally likely."""
    normal = NormalDist()
    places = ((place + 0.5) / AMOUNT_SLOTS for place in range(AMOUNT_SLOTS))
    return [round(_MEDIAN_RUPEES * exp(_SPREAD * normal.inv_cdf(place))) for place in places]


def menu(services: Iterable[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    """Return what is paid for, as `SERVICE_SLOTS` equal chances: the service and its amounts in per cent."""
    offered = list(services)
    chosen = [(each, _KNOWN.get(each, (4, 100))) for each in offered]
    slots = [(each, percent) for each, (share, percent) in chosen for _ in range(share)]
    busiest = next((slot for slot in slots if slot[0] == ("POD", "001")), slots[0])
    return (slots + [busiest] * SERVICE_SLOTS)[:SERVICE_SLOTS]


def _days(plan: Plan) -> list[date]:
    return [plan.first_day + timedelta(days=n) for n in range((plan.last_day - plan.first_day).days + 1)]


def _is_working(day: date) -> bool:
    return day.weekday() <= _SATURDAY and (day.month, day.day) not in _NATIONAL_HOLIDAYS


def _weight(day: date, place: int, days: int) -> int:
    usual = 115 if day.weekday() == 0 else 70 if day.weekday() == _SATURDAY else 100
    if day.day > monthrange(day.year, day.month)[1] - 3:
        usual += 60
    elif day.day in _DUE_DAYS:
        usual += 45
    return usual * (700 + 600 * place // days)


def _months_after(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


_BENGALI_DIGITS = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
