"""The command that writes the API's description anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from wallet_service.__main__ import main

KEPT = Path(__file__).parents[2] / "openapi.json"


def test_the_description_is_printed_as_it_is_kept_without_any_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "WALLET_DIR"):
        monkeypatch.delenv(name, raising=False)

    result = CliRunner().invoke(main, ["openapi"])

    assert result.exit_code == 0, result.output
    assert result.stdout == KEPT.read_text(encoding="utf-8")
