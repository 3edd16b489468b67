"""`python3 run.py bench`: measures every figure beside its yardstick in one run, and says which bar is not met."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from bench import (
    bank_files,
    batches,
    departments,
    disk,
    exporting,
    hot,
    http_debits,
    matching,
    night,
    past,
    posting,
    reading,
    table,
    trial_balance,
)
from bench.figures import Figure, NotMeasured, Skipped, as_json
from bench.ground import Ground, Plan
from wallet_service.embedded import ServerFailed
from wallet_service.embedded.postgres import SETTINGS
from wallet_service.errors import WalletError

RESULT = Path("bench.json")
FULL = Plan(payments=20_000_000, rounds=5, seconds=10, calls=5_000, page=20, quick=False)
QUICK = Plan(payments=150_000, rounds=3, seconds=2, calls=500, page=5, quick=True)

FIGURES: Mapping[str, Callable[[Ground], list[Figure]]] = {
    "posting": posting.measure,
    "hot": hot.measure,
    "batches": batches.measure,
    "http": http_debits.measure,
    "disk": disk.measure,
    "trial-balance": trial_balance.measure,
    "reading": reading.measure,
    "departments": departments.measure,
    "export": exporting.measure,
    "history": past.measure,
    "bank-file": bank_files.measure,
    "matching": matching.measure,
    "night": night.measure,
}
_NOT_QUICK = {
    "export": "ten lakh entries are more than the smaller history has",
    "bank-file": "it takes minutes",
}
_TOLD_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size")
_FAILURES = (NotMeasured, ServerFailed, WalletError, SQLAlchemyError, psycopg.Error, OSError, BrokenProcessPool)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write bench.json; the status is 1 when a bar is not met."""
    asked = _parser().parse_args(arguments)
    if asked.table:
        sys.stdout.write(table.as_markdown(RESULT.read_text(encoding="utf-8")))
        return 0
    plan = QUICK if asked.quick else FULL
    if asked.payments:
        plan = replace(plan, payments=asked.payments)
    directory = Path(asked.dir or tempfile.mkdtemp(prefix="wallet-bench-"))
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {line}", file=sys.stderr, flush=True)

    names = asked.only or [name for name in FIGURES if not (plan.quick and name in _NOT_QUICK)]
    skipped, figures = _skipped(names, plan.quick), list[Figure]()
    ground = Ground(directory, plan, tell)
    try:
        with ground.standing():
            for figures in measured(ground, names):
                RESULT.write_text(as_json(figures, skipped, _facts(plan)), encoding="utf-8")
    finally:
        if not asked.keep and not asked.dir:
            shutil.rmtree(directory, ignore_errors=True)
    table.show(figures, skipped)
    return 0 if all(figure.holds is not False for figure in figures) else 1


def measured(ground: Ground, names: Sequence[str]) -> Iterator[list[Figure]]:
    """Yield what there is after each figure, so that a run that is cut short leaves what it had. The laws come last.

    A figure that fails is among them, without a value.
    """
    figures: list[Figure] = []
    for name in names:
        figures += _tried(ground, name, FIGURES[name])
        yield figures
    for name, ledger in ground.ledgers().items():
        figures += _tried(ground, f"laws of the ledger {name!r}", partial(_lawful, name=name, url=ledger.service_url))
        yield figures


def _tried(ground: Ground, name: str, measure: Callable[[Ground], list[Figure]]) -> list[Figure]:
    ground.tell(f"{name}:")
    try:
        return measure(ground)
    except _FAILURES as error:
        said = str(error).partition("\n")[0]
        ground.tell(f"{name} failed: {said}")
        return [Figure(name, None, "", note=f"failed: {said}")]


def _lawful(ground: Ground, name: str, url: str) -> list[Figure]:
    return [Figure(f"every law checked on what was posted to the ledger {name!r}", past.check(ground, url), "s")]


def _skipped(names: Sequence[str], quick: bool) -> list[Skipped]:
    reasons = {name: _NOT_QUICK[name] if quick and name in _NOT_QUICK else "not asked for" for name in FIGURES}
    return [Skipped(name, reason) for name, reason in reasons.items() if name not in names]


def _facts(plan: Plan) -> dict[str, object]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processors": len(os.sched_getaffinity(0)),
            "model": _processor(),
            "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "system": f"{platform.system()} {platform.release().partition('-')[0]}",
            "Python": platform.python_version(),
        },
        "settings": {name: SETTINGS[name] for name in _TOLD_SETTINGS},
        "plan": vars(plan),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smaller history and shorter rounds: three minutes")
    parser.add_argument("--payments", type=int, metavar="N", help="so many payments of history")
    parser.add_argument("--only", nargs="+", choices=list(FIGURES), metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--dir", metavar="DIR", help="keep the servers' data here; its history is used again")
    parser.add_argument("--keep", action="store_true", help="keep the data of a run without --dir")
    parser.add_argument("--table", action="store_true", help="print bench.json as Markdown, and measure nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
