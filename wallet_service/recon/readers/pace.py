"""How far the reading of a file has come, told to whoever watches: a large one takes a while.

It is told beside the reading and never changes what is read, so no reader passes it on from hand to hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

EVERY_SECONDS = 2.0

Tell = Callable[[int], None]


class _Watch:
    """Tells how many lines are behind the reader, not more often than every `EVERY_SECONDS`."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told_at = time.monotonic()

    def reached(self, lines: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= EVERY_SECONDS:
            self._told_at = now
            self._tell(lines)


_watch: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watched(tell: Tell) -> Iterator[None]:
    """Let *tell* be told, now and then, how many lines are behind the reader that works inside."""
    token = _watch.set(_Watch(tell))
    try:
        yield
    finally:
        _watch.reset(token)


def reached(lines: int) -> None:
    """Note that so many lines are behind the reader. It costs next to nothing where nobody watches."""
    if (watch := _watch.get()) is not None:
        watch.reached(lines)
