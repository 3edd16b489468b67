"""Everything the environment decides, read once at start."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

COUNTERS_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that prometheus_client looks for, when first imported, to add up the counters of several processes."""

TRAINING = "WALLET_TRAINING"
"""The variable that says that a service is for training or benchmarks, and may run on books that were generated."""

_POSTGRES = ("postgresql://", "postgres://")
_REDIS = ("redis://", "rediss://", "unix://")


class SettingsWrong(Exception):
    """The environment does not say what the service needs; the message lists all of it."""


@dataclass(frozen=True)
class Settings:
    """What the service was told at its start. Connections and threads are per process."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8000
    pool_size: int = 8
    statement_timeout_ms: int = 10_000
    lock_timeout_ms: int = 2_000
    web_workers: int = 2
    web_threads: int = 24
    job_processes: int = 1
    job_threads: int = 4
    training: bool = False

    @classmethod
    def from_environment(cls, directory: Path | None = None, environment: Mapping[str, str] | None = None) -> Self:
        """Return the settings of the environment.

        The addresses are those of the `wallet up` that runs on *directory*; without one DATABASE_URL and REDIS_URL,
        and where they are not set, those of the `wallet up` on WALLET_DIR.

        Raises:
            SettingsWrong: something is missing or wrong; all of it is listed.
        """
        reader = _Reader(os.environ if environment is None else environment)
        addresses = reader.addresses(directory)
        settings = cls(
            database_url=reader.address("DATABASE_URL", addresses["database_url"], _POSTGRES),
            redis_url=reader.address("REDIS_URL", addresses["redis_url"], _REDIS),
            host=reader.environment.get("WALLET_HOST", cls.host),
            port=reader.number("WALLET_PORT", cls.port, 0, 65_535),
            pool_size=reader.number("WALLET_POOL_SIZE", cls.pool_size, 1, 100),
            statement_timeout_ms=reader.number("WALLET_STATEMENT_TIMEOUT_MS", cls.statement_timeout_ms, 100, 600_000),
            lock_timeout_ms=reader.number("WALLET_LOCK_TIMEOUT_MS", cls.lock_timeout_ms, 100, 60_000),
            web_workers=reader.number("WALLET_WEB_WORKERS", cls.web_workers, 1, 64),
            web_threads=reader.number("WALLET_WEB_THREADS", cls.web_threads, 1, 256),
            job_processes=reader.number("WALLET_JOB_PROCESSES", cls.job_processes, 1, 64),
            job_threads=reader.number("WALLET_JOB_THREADS", cls.job_threads, 1, 256),
            training=bool(reader.number(TRAINING, 0, 0, 1)),
        )
        if reader.problems:
            raise SettingsWrong("\n".join(["the settings are not complete:", *(f"- {one}" for one in reader.problems)]))
        return settings


def owner_url(directory: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Return the login of the database's owner, which only migrations use.

    It is that of the `wallet up` on *directory*; without one DATABASE_OWNER_URL, else that of WALLET_DIR.

    Raises:
        SettingsWrong: none of these is there.
    """
    reader = _Reader(os.environ if environment is None else environment)
    given = reader.environment.get("DATABASE_OWNER_URL", "")
    folder = directory or (None if given else reader.directory())
    found = reader.facts(folder / "owner.json").get("database_url", "") if folder else given
    url = reader.address("DATABASE_OWNER_URL", found, _POSTGRES)
    if reader.problems:
        raise SettingsWrong("\n".join(reader.problems))
    return url


def service_url(directory: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Return the service's login at its database, for a command that needs nothing else.

    It is that of the `wallet up` that runs on *directory*; without one DATABASE_URL, else that of WALLET_DIR.

    Raises:
        SettingsWrong: none of these is there.
    """
    reader = _Reader(os.environ if environment is None else environment)
    given = reader.environment.get("DATABASE_URL", "")
    folder = directory or (None if given else reader.directory())
    found = reader.facts(folder / "endpoints.json").get("database_url", "") if folder else given
    url = reader.address("DATABASE_URL", found, _POSTGRES)
    if reader.problems:
        raise SettingsWrong("\n".join(reader.problems))
    return url


class _Reader:
    """Reads one value after the other and remembers what was wrong with each."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []
        self.unreadable = ""

    def directory(self) -> Path | None:
        name = self.environment.get("WALLET_DIR", "")
        return Path(name) if name else None

    def addresses(self, directory: Path | None) -> dict[str, str]:
        given = {
            "database_url": self.environment.get("DATABASE_URL", ""),
            "redis_url": self.environment.get("REDIS_URL", ""),
        }
        if directory is None and all(given.values()):
            return given
        folder = directory or self.directory()
        running = self.facts(folder / "endpoints.json") if folder else {}
        if directory is not None:
            return {name: running.get(name, "") for name in given}
        return {name: url or running.get(name, "") for name, url in given.items()}

    def facts(self, path: Path) -> dict[str, str]:
        try:
            found = json.loads(path.read_text())
        except FileNotFoundError:
            self.unreadable = f"{path} is not there: start `wallet up --dir '{path.parent}'` first"
        except (OSError, ValueError) as error:
            self.unreadable = f"{path} cannot be read: {error}"
        if self.unreadable:
            self.problems.append(self.unreadable)
            return {}
        return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}

    def address(self, name: str, url: str, schemes: tuple[str, ...]) -> str:
        if not url:
            if not self.unreadable:
                self.problems.append(
                    f"{name} is not set: give it, or the directory of a `wallet up` (--dir or WALLET_DIR)"
                )
        elif not url.startswith(schemes):
            self.problems.append(f"{name} does not start with {' or '.join(schemes)}")
        return url

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.environment.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most and len(text) <= 9):
            self.problems.append(f"{name} is {text[:40]!r}, not a whole number from {least} to {most}")
            return default
        return int(text)
