"""The database of the process at work, and where its requests meet: made at its first request, never before a fork."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from flask import Flask, current_app

from wallet_service.database import Database
from wallet_service.payments.batches import Item
from wallet_service.payments.clients import Proof
from wallet_service.payments.proved import pay_together
from wallet_service.settings import Settings
from wallet_service.together import Together

_NAME = "wallet"


@dataclass(frozen=True)
class _Made:
    pid: int
    database: Database
    together: Together[Proof, Item]


class Databases:
    """Makes the database of each process once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = Lock()
        self._made: _Made | None = None

    def of_this_process(self) -> Database:
        """Return the database of this process."""
        return self._of_this_process().database

    def together_of_this_process(self) -> Together[Proof, Item]:
        """Return where the debits of this process's requests meet, those of one proof with one another."""
        return self._of_this_process().together

    def close(self) -> None:
        """Close what this process has opened."""
        if self._made is not None and self._made.pid == os.getpid():
            self._made.database.close()
            self._made = None

    def _of_this_process(self) -> _Made:
        made = self._made
        if made is None or made.pid != os.getpid():
            made = self._make()
        return made

    def _make(self) -> _Made:
        with self._lock:
            if self._made is None or self._made.pid != os.getpid():
                database = self._opened()
                self._made = _Made(os.getpid(), database, Together(_statement(database)))
            return self._made

    def _opened(self) -> Database:
        return Database(
            self.settings.database_url,
            pool_size=self.settings.pool_size,
            lock_timeout_ms=self.settings.lock_timeout_ms,
            statement_timeout_ms=self.settings.statement_timeout_ms,
        )


def _statement(database: Database) -> Callable[[Proof, Sequence[Item]], Sequence[Any]]:
    return lambda proof, items: database.posting_once(lambda line: pay_together(line, proof, items))


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
