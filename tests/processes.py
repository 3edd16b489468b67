"""Looks at other processes, and waits for what they do, with a deadline."""

from __future__ import annotations

from pathlib import Path

import pytest

from wallet_service.embedded.children import wait_until


def descendants(pid: int) -> set[int]:
    """Return the processes that *pid* started, and those that these started."""
    parents = {int(entry.name): _parent(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def running(pids: set[int]) -> dict[int, str]:
    """Return which of *pids* still run, with their command lines; one that only waits to be reaped does not."""
    return {pid: command for pid in pids if (command := _command(Path(f"/proc/{pid}")))}


def wait_for_end(pids: set[int], seconds: float) -> None:
    """Fail the test unless all of *pids* end within *seconds*."""
    if not wait_until(lambda: not running(pids), seconds):
        pytest.fail(f"still running after {seconds:g} s: {running(pids)}")


def command_lines(pids: set[int]) -> str:
    """Return the arguments of *pids*, as `ps` shows them to everybody."""
    return "\n".join(running(pids).values())


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # It has ended since the folder was listed.
        return 0


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""
