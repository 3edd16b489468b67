"""Whatever is proposed, decided, advised and claimed, in whatever order: no paisa in suspense is used twice."""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import Books
from tests.payments.desk import Finance
from wallet_service.errors import WalletError
from wallet_service.payments.approvals import Approval

EXAMPLES = 150 if os.environ.get("WALLET_LONG_TESTS") == "1" else 12
DEPOSIT = "100.00"
_numbers = count(1)
_amounts = st.sampled_from(["100.00", "60.00", "41.00"]) | st.integers(1, 100_00).map(
    lambda paise: f"{paise // 100}.{paise % 100:02d}"
)
_steps = st.one_of(
    st.tuples(st.just("credit-wallet"), st.integers(0, 1), _amounts),
    st.tuples(st.just("write-to-differences"), st.integers(0, 1), _amounts),
    st.tuples(st.sampled_from(["return-to-sender", "call-off-return"]), st.integers(0, 1), st.none()),
    *[st.tuples(st.just("decide"), st.integers(0, 7), st.sampled_from(["approve", "approve", "reject"]))] * 4,
    st.tuples(st.just("bulk"), st.just(0), st.none()),
    st.tuples(st.just("advise"), st.integers(0, 1), st.none()),
    st.tuples(st.just("goes-out"), st.integers(0, 1), st.none()),
)


class Desk:
    """Two deposits that nobody can be found for, and what is proposed about them."""

    def __init__(self, books: Books, finance: Finance) -> None:
        self.books, self.finance = books, finance
        self.wallet = books.wallet()
        self.references = [f"SBIN5{next(_numbers):011d}" for _ in range(2)]
        self.lines = [finance.parked(DEPOSIT, reference=reference) for reference in self.references]
        self.proposed: list[Approval] = []

    def do(self, step: str, at: int, what: str | None) -> None:
        """Do a step; what is refused is refused."""
        with suppress(WalletError):
            self._do(step, at, what)

    def _do(self, step: str, at: int, what: str | None) -> None:
        if step == "decide":
            if self.proposed:
                getattr(self.finance, str(what))(self.proposed[at % len(self.proposed)])
        elif step == "advise":
            self.books.advise(self.wallet, DEPOSIT, reference=self.references[at])
        elif step == "goes-out":
            self.finance.comes_in("100.01")  # No balance comes twice: a line's place is its own.
            self.finance.goes_out(DEPOSIT, reference=self.references[at])
        elif step == "bulk":
            abouts = [self.finance.about(line) for line in self.lines]
            self.proposed.append(self.finance.bulk(abouts, "write-to-differences"))
        else:
            wallet = self.wallet if step == "credit-wallet" else None
            about = self.finance.about(self.lines[at])
            self.proposed.append(self.finance.propose(about, step, amount=what, wallet=wallet))


@pytest.fixture
def finance(books: Books) -> Finance:
    """Return the one desk of these books: the bank's account goes on from example to example."""
    return Finance(books)


@given(st.lists(_steps, min_size=10, max_size=25))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_paisa_in_suspense_is_used_twice(
    books: Books, finance: Finance, steps: list[tuple[str, int, str | None]]
) -> None:
    desk = Desk(books, finance)

    for step in steps:
        desk.do(*step)

    with books.database.statement() as connection:
        used = connection.exec_driver_sql(
            "SELECT i.amount_paise, i.cleared_paise, coalesce(sum(c.amount_paise), 0) FROM suspense_items i"
            " LEFT JOIN suspense_clearings c ON c.line = i.line WHERE i.line = ANY (%s) GROUP BY i.line",
            (desk.lines,),
        ).all()
    assert all(cleared == clearings <= amount for amount, cleared, clearings in used)
    assert books.faults() == {}
