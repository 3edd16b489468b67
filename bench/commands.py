"""The `wallet` commands as they are given, with what each takes in time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from bench.figures import NotMeasured
from bench.ground import Ground


@dataclass(frozen=True)
class Done:
    """What a command took, in seconds and in bytes at once, and the facts it printed."""

    seconds: float
    most_bytes: int
    facts: Any


def run_wallet(ground: Ground, url: str, *arguments: str) -> Done:
    """Run a `wallet` command on the ledger at *url*.

    Raises:
        NotMeasured: it ended with another status than 0.
    """
    ground.tell(f"wallet {' '.join(arguments[:1])}")
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "wallet_service", *arguments, "--json"],
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
    )
    with process:
        said = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise NotMeasured(f"`wallet {arguments[0]}` ended with status {process.returncode}: {said[-500:]!r}")
    return Done(time.perf_counter() - began, used.ru_maxrss * 1024, json.loads(said))
