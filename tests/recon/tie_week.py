"""The departments' lists of `fixtures/week`, as tests play them: what was paid, and what each list must give."""

from __future__ import annotations

import json
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

from tests.books import Books
from tests.ledger.clock import stopped_clock
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger import lapses
from wallet_service.money import Paise, rupees
from wallet_service.recon import breaks, intake, lists, profiles, taking, tie_outs, tying
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.tie_outs import Counted, Result, TieOut

FIXTURES = Path(__file__).parents[2] / "fixtures" / "week"
TIES: dict[str, Any] = json.loads((FIXTURES / "ties.json").read_text(encoding="utf-8"))
LISTS: list[dict[str, Any]] = TIES["lists"]
DIFFERENCES = {
    *("ours-only", "theirs-only", "amount-differs", "paid-twice-here", "paid-twice-there", "failed-there"),
    "paid-there",
}


def bring(books: Books, content: bytes, profile: str, *, by: str = "mita") -> BankFile:
    """Take a department's list in."""
    keep = taking.read(books.database, content, profile=profile)
    with books.database.transaction() as connection:
        return keep(connection, filename=f"{profile}.txt", by=by)


def release(books: Books, file: BankFile) -> None:
    """Let the second person release a list, and compare it."""
    with books.database.transaction() as connection:
        intake.release(connection, file.id, {}, by="kamal")
    tying.tie_file(books.database, file.id)


class Departments:
    """The counters' payments in those days, and finance with the departments' lists: Mita brings, Kamal releases."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.debits: dict[str, str] = {}
        self._waiting = list(TIES["payments"])
        self._set_clock = stopped_clock(books)
        self._set_clock("2026-03-31 08:00")
        for operator in TIES["operators"]:
            books.wallet("20000.00", code=operator)
        with books.database.transaction() as connection:
            for name in TIES["profiles"]:
                profiles.save(connection, (FIXTURES / name).read_text(encoding="utf-8"), by="mita")

    def until(self, instant: str) -> None:
        """Let the counters pay what they paid before an instant of India's, and set the clock to it."""
        due = list(takewhile(lambda each: each["at"] < instant, self._waiting))
        del self._waiting[: len(due)]
        for told in due:
            self._pay(**told)
        self._set_clock(instant)
        with self.books.database.transaction() as connection:
            for book in lapses.list_books(connection):
                lapses.expire_holds(connection, book)

    def bring(self, content: bytes, profile: str, *, by: str = "mita") -> BankFile:
        """Take a list in."""
        return bring(self.books, content, profile, by=by)

    def release(self, file: BankFile) -> TieOut:
        """Let the second person release a list, compare it, and return its tie-out."""
        release(self.books, file)
        return self.tie_out(file.id)

    def take(self, told: dict[str, Any]) -> TieOut:
        """Let a list of the fixtures come when it came, and be compared."""
        self.until(told["brought"])
        return self.release(self.bring((FIXTURES / told["file"]).read_bytes(), told["profile"]))

    def tie_out(self, file_id: int) -> TieOut:
        """Return a tie-out as it stands."""
        with self.books.database.snapshot() as connection:
            return tie_outs.view(connection, file_id)

    def results(self, file_id: int, *, is_open: bool | None = None) -> list[Result]:
        """Return the results of a list."""
        with self.books.database.statement() as connection:
            return tie_outs.results(connection, file_id, found=None, is_open=is_open, after=None, limit=1_000)

    def differences(self, file_id: int) -> list[tuple[str, str | None]]:
        """Return the rows by which a list differs from the version before."""
        with self.books.database.statement() as connection:
            kept = lists.get(connection, file_id)
            told = lists.differences(connection, kept.replaces or 0, file_id)
        return [(each.what, each.ticket) for each in told]

    def breaks(self, department: str | None = None) -> list[list[str | None]]:
        """Return the breaks that lists brought about, of one department or of all, as `ties.json` tells them."""
        with self.books.database.statement() as connection:
            found = breaks.list_breaks(connection, after=None, limit=200)
        return sorted(
            [each.kind, each.since.isoformat(), rupees(each.amount or Paise(0)), each.wallet]
            for each in found
            if each.kind in DIFFERENCES and (department is None or f" of {department}: " in each.words)
        )

    def everything(self) -> list[tuple[Any, ...]]:
        """Return all that was found, without ids and times."""
        with self.books.database.statement() as connection:
            rows = connection.exec_driver_sql(
                "SELECT l.department, l.day, l.name, l.version, r.row_number, t.found, t.was, t.book, t.number,"
                " t.beside_book, t.beside_number, t.rule, t.words, t.settled_at IS NOT NULL, s.day,"
                " t.replaced_by IS NULL"
                " FROM tie_results t JOIN department_lists l ON l.file = t.file"
                " LEFT JOIN department_rows r ON r.file = t.file AND r.n = t.n"
                " LEFT JOIN department_lists s ON s.file = t.settled_by ORDER BY l.file, t.id"
            )
            return [tuple(row) for row in rows]

    def _pay(
        self,
        *,
        at: str,
        wallet: str,
        department: str,
        service: str,
        amount: str,
        ticket: str,
        application: str | None = None,
        then: str = "paid",
    ) -> None:
        self._set_clock(at)
        operator = OperatorCode(wallet)
        if then in {"lapses", "voided"}:
            held = self.books.hold(operator, amount, department=department, service=service, ticket=ticket,
                                   application=application)  # fmt: skip
            self.debits[f"{ticket} {wallet}"] = held.debit.id
            if then == "voided":
                self.books.void(held.debit.id)
            return
        paid = self.books.pay(
            operator, amount, department=department, service=service, ticket=ticket, application=application
        )
        self.debits[f"{ticket} {wallet}"] = paid.debit.id
        if then == "refunded":
            self.books.refund(paid.debit.id, amount)


def told(tie_out: TieOut) -> dict[str, Any]:
    """Return what `ties.json` says of a tie-out."""
    return {
        "department": tie_out.of.department,
        "day": tie_out.of.day.isoformat(),
        "version": tie_out.of.version,
        "theirs": rupees(tie_out.of.amount),
        "found": {each.found: [each.count, rupees(each.ours), rupees(each.theirs)] for each in tie_out.sums},
        "collected": _counted(tie_out.collected),
        "of_other_days": _counted(tie_out.of_other_days),
        "in_other_lists": _counted(tie_out.in_other_lists),
    }


def day(text: str) -> date:
    """Return the date that a text spells."""
    return date.fromisoformat(text)


def _counted(counted: Counted) -> list[object]:
    return [counted.count, rupees(counted.amount)]
