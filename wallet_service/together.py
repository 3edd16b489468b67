"""Requests of one process that wait at the same moment share one statement and one commit: leader and followers.

Whoever comes while nobody posts, posts alone, as ever. Who comes meanwhile waits; the first of them then leads: its
thread posts what has gathered, all of it at once. There is no thread besides the requests' own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar

import psycopg

from wallet_service.errors import OutcomeUnknown, Unavailable

Item = TypeVar("Item")
Group = TypeVar("Group", bound=Hashable)
Answer = TypeVar("Answer")
Given_co = TypeVar("Given_co", covariant=True)

MOST = 64
PATIENCE_SECONDS = 0.25
"""How long a leader is waited for before the next one waits no more."""

Statement = Callable[[Group, Sequence[Item]], Sequence[Any]]
"""Posts the items of one group, all or none, and returns a row for each, in their order; None has one posted alone."""


class Alone(Protocol[Given_co]):
    """Posts a request by itself; *again* says that a statement may have posted it whose answer was lost."""

    def __call__(self, *, again: bool) -> Given_co:
        """Post it and return its answer."""


class _Waiting(Generic[Group, Item]):
    """A request that is to be posted, and what became of it: a row, or that its thread has to post it alone."""

    __slots__ = ("again", "group", "is_taken", "item", "leads", "row", "woken")

    def __init__(self, group: Group, item: Item) -> None:
        self.group = group
        self.item = item
        self.leads = False
        self.is_taken = False
        self.row: Any = None
        self.again = False
        self.woken = Lock()
        self.woken.acquire()


class Together(Generic[Group, Item]):
    """Where the requests of one process meet. Make it after the fork."""

    def __init__(self, statement: Statement[Group, Item]) -> None:
        self._statement = statement
        self._lock = Lock()
        self._queue: deque[_Waiting[Group, Item]] = deque()
        self._leader: _Waiting[Group, Item] | None = None
        self._led_since = 0.0

    def post(self, group: Group, item: Item, alone: Alone[Answer], told: Callable[[Any], Answer]) -> Answer:
        """Post *item*, with others of its *group* or alone, and return what *alone* does, or *told* says of its row.

        Whatever goes wrong with a shared statement, each of its items is posted alone after it.
        """
        mine = _Waiting(group, item)
        with self._lock:
            if self._leader is None:
                self._appoint(mine)
            else:
                self._queue.append(mine)
        if not mine.leads:
            self._wait(mine)
        if mine.leads:
            try:
                others = self._gather(mine)
                if not others:
                    return alone(again=False)
                self._post([mine, *others])
            finally:
                self._hand_on(mine)
        return alone(again=mine.again) if mine.row is None else told(mine.row)

    def _wait(self, mine: _Waiting[Group, Item]) -> None:
        """Wait until it is posted, or called to lead; or until the leader takes so long that it leads unasked."""
        patience = PATIENCE_SECONDS
        while not mine.woken.acquire(timeout=patience):
            with self._lock:
                if mine.is_taken or mine.leads:
                    patience = -1  # Whoever has taken it wakes it.
                    continue
                patience = self._led_since + PATIENCE_SECONDS - time.monotonic()
                if patience <= 0:
                    self._queue.remove(mine)
                    self._appoint(mine)
                    return

    def _gather(self, mine: _Waiting[Group, Item]) -> list[_Waiting[Group, Item]]:
        """Take from the queue what can go with the leader's own, in its order."""
        with self._lock:
            others = [each for each in self._queue if each.group == mine.group][: MOST - 1]
            if others:
                for each in others:
                    each.is_taken = True
                self._queue = deque(each for each in self._queue if not each.is_taken)
        return others

    def _post(self, some: list[_Waiting[Group, Item]]) -> None:
        """Post them by one statement; then call the next leader, and then all of them."""
        rows: Sequence[Any] = [None] * len(some)
        again = True
        try:
            answered = self._statement(some[0].group, [each.item for each in some])
            rows, again = [row for row, _ in zip(answered, some, strict=True)], False
        except (Unavailable, psycopg.Error) as error:
            again = isinstance(error, OutcomeUnknown)  # Else it was rolled back.
        finally:
            self._hand_on(some[0])
            for each, row in zip(some, rows, strict=True):
                each.row, each.again = row, again
                if each is not some[0]:
                    each.woken.release()

    def _appoint(self, leader: _Waiting[Group, Item]) -> None:
        leader.leads = True
        self._leader = leader
        self._led_since = time.monotonic()

    def _hand_on(self, mine: _Waiting[Group, Item]) -> None:
        """Call the first who waits to lead, unless somebody leads already because this one took long."""
        with self._lock:
            if self._leader is not mine:
                return
            self._leader = None
            if not self._queue:
                return
            following = self._queue.popleft()
            self._appoint(following)
        following.woken.release()
