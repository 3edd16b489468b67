"""Keeps a few processes running in the foreground: starts them, starts again what dies, stops them in order."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from wallet_service.embedded import ServerFailed, children

_CALM_SECONDS = 60.0
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 0.2


class Stopped(BaseException):
    """Somebody asked this process to stop. Not an Exception: nothing on the way out should take it for a failure."""


def stop_on_signals() -> None:
    """Raise `Stopped` in the main thread at the first SIGTERM or SIGINT; later ones do not disturb the stopping."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)


@dataclass
class Watched:
    """A process that should be running, how to start it, and how often it has died lately."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    log: Path
    patience: float = 3.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    deaths: int = 0

    def launch(self) -> None:
        """Start the process.

        Raises:
            ServerFailed: it does not start.
        """
        self.started_at = time.monotonic()
        self.process = self.start()

    def delay_seconds(self) -> float:
        """Count one more death and return how long to wait: twice as long each time, half a minute at most."""
        if time.monotonic() - self.started_at > _CALM_SECONDS:
            self.deaths = 0
        self.deaths += 1
        delay: float = min(_FIRST_DELAY_SECONDS * 2 ** (self.deaths - 1), _LONGEST_DELAY_SECONDS)
        return delay


def keep_running(watched: Sequence[Watched], tell: Callable[[str], None]) -> NoReturn:
    """Look after all of *watched* until `Stopped` is raised; *tell* is given a line about each death."""
    while True:
        for one in watched:
            look_after(one, tell)
        time.sleep(_LOOK_EVERY_SECONDS)


def look_after(one: Watched, tell: Callable[[str], None]) -> None:
    """Notice whether *one* has died, and start it again once its delay is over."""
    if one.process is not None and one.process.poll() is not None:
        delay = one.delay_seconds()
        one.due_at = time.monotonic() + delay
        tell(f"{one.name} ended with status {one.process.returncode}; it starts again in {delay:g} s. Its last lines:")
        tell(children.last_lines(one.log))
        one.process = None
    if one.process is None and time.monotonic() >= one.due_at:
        try:
            one.launch()
        except ServerFailed as error:
            delay = one.delay_seconds()
            one.due_at = time.monotonic() + delay
            tell(f"{one.name} does not start; the next attempt is in {delay:g} s. {error}")


def stop_all(watched: Sequence[Watched]) -> None:
    """Ask all of *watched* to end at once, then wait for each as long as its patience allows, then kill it."""
    running = [(one, one.process) for one in watched if one.process is not None]
    for _, process in running:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + max((one.patience for one, _ in running), default=0.0)
    for one, process in running:
        children.ended(process, max(deadline - time.monotonic(), 0.0))
        children.stop(process, ())
        one.process = None
