"""The state directory of one `wallet up`: who runs in it, its passwords and its ports."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from wallet_service.embedded.children import ServerFailed

LOOPBACK = "127.0.0.1"
Fact = TypeVar("Fact", str, int)


class AlreadyRunning(ServerFailed):
    """Another process runs on this state directory."""


class StateDirectory:
    """A folder with everything that the embedded servers keep.

    `servers.json` (0600) holds their passwords and ports, so that an address stays good from one run to the next.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.logs = self.path / "logs"

    def create(self) -> None:
        """Make the folder, for its owner alone, unless it is there."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder for this process alone; the kernel lets go of it however the process ends.

        Raises:
            AlreadyRunning: another process holds it.
        """
        self.create()
        with os.fdopen(os.open(self.path / "up.pid", os.O_RDWR | os.O_CREAT, 0o600), "r+") as claim:
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = claim.read().strip() or "unknown"
                raise AlreadyRunning(
                    f"{self.path} is already in use: `wallet up` runs on it as process {pid}"
                ) from None
            claim.truncate(0)
            claim.write(f"{os.getpid()}\n")
            claim.flush()
            yield
            claim.truncate(0)

    def password(self, name: str) -> str:
        """Return the password called *name*, made at random the first time it is asked for."""
        return str(self._kept("passwords", name) or self._keep("passwords", name, secrets.token_urlsafe(24)))

    def port(self, name: str) -> int:
        """Return a free port on loopback: the one that *name* had last time, if nobody has taken it since."""
        before = self._kept("ports", name)
        if isinstance(before, int) and is_free(before):
            return before
        return int(self._keep("ports", name, free_port()))

    def write_private(self, name: str, facts: Mapping[str, object]) -> None:
        """Write *facts* as JSON that only the owner may read; a reader sees the old file or the new, never half."""
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix=f".{name}.")  # Its mode is 0600.
        with os.fdopen(handle, "w") as file:
            json.dump(facts, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(self.path / name)

    def read(self, name: str) -> dict[str, object]:
        """Return the JSON object kept as *name*; empty when there is none.

        Raises:
            ServerFailed: it is there and is not a JSON object.
        """
        try:
            facts = json.loads((self.path / name).read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ServerFailed(f"{self.path / name} is not JSON ({error}): restore it or remove it") from error
        if not isinstance(facts, dict):
            raise ServerFailed(f"{self.path / name} is not a JSON object: restore it or remove it")
        return facts

    def _kept(self, group: str, name: str) -> object:
        facts = self.read("servers.json").get(group)
        return facts.get(name) if isinstance(facts, dict) else None

    def _keep(self, group: str, name: str, fact: Fact) -> Fact:
        facts = self.read("servers.json")
        known = facts.get(group)
        self.write_private("servers.json", {**facts, group: {**(known if isinstance(known, dict) else {}), name: fact}})
        return fact


def free_port(host: str = LOOPBACK) -> int:
    """Return a port of *host* that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could listen on *port* of *host* now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
