"""The database of the process at work, made at its first request: pools are never shared across a fork."""

from __future__ import annotations

import os
from threading import Lock

from flask import Flask, current_app

from wallet_service.database import Database
from wallet_service.settings import Settings

_NAME = "wallet"


class Databases:
    """Makes the database of each process once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = Lock()
        self._made: tuple[int, Database] | None = None

    def of_this_process(self) -> Database:
        """Return the database of this process."""
        made = self._made
        if made is None or made[0] != os.getpid():
            made = self._make()
        return made[1]

    def close(self) -> None:
        """Close what this process has opened."""
        if self._made is not None and self._made[0] == os.getpid():
            self._made[1].close()
            self._made = None

    def _make(self) -> tuple[int, Database]:
        with self._lock:
            if self._made is None or self._made[0] != os.getpid():
                self._made = (os.getpid(), self._opened())
            return self._made

    def _opened(self) -> Database:
        return Database(
            self.settings.database_url,
            pool_size=self.settings.pool_size,
            lock_timeout_ms=self.settings.lock_timeout_ms,
            statement_timeout_ms=self.settings.statement_timeout_ms,
        )


def register(app: Flask, settings: Settings) -> None:
    """Let *app* find its database."""
    app.extensions[_NAME] = Databases(settings)


def databases(app: Flask | None = None) -> Databases:
    """Return the databases of *app*, or of the app at work."""
    found: Databases = (app or current_app).extensions[_NAME]
    return found


def database() -> Database:
    """Return the database for the request at work."""
    return databases().of_this_process()
