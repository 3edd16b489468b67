"""Runs `pgbench` of the same wheel as the server, and reads what it says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.figures import NotMeasured
from wallet_service.embedded.binaries import postgres_programs

THREADS = 2
_RATE = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_DONE = re.compile(r"^number of transactions actually processed: ([0-9]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)


@dataclass(frozen=True)
class Pgbenched:
    """What one run of `pgbench` came to."""

    rate: float
    transactions: int


def initialise(url: str, scale: int) -> None:
    """Fill the database with the tables of the TPC-B-like script."""
    _run(url, ["--initialize", "--quiet", f"--scale={scale}"])


def run(url: str, clients: int, seconds: int, script: Path | None = None) -> Pgbenched:
    """Let *clients* run *script* (the built-in TPC-B-like one without) for *seconds*, statements prepared.

    Raises:
        NotMeasured: a transaction failed, or pgbench did.
    """
    said = _run(
        url,
        [
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={clients}",
            f"--jobs={THREADS}",
            f"--time={seconds}",
            *([f"--file={script}"] if script else ["--builtin=tpcb-like"]),
        ],
    )
    return read(said)


def read(said: str) -> Pgbenched:
    """Return the facts of pgbench's report.

    Raises:
        NotMeasured: transactions failed, or it is no report.
    """
    rate, done, failed = _RATE.search(said), _DONE.search(said), _FAILED.search(said)
    if rate is None or done is None or failed is None:
        raise NotMeasured(f"pgbench reported no rate: {said[-300:]}")
    if int(failed[1]):
        raise NotMeasured(f"{failed[1]} transactions of pgbench failed")
    return Pgbenched(_number(rate[1]), int(done[1]))


def login(url: str) -> dict[str, str]:
    """Return the environment by which PostgreSQL's programs log in: arguments of a process are for all to see."""
    at = urlsplit(url)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PGHOST": at.hostname or "",
        "PGPORT": str(at.port),
        "PGUSER": at.username or "",
        "PGPASSWORD": at.password or "",
        "PGDATABASE": at.path.removeprefix("/"),
    }


def _number(digits: str) -> float:
    whole, _, part = digits.partition(".")
    tenths: int = 10 ** len(part)
    return int(whole + part) / tenths


def _run(url: str, arguments: Sequence[str]) -> str:
    program = postgres_programs(None) / "pgbench"
    done = subprocess.run(
        [program, *arguments],
        env=login(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise NotMeasured(f"pgbench ended with status {done.returncode}: {done.stderr[-500:]}")
    return done.stdout
