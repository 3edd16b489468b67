"""Processes that end when we do, and that hold no more rights than they need. Linux only."""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
"""From Linux's <sys/prctl.h>; see prctl(2)."""

LOG_LIMIT_BYTES = 10_000_000


class ServerFailed(Exception):
    """A server could not be started or stopped; the message says what was seen and what to do."""


@dataclass(frozen=True)
class Account:
    """The system user that a server runs as, when that is not our own."""

    uid: int
    gid: int


def account_for(folder: Path) -> Account | None:
    """Return the account a server that keeps its data in *folder* runs as; None means our own.

    PostgreSQL refuses to run as root, so root hands its servers to whoever owns the data, and to `nobody` at first.
    """
    if os.geteuid() != 0:
        return None
    if folder.exists() and (owner := folder.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def own_folder(folder: Path, account: Account | None) -> None:
    """Create *folder* for *account* alone, unless it is there."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        if account is not None:
            os.chown(folder, account.uid, account.gid)


def die_with_parent(parent: int, signal_number: signal.Signals) -> None:
    """Have the kernel send us *signal_number* when *parent* dies, even by SIGKILL; end now if it is already gone.

    Call it in the child, after any change of uid (which clears the wish), when the parent forked from its main
    thread: to the kernel the parent is the thread that forked (prctl(2), PR_SET_PDEATHSIG).
    """
    _prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def bind_forks() -> None:
    """From here on, let each process that this one forks be killed when it dies: servers fork workers of their own.

    Killed, not asked: a worker whose server is gone has nobody to answer, and what it began is as safe as in any crash.
    """
    parent = os.getpid()

    def remember() -> None:
        nonlocal parent
        parent = os.getpid()

    os.register_at_fork(before=remember, after_in_child=lambda: die_with_parent(parent, signal.SIGKILL))


def start(
    command: Sequence[str | Path],
    *,
    folder: Path,
    log: Path,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    parting: signal.Signals = signal.SIGTERM,
    given: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start *command* in *folder*, in a session of its own, writing to *log*; it gets *parting* when we die.

    *given* is what it reads on its standard input, at most a pipe's worth. Call it from the main thread.
    """
    with opened(log) as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            # Safe: it makes two system calls, by names that were looked up before the fork.
            preexec_fn=partial(die_with_parent, os.getpid(), parting),  # noqa: PLW1509
        )
    if given is not None and process.stdin is not None:
        process.stdin.write(given.encode())
        process.stdin.close()
    return process


def stop(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal of *steps* in turn, each followed by its seconds of patience, until *process* has ended."""
    for signal_number, seconds in (*steps, (signal.SIGKILL, 2.0)):
        if process.poll() is not None:
            return
        process.send_signal(signal_number)
        if ended(process, seconds):
            return
    raise ServerFailed(f"process {process.pid} does not end, even when killed: look at its disk")


def ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Say whether *process* ends within *seconds*."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def wait_until(done: Callable[[], bool], seconds: float, interval: float = 0.02) -> bool:
    """Ask *done* until it says yes; False when *seconds* have passed first."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def working_in(folder: Path) -> list[int]:
    """Return the processes whose working directory is *folder*: a server's own and its orphans."""
    wanted = folder.resolve()
    return [pid for pid in _processes() if _working_directory(pid) == wanted]


def last_lines(log: Path, count: int = 12) -> str:
    """Return the end of *log*, for a message about the process that wrote it."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else ""


def opened(log: Path) -> IO[bytes]:
    """Open *log* to append to; past 10 MB it is put aside first, as one older log."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old"))
    return log.open("ab")


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _working_directory(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:  # It has ended, or is somebody else's.
        return None


_prctl = ctypes.CDLL(None).prctl  # Looked up here: nothing should be imported between fork and exec.
