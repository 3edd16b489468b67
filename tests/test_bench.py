"""The benchmark: what a figure is, when its bar is met, what the file says, and one small run on real servers."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import night, posting, table
from bench.bank_files import statement
from bench.figures import (
    Figure,
    NotMeasured,
    Skipped,
    as_json,
    from_json,
    in_rounds,
    least_ratio,
    most,
    most_ratio,
    of_ratios,
    of_values,
    percentile,
)
from bench.ground import Ground, Plan, sixty_services
from bench.past import check
from bench.pgbench import read
from wallet_service.dates import today
from wallet_service.recon import readers

SMALL = Plan(payments=1, rounds=1, seconds=1, calls=1, page=1, quick=True)
REPORT = """\
number of transactions actually processed: 4711
number of failed transactions: {failed} (0.000%)
latency average = 3.3 ms
tps = 2345.678901 (without initial connection time)
"""


def silent(line: str) -> None:
    """Take a line of progress and keep it to oneself."""


def turn(name: str, order: list[str], values: list[float]) -> Callable[[], float]:
    """Return a contestant that notes its turns and gives one value after the other."""

    def take() -> float:
        order.append(name)
        return values.pop(0)

    return take


def test_contestants_take_turns_and_each_round_begins_with_another() -> None:
    order: list[str] = []

    found = in_rounds({"ours": turn("ours", order, [3, 5]), "theirs": turn("theirs", order, [2, 4])}, 2, silent)

    assert order == ["ours", "theirs", "theirs", "ours"]
    assert found == {"ours": [3, 5], "theirs": [2, 4]}


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    slowing_down = of_ratios("posting", [200, 20, 2], "/s", None, against="theirs", yardstick=[100, 10, 2])

    assert (slowing_down.value, slowing_down.ratio) == (20, 2)
    assert (slowing_down.spread, slowing_down.ratio_spread) == ((2, 200), (1, 2))


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (of_ratios("rate", [13], "/s", least_ratio(1.3), against="theirs", yardstick=[10]), True),
        (of_ratios("rate", [12], "/s", least_ratio(1.3), against="theirs", yardstick=[10]), False),
        (of_ratios("p99", [15], "ms", most_ratio(1.5), against="empty", yardstick=[10]), True),
        (of_ratios("p99", [16], "ms", most_ratio(1.5), against="empty", yardstick=[10]), False),
        (of_values("size", [600], "bytes", most(600)), True),
        (of_values("size", [601], "bytes", most(600)), False),
        (of_values("size", [601], "bytes"), None),
        (Figure("failed", None, "", note="pgbench is gone"), False),
        (Figure("failed", None, "", most(600)), False),
    ],
)
def test_a_bar_is_met_or_not_and_what_failed_does_not_hold(figure: Figure, holds: bool | None) -> None:
    assert figure.holds is holds


def test_the_ninety_ninth_percentile_is_that_of_the_slowest_hundredth() -> None:
    values = [float(number) for number in range(1000)]

    assert percentile(values, 0.99) == 990
    assert percentile(values, 0.5) == 500
    assert percentile([7.0], 0.99) == 7


def test_the_file_has_the_agreed_members_and_reads_back() -> None:
    figures = [
        of_ratios("posting", [13, 14], "/s", least_ratio(1.3), against="theirs", yardstick=[10, 10], note="noisy"),
        Figure("disk", None, "bytes", most(600), note="failed"),
    ]
    skipped = [Skipped("night", "not built yet")]

    text = as_json(figures, skipped, {"date": "2026-04-02"})

    first = json.loads(text)["figures"][0]
    assert {"name", "value", "unit", "ratio", "against", "bar", "holds"} <= first.keys()
    assert (first["bar"], first["holds"], first["ratio"]) == (1.3, True, 1.35)
    assert from_json(text) == (figures, skipped, {"date": "2026-04-02"})


def test_the_page_names_the_bars_that_are_not_met_and_what_was_not_measured() -> None:
    figures = [
        of_ratios("posting", [12], "/s", least_ratio(1.3), against="theirs", yardstick=[10]),
        Figure("export", None, "", note="failed: no such report"),
    ]

    page = table.as_markdown(as_json(figures, [Skipped("night", "not built yet")], {"date": "2026-04-02"}))

    assert "- posting: 1.2, bar ≥ 1.3 ×." in page
    assert "- export: failed: no such report." in page
    assert "- night: not built yet." in page


def test_a_report_of_pgbench_with_failures_is_no_figure() -> None:
    assert math.isclose(read(REPORT.format(failed=0)).rate, 2345.678901)

    for said in (REPORT.format(failed=3), "pgbench: error"):
        with pytest.raises(NotMeasured):
            read(said)


def test_the_sixty_services_are_sixty() -> None:
    services = sixty_services()

    assert len({(service.department, service.code) for service in services}) == 60


def test_the_bank_s_statement_is_one_that_the_reader_takes() -> None:
    wallets = ["BSKOP1000001", "BSKOP1000002"]

    read_back = readers.read(statement(300, wallets, today()).encode(), today=today())

    assert len(read_back.lines) == 300
    assert read_back.closing == read_back.opening + sum(line.amount for line in read_back.lines)


def test_posting_and_a_night_are_measured_on_servers_of_their_own_and_leave_lawful_books(tmp_path: Path) -> None:
    ground = Ground(tmp_path, SMALL, silent, wallets=50)

    with ground.standing():
        (figure,) = posting.measure(ground, scale=1, clients=2)
        nights = night.measure(ground, payments=400)
        seconds = [check(ground, each.service_url) for each in ground.ledgers().values()]

    assert figure.value is not None
    assert figure.ratio is not None
    assert figure.against is not None
    assert figure.against.startswith("pgbench TPC-B-like")
    assert [each.value and each.value > 0 for each in nights] == [True, True]
    assert [str(each.bar) for each in nights] == ["≤ 0.48", "≤ 2 ×"]
    assert min(seconds) > 0
