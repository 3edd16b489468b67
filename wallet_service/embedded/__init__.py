"""A PostgreSQL and a Valkey of our own, where none is configured. Linux only."""

from wallet_service.embedded.children import ServerFailed
from wallet_service.embedded.directory import AlreadyRunning, StateDirectory
from wallet_service.embedded.postgres import Postgres
from wallet_service.embedded.valkey import Valkey

__all__ = ["AlreadyRunning", "Postgres", "ServerFailed", "StateDirectory", "Valkey"]
