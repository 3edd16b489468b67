"""The rules by which wallets are opened, frozen and closed, time passes and days close."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.asking import Refusal
from tests.machine.history import History, counted, one
from tests.machine.model_books import Book
from wallet_service.identifiers import OperatorCode
from wallet_service.money import Paise

PICK = st.integers(0, 99)
FLOORS = st.sampled_from([0, 0, 5_000, 20_000])


class HouseMachine(History):
    """Histories in which the office keeps the wallets and the days."""

    # --- wallets and reversals

    @rule(floor=FLOORS)
    @counted
    def open_wallet(self, floor: int) -> None:
        self._open(floor)

    def _open(self, floor: int) -> None:
        code = OperatorCode(self.name("BSKOP"))
        self.same(self.service.open_wallet(code, Paise(floor)), self.model.open_wallet(code, Paise(floor)))

    @rule(pick=PICK, money=st.integers(1, 100_000))
    @counted
    def bring_in_a_balance(self, pick: int, money: int) -> None:
        self._bring_in(self.book(pick), money)

    def _bring_in(self, book: Book, money: int) -> None:
        self.same(self.service.bring_in(book.code, Paise(money)), self.model.bring_in(book.code, Paise(money)))

    @rule(pick=PICK, place=PICK, opening=st.booleans())
    @counted
    def reverse(self, pick: int, place: int, opening: bool) -> None:
        book = self.book(pick)
        found = [entry.number for entry in book.entries if entry.kind == "opening" or not opening]
        number = [*found, len(book.entries) + 1][place % (len(found) + 1)]
        self.same(self.service.reverse(book.code, number), self.model.reverse(book.code, number))

    @rule(pick=PICK)
    @counted
    def freeze(self, pick: int) -> None:
        self._set_state(self.book(pick), "frozen")

    @rule(pick=PICK)
    @counted
    def unfreeze(self, pick: int) -> None:
        frozen = [book for book in self.model.books.values() if book.state == "frozen"]
        self._set_state(frozen[pick % len(frozen)] if frozen else self.book(pick), "open")

    @rule(pick=PICK)
    @counted
    def close_wallet(self, pick: int) -> None:
        empty = [book for book in self.model.books.values() if not book.current and book.state != "closed"]
        self._set_state(empty[pick % len(empty)] if empty and pick % 2 else self.book(pick), "closed")

    def _set_state(self, book: Book, state: str) -> None:
        self.same(self.service.set_state(book.code, state), self.model.set_state(book.code, state))

    # --- time and days

    @rule(steps=st.integers(1, 30))
    @counted
    def minutes_pass(self, steps: int) -> None:
        self.move_clock(timedelta(minutes=10 * steps))

    @rule(days=st.sampled_from([1, 1, 1, 2, 7, 8]))
    @counted
    def days_pass(self, days: int) -> None:
        self.move_clock(timedelta(days=days))

    @rule()
    @counted
    def expire_lapsed_holds(self) -> None:
        freed = [freed for book in self.model.books.values() if (freed := self.model.release_lapsed(book))]
        self.same(self.service.expire_holds(), freed)

    @rule(days=st.sampled_from([1, 1, 2, 20]))
    @counted
    def close_the_next_days(self, days: int) -> None:
        self._close(self.model.next_day)
        while days > 1 and self.model.next_day <= self.model.today:
            self._close(self.model.next_day)
            days -= 1

    @rule(ahead=st.integers(-2, 2))
    @counted
    def close_some_day(self, ahead: int) -> None:
        self._close(self.model.today + timedelta(days=ahead))

    def _close(self, day: date) -> None:
        closed = self.model.close_day(day)
        self.same(self.service.close_day(day), closed)
        if not isinstance(closed, Refusal):
            self.move_clock(
                timedelta(seconds=1)
            )  # So that what was posted before the close is known from what came after.
            self.last_seen[day] = self.model.trial_balance(day)

    @rule(pick=PICK, wallet=PICK)
    @counted
    def look_back_at_a_closed_day(self, pick: int, wallet: int) -> None:
        if not self.model.closed:
            self._close(self.model.next_day)
        day, book = one(self.model.closed, pick), self.book(wallet)
        self.same(self.service.as_of(book.code, day), book.as_of(day))
        self.same(self.service.trial_balance(day), self.last_seen[day])
