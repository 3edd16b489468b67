"""In any history a department is owed what is due, advised or being collected; what is paid out is of a settlement."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from datetime import date

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


class _History:
    """A history as it is played, and what of it must be true by sums of its own, in paise."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.treasury = Treasury(books)
        self.wallet = books.wallet("100000.00")
        self.payments: list[tuple[_Service, str, int]] = []
        self.moved: dict[_Service, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        self.open: list[str] = []
        self.advised: Counter[_Service] = Counter()
        self.paid_out: Counter[_Service] = Counter()
        self.paid: list[str] = []
        self.came_back: Counter[_Service] = Counter()

    def pay(self, service: _Service, amount: int) -> None:
        paid = self.books.pay(self.wallet, rupees(Paise(amount)), department=service[0], service=service[1]).debit
        self.payments.append((service, paid.id, amount))
        self.moved[service][self.treasury.today] += amount

    def refund(self, service: _Service, amount: int) -> None:
        """Give the first payment back by the department's order, whether its day is settled or not."""
        if self.payments:
            of, debit, paid = self.payments.pop(0)
            order: dict[str, str] = {"cause": "paid", "order_number": "17", "reason": "paid twice", "by": MAKER}
            with self.books.database.transaction() as connection:
                proposed = adjustments.propose_refund(connection, DebitId.parse(debit), amount=Paise(paid), **order)
            assert self.treasury.approve(proposed).state == "approved"
            self.moved[of][self.treasury.today] -= paid

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

    def come_back(self, service: _Service, amount: int) -> None:
        """Let the payout that was made last come back."""
        if self.paid:
            advice = self.treasury.advice(self.paid.pop())
            self.treasury.bank_shows("0.01", "CREDIT INTEREST")  # The payout's own place in the chain is taken.
            line, *_ = self.treasury.bank_shows(rupees(advice.amount), "NEFT RETURN")
            assert self.treasury.comes_back(f"reversal:bank-line-{line}", advice).state == "approved"
            for each in advice.settlements:
                self.came_back[advice.department, each.service] += each.amount

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
    *("come_back", "tie", "call_off"),
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
def test_whatever_happens_a_department_is_owed_what_is_due_advised_or_being_collected(
    servers: Servers, steps: list[tuple[str, _Service, int]]
) -> None:
    with fresh_database(servers) as own:
        books = Books(own)
        history = _History(books)
        for verb, service, amount in steps:
            getattr(history, verb)(service, amount)
        try:
            _see_that_it_is_right(history)
        finally:
            books.close()


def _see_that_it_is_right(history: _History) -> None:
    with history.books.database.statement() as connection:
        paid_out = connection.exec_driver_sql(_PAID_OUT).all()
    assert history.books.faults() == {}
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
        assert told == {
            "balance": due + history.advised[service] + collecting - carried,
            "due": due,
            "advised": history.advised[service],
            "collecting": collecting,
            "carried": carried,
        }
        assert sum(row.amount_paise for row in paid_out if row.code == account) == history.paid_out[service]
    settlements = [row.id for row in paid_out]
    assert None not in settlements
    assert len(set(settlements)) == len(settlements)
