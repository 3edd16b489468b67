"""Whatever comes, goes back by itself or is taken by two persons: nobody's own money is taken for a deposit."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bank import Bank, BankLine
from tests.books import Books
from tests.payments.desk import Finance
from wallet_service.errors import WalletError
from wallet_service.money import paise

EXAMPLES = 150 if os.environ.get("WALLET_LONG_TESTS") == "1" else 12
SUMS = ("60.00", "40.00", "100.00")
_numbers = count(1)
_sums = st.sampled_from(SUMS)
_steps = st.one_of(
    st.tuples(st.just("back"), _sums, st.just(0), st.just(0)),
    *[st.tuples(st.just("taken"), _sums | st.just("7.00"), st.integers(0, 1), st.integers(0, 3))] * 2,
)
_begins = st.permutations(["advised", "comes"])
_came = st.sampled_from([("60.00", "40.00"), ("100.00",)])


class Deposits:
    """What the bank shows under one number, and a wallet with 1,000.00 of its own."""

    def __init__(self, books: Books, bank: Bank) -> None:
        self.books, self.bank, self.finance = books, bank, Finance(books)
        self.wallet = books.wallet("1000.00")
        self.reference = f"SBINN{next(_numbers):011d}"
        self.came: list[int] = []
        self.went: list[int] = []

    def do(self, step: str, sum_: str, deposit: int, debit: int) -> None:
        """Do a step; what a person asks and is refused is refused, what the bank shows is always posted."""
        if step == "comes":
            self.came.append(self._shown(sum_, "REMITTER"))
        elif step == "back":
            self.went.append(self._shown(f"-{sum_}", "RETURN"))
        elif step == "advised":
            with suppress(WalletError):
                self.books.advise(self.wallet, sum_, reference=self.reference)
        elif self.came and self.went:
            line = self.came[deposit % len(self.came)]
            about = f"reversal:bank-line-{self.went[debit % len(self.went)]}"
            with suppress(WalletError):
                self.finance.approve(
                    self.finance.propose(about, "explain-return", line=line, wallet=self.wallet, amount=sum_)
                )

    def _shown(self, sum_: str, words: str) -> int:
        self.bank.posted(BankLine("100.01"))  # No balance comes twice: a line's place is its own.
        told = f"BY TRANSFER-NEFT*SBIN0000091*{self.reference}*{words}--"
        file = self.bank.posted(BankLine(sum_, told))
        with self.books.database.statement() as connection:
            found: int = connection.exec_driver_sql("SELECT id FROM bank_lines WHERE file = %s", (file,)).scalar_one()
        return found


@pytest.fixture
def bank(books: Books) -> Bank:
    """Return the one bank of these books: its account goes on from example to example."""
    return Bank(books, "10000.00")


@given(_begins, _came, st.lists(_steps, min_size=5, max_size=12))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_wallets_own_money_stays(
    books: Books, bank: Bank, begins: list[str], came: tuple[str, ...], steps: list[tuple[str, str, int, int]]
) -> None:
    deposits = Deposits(books, bank)
    for step in begins:
        for sum_ in came if step == "comes" else ("100.00",):
            deposits.do(step, sum_, 0, 0)

    for each in [("back", came[0], 0, 0), *steps]:
        deposits.do(*each)

        assert paise(books.current(deposits.wallet)) >= paise("1000.00")
    assert books.faults() == {}
