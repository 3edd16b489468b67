"""The environment is read once, and all that is wrong with it is said at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wallet_service.settings import Settings, SettingsWrong, owner_url

_ADDRESSES = {"DATABASE_URL": "postgresql://a:b@127.0.0.1:1/wallet", "REDIS_URL": "redis://127.0.0.1:2/0"}


def test_all_that_is_missing_or_wrong_is_listed_in_one_message() -> None:
    environment = {"DATABASE_URL": "mysql://somewhere", "WALLET_PORT": "৮০", "WALLET_WEB_WORKERS": "0"}

    with pytest.raises(SettingsWrong) as refusal:
        Settings.from_environment(environment=environment)

    said = str(refusal.value)
    assert [
        name for name in ("DATABASE_URL", "REDIS_URL", "WALLET_PORT", "WALLET_WEB_WORKERS") if name not in said
    ] == []
    assert len(said.splitlines()) == 5


def test_a_state_directory_that_is_named_wins_over_the_environment(tmp_path: Path) -> None:
    running = {"database_url": "postgresql://c:d@127.0.0.1:3/wallet", "redis_url": "redis://127.0.0.1:4/0"}
    (tmp_path / "endpoints.json").write_text(json.dumps(running))

    settings = Settings.from_environment(tmp_path, _ADDRESSES)

    assert (settings.database_url, settings.redis_url) == (running["database_url"], running["redis_url"])


def test_the_environment_wins_over_the_directory_it_names(tmp_path: Path) -> None:
    settings = Settings.from_environment(environment={**_ADDRESSES, "WALLET_DIR": str(tmp_path), "WALLET_PORT": "81"})

    assert (settings.database_url, settings.port) == (_ADDRESSES["DATABASE_URL"], 81)


def test_a_directory_on_which_nothing_runs_says_what_to_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match=r"endpoints\.json is not there: start `wallet up --dir"):
        Settings.from_environment(tmp_path, {})


def test_the_owners_login_is_read_from_its_own_file(tmp_path: Path) -> None:
    (tmp_path / "owner.json").write_text(json.dumps({"database_url": "postgresql://owner:x@127.0.0.1:3/wallet"}))

    assert owner_url(tmp_path, _ADDRESSES) == "postgresql://owner:x@127.0.0.1:3/wallet"
    with pytest.raises(SettingsWrong, match="DATABASE_OWNER_URL is not set"):
        owner_url(environment=_ADDRESSES)


def test_a_password_is_not_shown_with_the_settings() -> None:
    shown = repr(Settings.from_environment(environment=_ADDRESSES))

    assert "b@127" not in shown
