"""An export of ten lakh entries, streamed by the server over HTTP, beside `COPY … TO STDOUT` of the same columns."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg

from bench import http_servers
from bench.figures import Figure, NotMeasured, in_rounds, least_ratio, most, of_ratios
from bench.ground import HISTORY, Ground
from bench.http_servers import Serving
from bench.past import build
from bench.pgbench import login
from wallet_service.client.keys import new_key
from wallet_service.database import Database
from wallet_service.embedded.binaries import postgres_programs
from wallet_service.embedded.postgres import OWNER
from wallet_service.payments import clients
from wallet_service.reports.exports import REPORTS

ENTRIES = 1_000_000
_LONGEST_DAYS = 366
_MOST_GROWTH_MB = 16
_READ_BYTES = 1 << 18
_REPORT = "entries"
# The last days that together have enough entries; a whole financial year where there are fewer.
_DAYS = """
SELECT min(day), max(day), sum(entries)::bigint FROM (
  SELECT business_day AS day, count(*) AS entries,
         sum(count(*)) OVER (ORDER BY business_day DESC) - count(*) AS later
  FROM entries WHERE business_day > (SELECT max(business_day) FROM entries) - %(days)s GROUP BY business_day) x
WHERE later < %(wanted)s
"""


@dataclass(frozen=True)
class _Span:
    first: date
    last: date
    entries: int


def measure(ground: Ground) -> list[Figure]:
    """Return how many entries a second leave the server beside COPY's, and by how much its memory grew."""
    build(ground)
    ground.tell("choosing the days to export")
    wanted = _span(ground, ENTRIES)
    token = _client(ground)
    copied = _copy_of(ground, wanted)
    with http_servers.service(ground, ground.url(HISTORY)) as server:
        _fetched(server, token, _span(ground, 1))
        before = _most_memory(server)
        found = in_rounds(
            {
                "COPY": lambda: wanted.entries / copied(),
                "export": lambda: wanted.entries / _fetched(server, token, wanted),
            },
            ground.plan.rounds,
            ground.tell,
        )
        grown = (_most_memory(server) - before) / 1_000_000
    what = f"export of {wanted.entries:,} entries as CSV"
    return [
        of_ratios(
            what,
            found["export"],
            "entries/s",
            least_ratio(0.5),
            against="COPY … TO STDOUT of the same columns",
            yardstick=found["COPY"],
        ),
        Figure(
            f"{what}: growth of the server's memory over that of one day's export", grown, "MB", most(_MOST_GROWTH_MB)
        ),
    ]


def _span(ground: Ground, wanted: int) -> _Span:
    with psycopg.connect(ground.url(HISTORY, OWNER)) as connection:
        row = connection.execute(_DAYS, {"wanted": wanted, "days": _LONGEST_DAYS}).fetchone()
    if row is None or row[2] is None:
        raise NotMeasured("the history has no entries")
    return _Span(*row)


def _client(ground: Ground) -> str:
    database = Database(ground.url(HISTORY), pool_size=1)
    with database.transaction() as connection:
        issued = clients.add(connection, f"bench-{new_key()[:23]}", ["reports:read"], by="bench")
    database.close()
    return issued.token


def _copy_of(ground: Ground, span: _Span) -> Callable[[], float]:
    """Return what lets `psql` copy the report's cells of the span's entries to nowhere, in no order, and times it."""
    chosen = f"SELECT * FROM entries WHERE business_day BETWEEN '{span.first}' AND '{span.last}'"  # noqa: S608
    query = REPORTS[_REPORT].query(chosen).rpartition("\nORDER BY")[0]
    program = postgres_programs(None) / "psql"

    def copied() -> float:
        began = time.perf_counter()
        done = subprocess.run(
            [program, "--no-psqlrc", "--quiet", f"--command=COPY ({query}) TO STDOUT (FORMAT csv)"],
            env=login(ground.url(HISTORY)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise NotMeasured(f"psql ended with status {done.returncode}: {done.stderr[-500:]!r}")
        return time.perf_counter() - began

    return copied


def _fetched(server: Serving, token: str, span: _Span) -> float:
    """Ask for an export of the span, fetch its file, and return the seconds that the file took.

    Raises:
        NotMeasured: it is not answered, or has another number of lines.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    asked = {"report": _REPORT, "from": str(span.first), "to": str(span.last), "format": "csv", "purpose": "benchmark"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/exports", json.dumps(asked), headers)
    answer = connection.getresponse()
    made = json.loads(answer.read())
    if answer.status != http.client.ACCEPTED:
        raise NotMeasured(f"the export was answered {answer.status}: {made}")
    began = time.perf_counter()
    connection.request("GET", f"/v1/exports/{made['id']}/file", headers=headers)
    answer = connection.getresponse()
    lines = 0
    while chunk := answer.read(_READ_BYTES):
        lines += chunk.count(b"\n")
    took = time.perf_counter() - began
    connection.close()
    if answer.status != http.client.OK or lines != span.entries + 1:
        raise NotMeasured(f"the file was answered {answer.status} with {lines} lines for {span.entries} entries")
    return took


def _most_memory(server: Serving) -> int:
    """Return the most memory that any worker of the server ever held at once: the kernel's high water mark."""
    marks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="utf-8", errors="replace")
        except OSError:  # It has ended since it was listed.
            continue
        if re.search(rf"^PPid:\s+{server.pid}$", text, re.MULTILINE) and (mark := _MARK.search(text)):
            marks.append(int(mark[1]) * 1024)
    if not marks:
        raise NotMeasured("the server has no workers")
    return max(marks)


_MARK = re.compile(r"^VmHWM:\s+([0-9]+) kB$", re.MULTILINE)
