"""In any history a department is owed what is due, in tie-out, advised or collected; what is paid out is settled."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.books import Books
from tests.payments.desk import MAKER
from tests.payments.settling import Treasury
from tests.servers import Servers, fresh_database
from wallet_service.errors import NothingDue
from wallet_service.identifiers import DebitId
from wallet_service.money import Paise, paise, rupees
from wallet_service.payments import adjustments

HISTORIES = 60 if os.environ.get("WALLET_LONG_TESTS") == "1" else 6
SERVICES = (("POD", "001"), ("POD", "002"), ("LND", "001"))
_Service = tuple[str, str]
_PAID_OUT = """
SELECT a.code, e.amount_paise, i.id FROM entries e JOIN accounts a ON a.id = e.debit_account
LEFT JOIN advised_settlements i ON i.entry_number = e.number AND i.amount_paise = e.amount_paise AND e.book = 0
WHERE e.kind = 'settlement' ORDER BY e.number
"""


@dataclass
class _Payment:
    """A payment; *paid* in paise, 0 once it went back, and what its department's newest *list* says of it."""

    service: _Service
    id: str
    ticket: str
    day: date
    paid: int
    listed: int | None = None

    @property
    def contested(self) -> int:
        """Return what the department is owed for it and does not say that it has."""
        return 0 if self.listed is None else max(0, self.paid - self.listed)


class _History:
    """A history as it is played, and what of it must be true by sums of its own, in paise."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.treasury = Treasury(books)
        self.wallet = books.wallet("100000.00")
        self.payments: list[_Payment] = []
        self.moved: dict[_Service, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        self.open: list[str] = []
        self.advised: Counter[_Service] = Counter()
        self.live: set[tuple[_Service, date]] = set()
        self.lists = 0
        self.paid_out: Counter[_Service] = Counter()
        self.paid: list[str] = []
        self.came_back: Counter[_Service] = Counter()

    def pay(self, service: _Service, amount: int) -> None:
        ticket = f"SVT{len(self.payments)}"
        paid = self.books.pay(
            self.wallet, rupees(Paise(amount)), department=service[0], service=service[1], ticket=ticket
        ).debit
        self.payments.append(_Payment(service, paid.id, ticket, self.treasury.today, amount))
        self.moved[service][self.treasury.today] += amount

    def refund_failed(self, service: _Service, amount: int) -> None:
        """Let the portal give a part of the newest payment back as failed, where its day is in no advice."""
        payment = next((each for each in reversed(self.payments) if each.paid), None)
        if payment and (payment.service, payment.day) not in self.live:
            part = min(amount, payment.paid)
            if payment.day >= self.treasury.today - timedelta(days=7):
                self.books.refund(payment.id, rupees(Paise(part)))
                self.moved[payment.service][self.treasury.today] -= part
                payment.paid -= part

    def refund(self, service: _Service, amount: int) -> None:
        """Give the first payment back by the department's order, whether its day is settled or not."""
        if payment := next((each for each in self.payments if each.paid), None):
            of, debit, paid = payment.service, payment.id, payment.paid
            order: dict[str, str] = {"cause": "paid", "order_number": "17", "reason": "paid twice", "by": MAKER}
            with self.books.database.transaction() as connection:
                proposed = adjustments.propose_refund(connection, DebitId.parse(debit), amount=Paise(paid), **order)
            assert self.treasury.approve(proposed).state == "approved"
            self.moved[of][self.treasury.today] -= paid
            payment.paid = 0

    def list_comes(self, service: _Service, amount: int) -> None:
        """Let the department tell of a day gone by: of each payment that it was paid, lacks, failed, or was of less."""
        department = service[0]
        if all(each.service != service for each in self.payments):
            self.pay(service, amount)
        self.treasury.next_day()
        own = [each for each in self.payments if each.service[0] == department]
        day = own[-1 - amount % min(len(own), 3)].day
        self.lists += 1
        rows = [f"{department}|001|SVTX{self.lists}||100|1.00||{day} 12:00:00|SUCCESS"]  # Nobody here paid it.
        for n, each in enumerate(each for each in own if each.day == day):
            paid = self.books.debit(each.id).captured
            what, each.listed = (amount + n) % 4, 0
            if what:
                shown = (1, paid, paid + 1)[what - 1]
                each.listed = shown
                rows.append(
                    f"{department}|{each.service[1]}|{each.ticket}||{n}|{rupees(Paise(shown))}||{day} 12:00:00|SUCCESS"
                )
            elif amount % 2:
                rows.append(f"{department}|{each.service[1]}|{each.ticket}||{n}|{rupees(paid)}||{day} 12:00:00|FAILED")
        self.treasury.list_comes(rows)

    def close(self, service: _Service, amount: int) -> None:
        self.treasury.next_day(1 + amount % 3)

    def advise(self, service: _Service, amount: int) -> None:
        try:
            advice = self.treasury.advise(service[0])
        except NothingDue:
            return
        self.open.append(advice.number)
        for each in advice.settlements:
            self.advised[advice.department, each.service] += each.amount
            self.live.add(((advice.department, each.service), each.day))

    def pay_out(self, service: _Service, amount: int) -> None:
        """Let the bank show the payout of the first open advice, one time in three of another amount."""
        if self.open:
            advice, differs = self.treasury.advice(self.open[0]), amount % 3 == 0
            shown = rupees(Paise(advice.amount + (amount if differs else 0)))
            *_, became = self.treasury.bank_shows(f"-{shown}", f"TO TRANSFER {advice.number}")
            assert became == ("difference" if differs else "settlement")
            if not differs:
                self.open.pop(0)
                self._is_paid(advice.number)

    def tie(self, service: _Service, amount: int) -> None:
        """Tie the first debit that differs from its advice to it, by two persons, where it covers it."""
        for about, _ in self.treasury.breaks():
            named = next((number for number in self.open if self.treasury.advice(number).state == "excess"), None)
            if about.startswith("settlement-differs") and named:
                approved = self.treasury.approve(self.treasury.tie(about, self.treasury.advice(named)))
                assert approved.state == "approved"
                self.open.remove(named)
                self._is_paid(named)
                return

    def call_off(self, service: _Service, amount: int) -> None:
        if self.open and self.treasury.advice(self.open[-1]).state == "advised":
            advice = self.treasury.advice(self.open.pop())
            self.treasury.call_off(advice)
            for each in advice.settlements:
                self.advised[advice.department, each.service] -= each.amount
                self.live.remove(((advice.department, each.service), each.day))

    def come_back(self, service: _Service, amount: int) -> None:
        """Let the payout that was made last come back."""
        if self.paid:
            advice = self.treasury.advice(self.paid.pop())
            self.treasury.bank_shows("0.01", "CREDIT INTEREST")  # The payout's own place in the chain is taken.
            line, *_ = self.treasury.bank_shows(rupees(advice.amount), "NEFT RETURN")
            assert self.treasury.comes_back(f"reversal:bank-line-{line}", advice).state == "approved"
            for each in advice.settlements:
                self.came_back[advice.department, each.service] += each.amount
                self.live.remove(((advice.department, each.service), each.day))

    def due(self, service: _Service) -> tuple[list[tuple[date, int, int]], int]:
        """Return what is due and carried over for each closed day, added up day by day, and what is being collected."""
        carried, found, collecting = 0, [], 0
        for day, net in sorted(self.moved[service].items()):
            if day == self.treasury.today:
                collecting = net
            else:
                due, carried = max(0, net - carried), max(0, carried - net)
                found.append((day, due, carried))
        return found, collecting

    def in_tie_out(self, service: _Service) -> int:
        """Return what of it the department's lists contradict, of days that are in no advice."""
        return sum(
            min(due, sum(each.contested for each in self.payments if (each.service, each.day) == (service, day)))
            for day, due, _ in self.due(service)[0]
            if (service, day) not in self.live
        )

    def _is_paid(self, number: str) -> None:
        advice = self.treasury.advice(number)
        self.paid.append(number)
        for each in advice.settlements:
            self.paid_out[advice.department, each.service] += each.amount
            self.advised[advice.department, each.service] -= each.amount


