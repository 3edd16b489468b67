"""Finance at its desk, as tests speak of it: Mita proposes, Kamal decides, and the bank shows what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.bank import Bank, BankLine
from tests.books import Books
from wallet_service.identifiers import DebitId, EntryId, OperatorCode
from wallet_service.money import paise, rupees
from wallet_service.payments import adjustments, approvals
from wallet_service.payments.approvals import Approval
from wallet_service.recon import breaks, resolutions
from wallet_service.recon.resolutions import Particulars

MAKER, CHECKER = "mita", "kamal"


class Finance:
    """Two persons of finance, and the pool account. Amounts are rupees with two decimals."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._bank: Bank | None = None

    def comes_in(self, money: str, *, reference: str = "") -> int:
        """Let the bank show money that came, and return its line's number."""
        return self._shown(BankLine(money, reference=reference))

    def goes_out(self, money: str, *, reference: str = "", opening: str = "0.00") -> int:
        """Let the bank show money that went, and return its line's number."""
        return self._shown(BankLine(f"-{money}", reference=reference), opening=opening)

    def parked(self, money: str, *, reference: str = "") -> int:
        """Let money come that nobody can be found for, and return its line's number."""
        return self.comes_in(money, reference=reference)

    @staticmethod
    def about(line: int) -> str:
        """Return the break of a line in suspense."""
        return f"unmatched-credit:bank-line-{line}"

    def propose(
        self,
        about: str,
        resolution: str,
        *,
        wallet: OperatorCode | None = None,
        amount: str | None = None,
        line: int | None = None,
        until: date | None = None,
        by: str = MAKER,
    ) -> Approval:
        """Propose how to resolve a break."""
        particulars = Particulars(wallet, paise(amount) if amount else None, line, until)
        with self.books.database.transaction() as connection:
            return resolutions.propose(connection, about, resolution, particulars, reason="as the bank says", by=by)

    def bulk(self, abouts: Sequence[str], resolution: str, *, by: str = MAKER, **besides: Any) -> Approval:
        """Propose to resolve several like breaks in one way."""
        with self.books.database.transaction() as connection:
            like = [(about, Particulars(**besides)) for about in abouts]
            return resolutions.propose_bulk(connection, resolution, like, reason="all of them alike", by=by)

    def parts(self, bulk: Approval) -> list[Approval]:
        """Return the parts of a bulk, in the order in which they were listed."""
        with self.books.database.statement() as connection:
            return approvals.find(connection, part_of=bulk.id, after=None, limit=200)[::-1]

    def order_refund(self, debit: str, amount: str, *, by: str = MAKER) -> Approval:
        """Propose a refund by a department's order."""
        with self.books.database.transaction() as connection:
            return adjustments.propose_refund(
                connection,
                DebitId.parse(debit),
                amount=paise(amount),
                cause="paid",
                order_number="POD/2026/17",
                reason="paid twice",
                by=by,
            )

    def order_reversal(self, entry: str, *, by: str = MAKER) -> Approval:
        """Propose to undo a balance that was brought in by mistake."""
        with self.books.database.transaction() as connection:
            return adjustments.propose_reversal(connection, EntryId.parse(entry), reason="a mistake", by=by)

    def approve(self, proposed: Approval, *, by: str = CHECKER, payload_sha256: str | None = None) -> Approval:
        """Approve what was proposed, as it was shown."""
        shown = payload_sha256 or proposed.payload_sha256
        with self.books.database.transaction() as connection:
            return approvals.approve(connection, proposed.id, shown, by=by)

    def reject(self, proposed: Approval, *, by: str = CHECKER) -> Approval:
        """Reject what was proposed."""
        with self.books.database.transaction() as connection:
            return approvals.reject(connection, proposed.id, proposed.payload_sha256, reason="not so", by=by)

    def withdraw(self, proposed: Approval, *, by: str = MAKER) -> Approval:
        """Take back what was proposed."""
        with self.books.database.transaction() as connection:
            return approvals.withdraw(connection, proposed.id, reason="a mistake", by=by)

    def approval(self, proposed: Approval) -> Approval:
        """Return a proposal as it stands."""
        with self.books.database.statement() as connection:
            return approvals.get(connection, proposed.id)

    def approvals(self) -> list[Approval]:
        """Return every proposal, the newest first."""
        with self.books.database.statement() as connection:
            return approvals.find(connection, after=None, limit=200)

    def breaks(self) -> list[tuple[str, str]]:
        """Return the open breaks, each by its kind and what is open of it."""
        with self.books.database.statement() as connection:
            found = breaks.list_breaks(connection, after=None, limit=200)
        return [(each.kind, rupees(each.amount)) for each in found if each.amount is not None]

    def _shown(self, line: BankLine, *, opening: str = "0.00") -> int:
        if self._bank is None:
            self._bank = Bank(self.books, opening)
        file = self._bank.posted(line)
        with self.books.database.statement() as connection:
            found: int = connection.exec_driver_sql("SELECT id FROM bank_lines WHERE file = %s", (file,)).scalar_one()
        return found
