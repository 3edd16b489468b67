"""The rows of an SBI statement, one after the other: each must follow from the one before.

Source: domain facts A0 (both or neither amount, continuation rows, repeated titles) and A1.1 (footer).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from wallet_service.money import Paise, rupees_for_people
from wallet_service.recon.readers import cells
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.preamble import Preamble, labelled
from wallet_service.recon.readers.refusals import Refusals
from wallet_service.recon.readers.text import LONGEST_LINE, Row
from wallet_service.recon.statements import Direction, StatementLine

MOST_ROWS = 200_000
MOST_LINES = 4 * MOST_ROWS
"""Lines of a text file: a booked row is one, and the words of some go on over two or three more."""

_FOOTER = "**this is a computer generated statement and does not require a signature"


class Rows:
    """Takes the rows after the titles in order and keeps their lines; what is wrong with one is noted in *refusals*."""

    def __init__(
        self, columns: dict[str, int], header: Row, stated: Preamble, refusals: Refusals, *, today: date
    ) -> None:
        self.lines: list[StatementLine] = []
        self.after: list[Row] = []
        self.last_row = header.number
        self._columns = columns
        self._width = max(columns.values()) + 1
        self._titles = header.cells
        self._stated = stated
        self._refusals = refusals
        self._today = today
        self._balance = stated.opening
        self._day = stated.first
        self._ended = False
        self._joinable = False

    def take(self, row: Row) -> None:
        """Take the next row: a line, the rest of the line before, a repeated title, the end, or a blank."""
        self.last_row = row.number
        if not row.cells or row.cells == self._titles:
            return
        if row.cells[0].startswith("*"):
            self._end(row)
        elif not row.cells[0][:1].isdigit() and (found := labelled(row)) and found.fact in {"closing", "book"}:
            self.after.append(row)
        elif self._ended:
            if len(row.cells) > 1:
                self._refuse(row, "there are rows after the end of the statement")
        elif self._is_continuation(row):
            self._join(row)
        elif len(self.lines) >= MOST_ROWS:
            self._ended = True
            self._refuse(row, f"the file has more than {MOST_ROWS:,} rows; download a shorter period")
        else:
            self._take_line(row)

    def prove_closing(self, row: Row, stated: Paise) -> None:
        """Note a refusal where the closing balance that *row* states is not that of the last line."""
        if self.lines and self.lines[-1].balance_after != stated:
            ends = rupees_for_people(self.lines[-1].balance_after)
            reason = f"the file closes at {rupees_for_people(stated)} and its last row at {ends}: rows are missing"
            self._refuse(row, reason)

    def _refuse(self, row: Row, reason: str) -> None:
        self._refusals.add(row.number, row.text, reason)

    def _cell(self, row: Row, title: str) -> str:
        return row.cell(self._columns[title]) if title in self._columns else ""

    def _end(self, row: Row) -> None:
        if not row.text.lower().startswith(_FOOTER):
            self._refuse(row, "the file is cut in its last line; download it again")
        self._ended = True

    def _is_continuation(self, row: Row) -> bool:
        filled = [index for index, cell in enumerate(row.cells) if cell]
        return filled == [self._columns["description"]]

    def _join(self, row: Row) -> None:
        if self._joinable:
            last = self.lines[-1]
            self.lines[-1] = replace(
                last, description=f"{last.description}\n{row.written(self._columns['description'])}"
            )
            if len(self.lines[-1].description) > LONGEST_LINE:
                self._joinable = False
                self._refuse(row, f"the description goes on for more than {LONGEST_LINE:,} characters")
        elif not self.lines:
            self._refuse(row, "a description continues here, and there is no row before it")

    def _take_line(self, row: Row) -> None:
        """Keep the row as a line if all of it can be relied on. The balance it shows is where the next row starts."""
        shown: Paise | None = None
        self._joinable = False
        try:
            shown = cells.balance(self._cell(row, "balance"))
            self.lines.append(self._line(row, shown))
            self._joinable = True
        except Unreadable as error:
            self._refuse(row, str(error))
        self._balance = shown

    def _line(self, row: Row, shown: Paise | None) -> StatementLine:
        if len(row.cells) > self._width and len(self._titles) <= self._width:
            raise Unreadable("the row has more cells than titles: an amount with commas lost its quotation marks")
        booked_on = self._booked_on(row)
        value_date = cells.day(self._cell(row, "value date"))
        direction, amount = self._movement(row)
        if shown is None:
            raise Unreadable("there is no balance: the row is cut")
        before = self._before(direction, amount, shown)
        return StatementLine(
            row=row.number,
            booked_on=booked_on,
            value_date=value_date,
            direction=direction,
            amount=amount,
            balance_before=before,
            balance_after=shown,
            description=row.written(self._columns["description"]),
            reference=cells.reference(self._cell(row, "ref no/cheque no")),
            branch=cells.branch(self._cell(row, "branch code")),
        )

    def _booked_on(self, row: Row) -> date:
        day = cells.day(self._cell(row, "txn date"))
        first, last = self._stated.first, self._stated.last
        if day > self._today:
            raise Unreadable(f"{day:%d/%m/%Y} has not come yet")
        if first and last and not first <= day <= last:
            raise Unreadable(f"{day:%d/%m/%Y} is outside the file's period, {first:%d/%m/%Y} to {last:%d/%m/%Y}")
        if self._day and day < self._day:
            raise Unreadable(f"{day:%d/%m/%Y} stands after {self._day:%d/%m/%Y}: the rows are not in order of date")
        self._day = day
        return day

    def _movement(self, row: Row) -> tuple[Direction, Paise]:
        debit = cells.amount(self._cell(row, "debit"), column="debit")
        credit = cells.amount(self._cell(row, "credit"), column="credit")
        if debit is not None and credit is not None:
            raise Unreadable("the row has both a debit and a credit")
        if credit is not None:
            return Direction.INFLOW, credit
        if debit is not None:
            return Direction.OUTFLOW, debit
        raise Unreadable("the row has neither a debit nor a credit")

    def _before(self, direction: Direction, amount: Paise, shown: Paise) -> Paise:
        """Return the balance before the row; where the row before showed none, this row tells it."""
        signed = amount if direction is Direction.INFLOW else -amount
        if self._balance is not None and self._balance + signed != shown:
            expected = rupees_for_people(Paise(self._balance + signed))
            found = rupees_for_people(shown)
            raise Unreadable(f"the balance does not follow: {expected} expected, {found} found")
        return Paise(shown - signed)