_VERBS = (
    *(
        "pay",
        "pay",
        "pay",
        "pay",
        "refund",
        "close",
        "close",
        "close",
        "advise",
        "advise",
        "pay_out",
        "pay_out",
        "pay_out",
    ),
    *("come_back", "tie", "call_off", "refund_failed", "list_comes", "list_comes", "list_comes"),
)
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(_VERBS),
        st.sampled_from(SERVICES),
        st.integers(min_value=1, max_value=5_000),
    ),
    min_size=12,
    max_size=30,
)


@settings(
    max_examples=HISTORIES,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # A history of thirty steps is short enough to be read.
    suppress_health_check=list(HealthCheck),
)
@given(steps=_STEPS)
def test_whatever_happens_a_department_is_owed_what_is_due_in_tie_out_advised_or_being_collected(
    servers: Servers, steps: list[tuple[str, _Service, int]]
) -> None:
    with fresh_database(servers) as own:
        books = Books(own)
        history = _History(books)
        try:
            for number, (verb, service, amount) in enumerate(steps, 1):
                getattr(history, verb)(service, amount)
                if number % 10 == 0 or number == len(steps):
                    _see_that_it_is_right(history)
                    assert books.faults() == {}
        finally:
            books.close()


def _see_that_it_is_right(history: _History) -> None:
    with history.books.database.statement() as connection:
        paid_out = connection.exec_driver_sql(_PAID_OUT).all()
    for service in SERVICES:
        account = f"department:{service[0]}:{service[1]}"
        drawn = [each for each in history.treasury.settled(service[0]) if each.service == service[1]]
        expected, collecting = history.due(service)
        told = {
            name: paise(amount) if amount[0] != "-" else -paise(amount[1:])
            for name, amount in history.treasury.payable(account).items()
        }

        assert [(each.day, each.due, each.carried_over) for each in drawn] == expected
        carried = expected[-1][2] if expected else 0
        due = sum(each[1] for each in expected) - history.advised[service]
        due -= history.paid_out[service] - history.came_back[service]
        in_tie_out = history.in_tie_out(service)
        assert sum(each.in_tie_out for each in drawn) == in_tie_out
        assert told == {
            "balance": due + history.advised[service] + collecting - carried,
            "due": due - in_tie_out,
            "in_tie_out": in_tie_out,
            "advised": history.advised[service],
            "collecting": collecting,
            "carried": carried,
        }
        assert sum(row.amount_paise for row in paid_out if row.code == account) == history.paid_out[service]
    settlements = [row.id for row in paid_out]
    assert None not in settlements
    assert len(set(settlements)) == len(settlements)
