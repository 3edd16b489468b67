"""What was sent to each operation and how it was answered, counted, and printed at the end of the run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import pytest

_PROPERTY = "api-answers"


@dataclass
class Answers:
    """The answers to one operation by status, and what in them was not as it should be."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.statuses.total()

    @property
    def share(self) -> float:
        """Return the share of answers that said yes."""
        return sum(times for status, times in self.statuses.items() if status < 300) / max(self.total, 1)

    def count(self, status: int, wrong: list[str]) -> None:
        self.statuses[status] += 1
        self.wrong += wrong


def report(request: pytest.FixtureRequest, label: str, answers: Answers) -> None:
    """Hand an operation's figures to the process that prints the summary."""
    statuses = " ".join(f"{status}×{times}" for status, times in sorted(answers.statuses.items()))
    request.node.user_properties.append(
        (_PROPERTY, f"{label}: {answers.total} sent, {answers.share:.0%} taken: {statuses}")
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how often each operation was called, and how it answered."""
    lines = [
        figures
        for outcome in ("passed", "failed")
        for each in terminalreporter.getreports(outcome)
        for name, figures in each.user_properties
        if name == _PROPERTY and each.when == "call"
    ]
    if lines:
        terminalreporter.section("answers of the API")
        for line in sorted(lines):
            terminalreporter.line(line)
