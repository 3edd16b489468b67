"""What the machine did, counted: by the test that ran it, and in all at the end of the run."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field

import pytest

_PROPERTY, _FAULT, _SAID = "machine", "machine-fault", "machine-replays"


@dataclass
class Tally:
    """How many histories there were, how often each rule ran in them, and which one first went wrong (0: none)."""

    histories: int = 0
    first_wrong: int = 0
    steps: Counter[str] = field(default_factory=Counter)

    @property
    def mean(self) -> float:
        """Return the mean number of steps of a history."""
        return self.steps.total() / max(self.histories, 1)


def seed_of(run: str, part: str) -> int:
    """Return the seed of one part of a run: WALLET_SEED and the part, or what is *run*'s own, decide it."""
    return int.from_bytes(hashlib.sha256(f"{base_seed(run)} {part}".encode()).digest()[:4])


def base_seed(run: str) -> str:
    """Return WALLET_SEED, else a seed that all processes of this run share."""
    return os.environ.get("WALLET_SEED") or str(int.from_bytes(hashlib.sha256(run.encode()).digest()[:4]))


def report(
    request: pytest.FixtureRequest, tally: Tally, *, seed: str, seconds: float, fault: str | None = None
) -> None:
    """Hand a test's figures to the process that prints the summary; with the *fault* that it was to find."""
    figures = {
        "histories": tally.histories,
        "wrong": tally.first_wrong,
        "steps": dict(tally.steps),
        "seed": seed,
        "seconds": seconds,
    }
    request.node.user_properties.append((_FAULT if fault else _PROPERTY, {**figures, "fault": fault}))


def report_replays(request: pytest.FixtureRequest, tally: Tally, *, seed: str, seconds: float) -> None:
    """Hand the figures of the histories that went through the API to the process that prints the summary."""
    told = f"{tally.steps['told again']} answers, {tally.steps['refusal told again']} of them refusals, told again"
    say(request, f"{tally.histories} histories over HTTP, {told}, {seconds} s (WALLET_SEED={seed})")


def say(request: pytest.FixtureRequest, said: str) -> None:
    """Hand a line to the process that prints the summary."""
    request.node.user_properties.append((_SAID, said))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how often each rule of the machine ran, and the seed that makes it run the same again."""
    reported = [
        each_property
        for outcome in ("passed", "failed")
        for each in terminalreporter.getreports(outcome)
        for each_property in each.user_properties
        if each.when == "call"
    ]
    parts = [figures for name, figures in reported if name == _PROPERTY]
    for figures in (figures for name, figures in reported if name == _FAULT):
        found = f"history {figures['wrong']}, {figures['seconds']} s"
        terminalreporter.line(f"planted fault, {figures['fault']}: {found} (WALLET_SEED={figures['seed']})")
    for said in (said for name, said in reported if name == _SAID):
        terminalreporter.line(said)
    if not parts:
        return
    steps: Counter[str] = Counter()
    for part in parts:
        steps.update(part["steps"])
    histories = sum(part["histories"] for part in parts)
    terminalreporter.section("histories of the state machine")
    terminalreporter.line(
        f"{histories} histories of {steps.total() / max(histories, 1):.1f} steps in the mean,"
        f" {sum(part['seconds'] for part in parts):.0f} s; again with WALLET_SEED={parts[0]['seed']}"
    )
    terminalreporter.line(", ".join(f"{name} {times}" for name, times in sorted(steps.items())))
