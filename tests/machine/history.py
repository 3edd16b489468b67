"""A history of the books: what there is to choose from, asking service and model, and comparing what they say."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition

from tests.machine import proof
from tests.machine.asking import Advise, Place, Request
from tests.machine.figures import Tally
from tests.machine.model import Model
from tests.machine.model_books import Book
from tests.machine.model_deposits import SeenLine
from tests.machine.service import Service
from wallet_service.money import Paise
from wallet_service.payments.credits import Credit
from wallet_service.payments.debits import Abandoned, Debit

# Ten in the morning in India.
START = datetime(2026, 4, 2, 4, 30, tzinfo=UTC)
Asked = ParamSpec("Asked")
Found = TypeVar("Found")
Running = TypeVar("Running", bound="History")


class History(RuleBasedStateMachine):
    """One history, on books of its own: its service is emptied when it begins."""

    def __init__(self, service: Service, tally: Tally) -> None:
        super().__init__()
        self.service, self.tally = service, tally
        self.model = Model(START)
        self.requests: list[tuple[str, Request]] = []
        self.last_seen: dict[date, dict[str, int]] = {}
        self.names = 0
        self.day_of_balances, self.balances = START.date(), {self.model.shown}
        self.sound = True
        service.begin(START)

    # --- what there is to choose from

    def book(self, pick: int) -> Book:
        return list(self.model.books.values())[pick % len(self.model.books)]

    def money(self, wanted: int | str, room: int) -> Paise:
        shares = {"all": room, "half": room // 2, "all but a paisa": room - 1}
        return Paise(max(1, shares[wanted] if isinstance(wanted, str) else wanted))

    def holds(self) -> list[Debit]:
        return [debit for debit in self.model.debits.values() if debit.expires_at]

    def open_holds(self) -> list[Debit]:
        return [debit for debit in self.holds() if debit.state == "held" and not self.model.has_lapsed(debit)]

    def lapsed_holds(self) -> list[Debit]:
        return [debit for debit in self.holds() if self.model.has_lapsed(debit)]

    def payments(self) -> list[Debit]:
        return [debit for debit in self.model.debits.values() if debit.state == "captured"]

    def refundable(self) -> list[Debit]:
        return [debit for debit in self.payments() if debit.refunded < debit.captured]

    def old_payments(self) -> list[Debit]:
        return [debit for debit in self.refundable() if (self.model.today - self.model.paid_on(debit)).days > 7]

    def references(self) -> list[Request]:
        return [asked for _, asked in self.requests if isinstance(asked, Advise) and not asked.weak]

    def placed(self) -> list[tuple[str, Place]]:
        return [(key, asked) for key, asked in self.requests if isinstance(asked, Place)]

    def open_deposits(self) -> list[tuple[int, Credit]]:
        return self._deposits("credited", "awaiting-bank")

    def tied_deposits(self) -> list[tuple[int, Credit]]:
        return self._deposits("tied")

    def _deposits(self, *states: str) -> list[tuple[int, Credit]]:
        advised = [(deposit, self.model.credits[name]) for (deposit, _), name in self.model.deposits.items()]
        return [(deposit, credit) for deposit, credit in advised if credit.state in states]

    def numbers(self) -> list[int]:
        """Return the deposits at machines that anybody told of."""
        shown = [line.told.deposit for line in self.model.lines if line.told.way == "machine"]
        advised = [
            deposit for (deposit, _), name in self.model.deposits.items() if self.model.credits[name].channel == "cdm"
        ]
        claimed = [number[0] for number in self.model.claimed_deposits.values() if number is not None]
        told = [*shown, *advised, *claimed]
        return list(dict.fromkeys(deposit for deposit in told if deposit is not None))

    def numbered_in_suspense(self) -> list[SeenLine]:
        return [line for line in self.model.lines if line.in_suspense and line.told.deposit is not None]

    def abandoned(self) -> list[str]:
        return [key for key, (_, answer) in self.model.keys.items() if isinstance(answer, Abandoned)]

    def name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names:04d}"

    # --- asking both, and comparing

    def _advise(self, pick: int, money: int, **terms: Any) -> None:
        self.names += 1
        terms = {"deposit": self.names, "booked_on": self.model.today, "channel": "neft", **terms}
        self.ask(Advise(self.book(pick).code, Paise(money), **terms))

    def _place(self, pick: int, money: int | str, service: str, ticket: str, expires_in: int | None = None) -> None:
        book = self.book(pick)
        amount = self.money(money, book.available - book.floor)
        self.ask(Place(book.code, service, amount, ticket, expires_in))

    def same(self, told: object, expected: object) -> None:
        self.sound = self.sound and told == expected
        if not self.sound:
            self.tally.first_wrong = self.tally.first_wrong or self.tally.histories + 1
        assert told == expected, f"the service said {told!r}, the model {expected!r}"

    def ask(self, request: Request, key: str | None = None) -> None:
        if key is None:
            key = self.name("key-")
            self.requests.append((key, request))
        self.same(self.service.answer(key, request), self.model.answer(key, request))

    def move_clock(self, by: timedelta) -> None:
        self.model.now += by
        self.service.set_clock(self.model.now)

    @invariant()
    def wallets_stand_as_in_the_model(self) -> None:
        if self.sound:
            self.same(self.service.wallets(), [self.model.wallet(code) for code in sorted(self.model.books)])

    def teardown(self) -> None:
        self.tally.histories += 1
        if self.sound:
            proof.prove(self.service, self.model, START.date())


def counted(
    step: Callable[Concatenate[Running, Asked], None],
) -> Callable[Concatenate[Running, Asked], None]:
    """Count each time a rule runs."""

    def run(machine: Running, /, *args: Asked.args, **kwargs: Asked.kwargs) -> None:
        machine.tally.steps[step.__name__] += 1
        step(machine, *args, **kwargs)

    return functools.update_wrapper(run, step)


def having(what: Callable[[Running], object]) -> Callable[[Any], Any]:
    """Let a rule run only where there is something for it."""
    return precondition(lambda machine: bool(what(machine)))


def one(of: Sequence[Found], pick: int) -> Found:
    """Return the one of them that *pick* points to."""
    return of[pick % len(of)]
