"""The words in which tests speak of settlements: days that pass and close, advices by two persons, and payouts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from tests.bank import Bank, BankLine
from tests.books import Books
from tests.ledger.clock import stopped_clock
from tests.payments.desk import CHECKER, MAKER
from tests.recon.tie_week import bring, release
from wallet_service.ledger import days
from wallet_service.money import rupees
from wallet_service.payments import approvals, settlement_advices, settlements
from wallet_service.payments.approvals import Approval
from wallet_service.payments.settlement_advices import Advice
from wallet_service.payments.settlements import Settlement
from wallet_service.recon import breaks, resolutions
from wallet_service.recon.resolutions import Particulars

MONDAY = date(2027, 7, 5)
"""The day on which each test begins: a bank working day, as are the four that follow, and the Saturday is not."""
_ENOUGH = "9000000.00"


class Treasury:
    """The scheme's finance, and the bank from which it pays departments. Amounts are rupees with two decimals."""

    def __init__(self, books: Books, *, first: date = MONDAY) -> None:
        self.books = books
        self._stop = stopped_clock(books)
        self.today = first
        self._stop(f"{first} 11:00")
        self.bank = Bank(books, _ENOUGH)

    def next_day(self, count: int = 1) -> date:
        """Let days pass, each of them closed and its settlements drawn up, and return the day that it is then."""
        for _ in range(count):
            gone_by, self.today = self.today, self.today + timedelta(days=1)
            self._stop(f"{self.today} 11:00")
            days.close(self.books.database, gone_by)
            with self.books.database.transaction() as connection:
                settlements.draw_up(connection, gone_by)
        return self.today

    def settled(self, department: str = "POD", state: str | None = None) -> list[Settlement]:
        """Return the settlements of a department, the oldest first."""
        with self.books.database.statement() as connection:
            found = settlements.find(connection, department=department, state=state, after=None, limit=200)
        return found[::-1]

    def told(self, department: str = "POD") -> list[tuple[str, str, str, str]]:
        """Return its settlements as service, what is due, what is carried over, and the state."""
        return [
            (each.service, rupees(each.due), rupees(each.carried_over), each.state) for each in self.settled(department)
        ]

    def propose(self, department: str = "POD", *, by: str = MAKER, last: date | None = None) -> Approval:
        """Propose to pay a department what is payable."""
        with self.books.database.transaction() as connection:
            return settlement_advices.propose(connection, department, last=last, reason="due by its term", by=by)

    def approve(self, proposed: Approval, *, by: str = CHECKER) -> Approval:
        """Approve a proposal as it was shown."""
        with self.books.database.transaction() as connection:
            return approvals.approve(connection, proposed.id, proposed.payload_sha256, by=by)

    def advise(self, department: str = "POD", *, last: date | None = None) -> Advice:
        """Advise what is payable, by two persons, and return the advice."""
        approved = self.approve(self.propose(department, last=last))
        assert approved.state == "approved", approved.reason
        with self.books.database.statement() as connection:
            (newest, *_) = settlement_advices.find(connection, department=department, after=None, limit=1)
        return self.advice(newest.number)

    def advice(self, number: str) -> Advice:
        """Return an advice as it stands."""
        with self.books.database.statement() as connection:
            return settlement_advices.get(connection, number)

    def utr(self, advice: Advice, utr: str) -> Advice:
        """Note under which reference the bank carried the payout out."""
        with self.books.database.transaction() as connection:
            return settlement_advices.record_utr(connection, advice.number, utr, by=MAKER)

    def call_off(self, advice: Advice) -> Approval:
        """Take an advice back, by two persons."""
        with self.books.database.transaction() as connection:
            proposed = settlement_advices.propose_to_call_off(connection, advice.number, reason="a mistake", by=MAKER)
        return self.approve(proposed)

    def list_comes(self, rows: Iterable[str]) -> int:
        """Let a department's list come, be released and compared; return its file."""
        file = bring(self.books, "".join(f"{row}\n" for row in rows).encode(), "department-mis")
        release(self.books, file)
        return file.id

    def bank_shows(self, money: str, words: str = "", reference: str = "") -> tuple[int, str, str]:
        """Let the bank show money that went out (``-``) or came in; return its line, by which rule it became what."""
        file = self.bank.posted(BankLine(money, words, reference))
        with self.books.database.statement() as connection:
            row = connection.exec_driver_sql(
                "SELECT p.line, p.rule, p.disposition FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line"
                " WHERE l.file = %s",
                (file,),
            ).one()
        return row.line, row.rule, row.disposition

    def tie(self, about: str, advice: Advice, *, line: int | None = None) -> Approval:
        """Propose that a debit nobody could explain was the payout of an advice."""
        with self.books.database.transaction() as connection:
            particulars = Particulars(advice=advice.number, line=line)
            return resolutions.propose(connection, about, "tie-settlement", particulars, reason="it was", by=MAKER)

    def comes_back(self, about: str, advice: Advice) -> Approval:
        """Let two persons decide that money in suspense was the payout of an advice, and came back."""
        with self.books.database.transaction() as connection:
            particulars = Particulars(advice=advice.number)
            proposed = resolutions.propose(
                connection, about, "return-settlement", particulars, reason="account closed", by=MAKER
            )
        return self.approve(proposed)

    def breaks(self) -> list[tuple[str, str]]:
        """Return the open breaks, each by its id and what is open of it."""
        with self.books.database.statement() as connection:
            found = breaks.list_breaks(connection, after=None, limit=200)
        return [(each.id, rupees(each.amount)) for each in found if each.amount is not None]

    def payable(self, account: str) -> dict[str, str]:
        """Return what a department's account is made of, as `payable_to_departments` tells it."""
        with self.books.database.statement() as connection:
            row = connection.exec_driver_sql(
                "SELECT p.* FROM payable_to_departments() p JOIN accounts a ON a.id = p.account WHERE a.code = %s",
                (account,),
            ).one()
        names = ("balance", "due", "in_tie_out", "advised", "collecting", "carried")
        return {name: rupees(getattr(row, f"{name}_paise")) for name in names}
