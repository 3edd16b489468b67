"""The sections of docs/errors.md, from the errors themselves. ``python -m tests.error_sections`` writes them anew."""

from __future__ import annotations

from pathlib import Path

from wallet_service.api import problems
from wallet_service.api.protocol import CallRefused
from wallet_service.errors import FAMILIES, WalletError, leaves

DOCUMENT = Path(__file__).parent.parent / "docs" / "errors.md"
ALL: tuple[type[WalletError], ...] = (CallRefused, *FAMILIES)


def sections() -> str:
    """Return what the document says behind its introduction: a section for each family, a row for each error."""
    return "\n".join(_section(family) for family in ALL)


def introduction() -> str:
    """Return what the document says before its first section."""
    return DOCUMENT.read_text(encoding="utf-8").partition("## ")[0]


def _section(family: type[WalletError]) -> str:
    head = ("| `type` `/problems/…` | status | what happened | what to do |", "| --- " * 4 + "|")
    rows = (
        f"| `{error.slug()}` | {problems.status_of(error)} | {error.title()} | {error.next_step} |"
        for error in leaves(family)
    )
    return "\n".join([f"## {family.title()}", "", *head, *rows, ""])


if __name__ == "__main__":
    DOCUMENT.write_text(introduction() + sections(), encoding="utf-8")
