"""The rules by which a history goes on: hypothesis chooses among them, and service and model must say the same."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.machine.asking import SERVICES, SPELLINGS, Advise, Batch, Capture, Place, Refund, Void
from tests.machine.history import History, counted, having, one
from tests.machine.machine_bank import SUMS, BankMachine
from tests.machine.machine_house import FLOORS, PICK, HouseMachine
from tests.machine.model_deposits import ADVICE_LIMIT
from wallet_service.money import Paise

# Steps of the clock are whole ten minutes and expiries end on five: no hold lapses on the dot.
EXPIRIES = (300, 3_900, 86_700, 604_500)
TICKETS = st.sampled_from([f"T{number}" for number in range(6)])
MONEY = st.one_of(st.integers(1, 60_000), st.sampled_from(["all", "half", "all but a paisa"]))
ITEM = st.tuples(
    PICK, MONEY, st.sampled_from([None, None, *EXPIRIES]), st.sampled_from(["fresh"] * 3 + ["again", "reused"])
)
ABOVE = st.sampled_from([1, 1, 2, 10_000])


class HistoryMachine(BankMachine, HouseMachine):
    """One history, beginning with two wallets that have money, holds, payments and a credit."""

    @initialize(floor=FLOORS, money=st.lists(st.integers(10_000, 100_000), min_size=2, max_size=2))
    def begin(self, floor: int, money: list[int]) -> None:
        for each in money:
            self._open(floor)
            self._bring_in(self.book(-1), each)
        for number, time in enumerate(EXPIRIES):
            self._place(number, "half", SERVICES[0], f"T{number}", time)
            self._place(number, 500, SERVICES[-1], f"T{number + 2}")
        self._advise(0, 1_000)

    # --- credits

    @rule(pick=PICK, money=st.integers(1, 500_000), spelling=st.integers(0, SPELLINGS - 1), ago=st.integers(0, 3))
    @counted
    def advise(self, pick: int, money: int, spelling: int, ago: int) -> None:
        self._advise(pick, money, spelling=spelling, booked_on=self.model.today - timedelta(days=ago))

    @having(History.references)
    @rule(pick=PICK, earlier=PICK, spelling=st.integers(0, SPELLINGS - 1), money=st.one_of(st.none(), st.just(77)))
    @counted
    def advise_a_deposit_again(self, pick: int, earlier: int, spelling: int, money: int | None) -> None:
        asked = self.references()[earlier % len(self.references())]
        assert isinstance(asked, Advise)
        again = {"deposit": asked.deposit, "booked_on": asked.booked_on, "spelling": spelling}
        self._advise(pick, money or asked.amount, **again)

    @rule(pick=PICK, channel=st.sampled_from(["cash", "cdm", "cheque", "upi"]), slip=st.integers(1, 3))
    @counted
    def advise_by_a_slip(self, pick: int, channel: str, slip: int) -> None:
        self._advise(pick, one(SUMS, slip), channel=channel, deposit=slip, weak=True)

    @rule(pick=PICK, money=st.sampled_from([ADVICE_LIMIT, ADVICE_LIMIT, ADVICE_LIMIT + 1]), tomorrow=st.booleans())
    @counted
    def advise_at_the_limits(self, pick: int, money: int, tomorrow: bool) -> None:
        self._advise(pick, money, booked_on=self.model.today + timedelta(days=tomorrow))

    # --- debits and holds

    @rule(items=st.lists(ITEM, min_size=1, max_size=4), atomic=st.booleans())
    @counted
    def pay_a_batch(self, items: list[tuple[int, int | str, int | None, str]], atomic: bool) -> None:
        """Pay several at once: with fresh keys, requests sent again, and keys of other requests."""
        chosen: dict[str, Place] = {}
        for pick, money, expires_in, how in items:
            book, earlier = self.book(pick), one(self.placed(), pick)
            amount = self.money(money, book.available - book.floor)
            fresh = Place(book.code, one(SERVICES, pick), amount, f"T{pick % 6}", expires_in)
            key, item = {
                "fresh": (self.name("key-"), fresh),
                "again": earlier,
                "reused": (earlier[0], fresh),
            }[how]
            chosen.setdefault(key, item)
            if how == "fresh":
                self.requests.append((key, item))
        self.ask(Batch(tuple(chosen.items()), atomic))

    @rule(pick=PICK, money=MONEY, service=st.sampled_from(SERVICES), ticket=TICKETS)
    @counted
    def pay(self, pick: int, money: int | str, service: str, ticket: str) -> None:
        self._place(pick, money, service, ticket)

    @rule(pick=PICK, above=ABOVE, ticket=TICKETS, expires_in=st.sampled_from([None, EXPIRIES[0]]))
    @counted
    def pay_above_what_is_available(self, pick: int, above: int, ticket: str, expires_in: int | None) -> None:
        book = self.book(pick)
        self._place(pick, book.available - book.floor + above, SERVICES[0], ticket, expires_in)

    @rule(pick=PICK, money=MONEY, service=st.sampled_from(SERVICES), ticket=TICKETS, time=st.sampled_from(EXPIRIES))
    @counted
    def hold(self, pick: int, money: int | str, service: str, ticket: str, time: int) -> None:
        self._place(pick, money, service, ticket, time)

    @having(History.holds)
    @rule(pick=PICK)
    @counted
    def capture(self, pick: int) -> None:
        self.ask(Capture(one(self.holds(), pick).id))

    @having(History.holds)
    @rule(pick=PICK, money=MONEY)
    @counted
    def capture_in_part(self, pick: int, money: int | str) -> None:
        if not self.open_holds():
            self._place(pick, "half", SERVICES[0], "T0", EXPIRIES[-1])
        held = one(self.open_holds() or self.holds(), pick)
        self.ask(Capture(held.id, min(self.money(money, held.amount), held.amount)))

    @having(History.holds)
    @rule(pick=PICK, above=ABOVE)
    @counted
    def capture_above_the_hold(self, pick: int, above: int) -> None:
        held = one(self.open_holds() or self.holds(), pick)
        self.ask(Capture(held.id, Paise(held.amount + above)))

    @having(History.holds)
    @rule(pick=PICK, whole=st.booleans())
    @counted
    def capture_late(self, pick: int, whole: bool) -> None:
        if not self.lapsed_holds():
            self.move_clock(timedelta(minutes=10))
        held = one(self.lapsed_holds() or self.holds(), pick)
        self.ask(Capture(held.id, None if whole else Paise(max(1, held.amount // 2))))

    @having(History.holds)
    @rule(pick=PICK)
    @counted
    def void(self, pick: int) -> None:
        self.ask(Void(one(self.holds(), pick).id))

    @having(lambda history: history.model.debits)
    @rule(pick=PICK, money=MONEY)
    @counted
    def refund(self, pick: int, money: int | str) -> None:
        debit = one(self.refundable() or list(self.model.debits.values()), pick)
        left = Paise(max(1, debit.captured - debit.refunded))
        self.ask(Refund(debit.id, min(self.money(money, left), left)))

    @having(History.payments)
    @rule(pick=PICK, above=ABOVE)
    @counted
    def refund_above_the_capture(self, pick: int, above: int) -> None:
        debit = one(self.payments(), pick)
        self.ask(Refund(debit.id, Paise(debit.captured - debit.refunded + above)))

    @having(History.refundable)
    @rule(pick=PICK)
    @counted
    def refund_what_the_department_took(self, pick: int) -> None:
        self.ask(Refund(one(self.refundable(), pick).id, Paise(1), cause="paid"))

    @having(History.refundable)
    @rule(pick=PICK)
    @counted
    def refund_an_old_payment(self, pick: int) -> None:
        if not self.old_payments():
            self.move_clock(timedelta(days=9))  # A payment after an early close stands in the next day.
        self.ask(Refund(one(self.old_payments(), pick).id, Paise(1)))

    # --- keys

    @having(lambda history: history.requests)
    @rule(pick=st.integers(0, 999))
    @counted
    def send_again(self, pick: int) -> None:
        key, request = one(self.requests, pick)
        self.ask(request, key)

    @having(lambda history: history.requests)
    @rule(pick=PICK, other=PICK)
    @counted
    def use_a_key_for_another_request(self, pick: int, other: int) -> None:
        key, request = one(self.requests, pick)[0], one(self.requests, other)[1]
        if isinstance(request, Batch) and key in dict(request.items):
            key = self.name("key-")  # No item of a batch has the batch's own key.
        self.ask(request, key)

    @rule()
    @counted
    def abandon_a_fresh_key(self) -> None:
        self._abandon(self.name("key-"))

    @having(lambda history: history.model.keys)
    @rule(pick=PICK)
    @counted
    def abandon_a_key_with_an_answer(self, pick: int) -> None:
        self._abandon(one(list(self.model.keys), pick))

    def _abandon(self, key: str) -> None:
        self.same(self.service.abandon(key), self.model.abandon(key))

    @having(lambda history: history.requests)
    @rule(pick=PICK, other=PICK)
    @counted
    def straggle_with_an_abandoned_key(self, pick: int, other: int) -> None:
        if not self.abandoned():
            self._abandon(self.name("key-"))
        self.ask(one(self.requests, other)[1], one(self.abandoned(), pick))

    @having(lambda history: history.model.keys)
    @rule(pick=PICK)
    @counted
    def ask_what_became_of_a_key(self, pick: int) -> None:
        key = one(list(self.model.keys), pick)
        self.same(self.service.fate(key), self.model.fate(key))
