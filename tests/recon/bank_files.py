"""The bank files of the fixtures, and what reading one gives: the words in which tests speak of them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from wallet_service.errors import FileNotReadable
from wallet_service.recon import readers
from wallet_service.recon.statements import Statement

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sbi"
GIVES: dict[str, Any] = json.loads((FIXTURES / "gives.json").read_text(encoding="utf-8"))
TODAY = date(2026, 4, 10)
POOL = "sbi-pool-2026-04-02.xls"


def fixture(name: str) -> str:
    """Return a file's letters, its line ends as they are."""
    return (FIXTURES / name).read_bytes().decode("utf-8-sig")


def read(text: str | bytes) -> Statement:
    """Return the statement, on a day when all of the fixtures have come."""
    return readers.read(text.encode() if isinstance(text, str) else text, today=TODAY)


def read_or_none(content: bytes) -> Statement | None:
    """Return the statement, or None where it is refused."""
    try:
        return read(content)
    except FileNotReadable:
        return None


def refusal(text: str | bytes) -> dict[str, Any]:
    """Return the facts of the refusal that must come."""
    with pytest.raises(FileNotReadable) as caught:
        read(text)
    return caught.value.facts
