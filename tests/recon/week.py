"""The week of `fixtures/week`, as tests play it: what was told each day, the day's file, and what it must give."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.books import Books
from tests.ledger.clock import begin_books, stopped_clock
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger import bank_days
from wallet_service.ledger.bank_days import Holiday
from wallet_service.money import rupees
from wallet_service.recon import bank_accounts, bank_files, breaks, intake, night, posting, report
from wallet_service.recon.bank_files import BankFile

FIXTURES = Path(__file__).parents[2] / "fixtures" / "week"
GIVES: dict[str, Any] = json.loads((FIXTURES / "gives.json").read_text(encoding="utf-8"))
OPERATORS = tuple(OperatorCode(code) for code in GIVES["operators"])
POOL = "bank:sbi:pool"


@dataclass(frozen=True)
class WeekDay:
    """One day: its date, its file as the bank gave it, what was *told* before, and the *lines* and *statement* due."""

    day: date
    filename: str
    told: tuple[dict[str, dict[str, Any]], ...]
    lines: tuple[tuple[str, str, str], ...]
    statement: dict[str, Any]

    @property
    def content(self) -> bytes:
        """Return the file's bytes."""
        return (FIXTURES / self.filename).read_bytes()


WEEK = tuple(
    WeekDay(
        date.fromisoformat(day["day"]),
        day["file"],
        tuple(day["told"]),
        tuple((amount, rule, account) for amount, rule, account in day["lines"]),
        day["statement"],
    )
    for day in GIVES["days"]
)


class Week:
    """The books in that week. A day's file is brought by Mita, and released by Kamal, on the morning after."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._set_clock = stopped_clock(books)
        self._set_clock(f"{WEEK[0].day} 08:00")
        begin_books(books, WEEK[0].day.isoformat())
        with books.database.transaction() as connection:
            bank_accounts.add(connection, "sbi:pool", GIVES["account"], begins_on=WEEK[0].day, by="test")
        for operator in OPERATORS:
            books.wallet(code=operator)

    def play(self, day: WeekDay) -> BankFile:
        """Let a day pass, from the counters' morning to its file in the books on the next."""
        self.tell(day)
        self.morning_after(day)
        return self.release(self.receive(day.content, day.filename))

    def tell(self, day: WeekDay) -> None:
        """Let everybody say, and pay, what they did on a day."""
        self._set_clock(f"{day.day} 11:00")
        for told in day.told:
            ((verb, said),) = told.items()
            getattr(self, f"_{verb}")(**said)

    def morning_after(self, day: WeekDay) -> None:
        """Set the clock to the morning on which a day's file comes."""
        self._set_clock(f"{day.day + timedelta(days=1)} 09:00")

    def night(self, day: date) -> None:
        """Let a day's evening and night be done, each at its time."""
        self._set_clock(f"{day} 22:05")
        night.put_in_order(self.books.database, by="clock")
        self._set_clock(f"{day + timedelta(days=1)} 00:05")
        night.run(self.books.database, by="clock")

    def close_the_bank(self, day: date, name: str) -> None:
        """Add a bank holiday."""
        with self.books.database.transaction() as connection:
            bank_days.add_holiday(connection, Holiday(day, name, None), by="mita")

    def breaks(self) -> list[dict[str, Any]]:
        """Return what is open, the oldest first, as `gives.json` tells it."""
        with self.books.database.statement() as connection:
            found = breaks.list_breaks(connection, after=None, limit=200)
        return [
            {
                "kind": each.kind,
                "since": each.since.isoformat(),
                "age_days": each.age_days,
                "age_bank_days": each.age_bank_days,
                "amount": None if each.amount is None else rupees(each.amount),
                "wallet": each.wallet,
                "words": each.words,
            }
            for each in found
        ]

    def kept(self, day: date) -> list[tuple[int, str, dict[str, Any]]]:
        """Return the versions of a day's statement that were kept: number, state, and what `gives.json` says of it."""
        with self.books.database.statement() as connection:
            last = report.get(connection, day).version
            found = [report.get(connection, day, number) for number in range(1, last + 1)]
        return [(each.version, each.state, said_of(each.statement)) for each in found]

    def receive(self, content: bytes, filename: str) -> BankFile:
        """Take a file in."""
        with self.books.database.statement() as connection:
            today = intake.today(connection)
        reading = intake.read(content, today=today)
        with self.books.database.transaction() as connection:
            return intake.receive(connection, reading, filename=filename, by="mita", account="sbi:pool")

    def release(self, file: BankFile) -> BankFile:
        """Let the second person release a file, and post every file that this lets in."""
        self.release_unposted(file)
        for file_id in self._asked_to_post():
            posting.post_file(self.books.database, file_id)
        return self.file(file.id)

    def release_unposted(self, file: BankFile) -> None:
        """Let the second person release a file; its lines are not posted yet."""
        with self.books.database.statement() as connection:
            statements = intake.read_for_release(connection, file.id)
        with self.books.database.transaction() as connection:
            intake.release(connection, file.id, statements, by="kamal")

    def file(self, file_id: int) -> BankFile:
        """Return a file as it stands."""
        with self.books.database.statement() as connection:
            return bank_files.get(connection, file_id)

    def files(self, state: str) -> list[BankFile]:
        """Return the files in a state."""
        with self.books.database.statement() as connection:
            found = connection.exec_driver_sql("SELECT id FROM bank_files WHERE state = %s ORDER BY id", (state,))
            return [bank_files.get(connection, file_id) for file_id in found.scalars().all()]

    def lines(self, file: BankFile) -> list[tuple[str, str, str]]:
        """Return what became of a file's lines: the amount, below zero where it went out, the rule, the account."""
        with self.books.database.statement() as connection:
            rows = connection.exec_driver_sql(_LINES, (file.id,)).all()
        return [(row.amount, row.rule, row.account) for row in rows]

    def statement(self, day: date) -> dict[str, Any]:
        """Draw up a day's statement, and return what `gives.json` says of it."""
        with self.books.database.snapshot() as connection:
            draft = report.draw_up(connection, day)
        return said_of(draft.statement)

    def end(self) -> dict[str, Any]:
        """Return what there is at the end, whatever came when: lines, entries without times and numbers, money."""
        with self.books.database.snapshot() as connection:
            rows = {name: connection.exec_driver_sql(asked).scalar_one() for name, asked in _END.items()}
        return {**rows, "statement": self.statement(WEEK[-1].day)}

    def state(self, day: date) -> str:
        """Return whether a day's statement would be ``final`` by now."""
        with self.books.database.snapshot() as connection:
            return report.draw_up(connection, day).state

    def _asked_to_post(self) -> list[int]:
        """Return the files that there are jobs for, and take those up."""
        with self.books.database.transaction() as connection:
            rows = connection.exec_driver_sql(
                "UPDATE outbox SET done_at = instant() WHERE done_at IS NULL AND job = %s RETURNING subject",
                (intake.POST_JOB,),
            )
            return sorted(int(subject) for (subject,) in rows)

    def _advice(self, wallet: str, amount: str, reference: str, booked_on: str, channel: str) -> None:
        booked = date.fromisoformat(booked_on)
        self.books.advise(OperatorCode(wallet), amount, reference=reference, booked_on=booked, channel=channel)

    def _claim(self, wallet: str, amount: str, deposited_on: str, mode: str, **place: str) -> None:
        at = {"branch": place.get("branch"), "cdm": place.get("cdm"), "slip": place.get("slip")}
        day = date.fromisoformat(deposited_on)
        self.books.claim(OperatorCode(wallet), amount, deposited_on=day, mode=mode, **at)

    def _debit(self, wallet: str, amount: str, department: str, service: str) -> None:
        self.books.pay(OperatorCode(wallet), amount, department=department, service=service)


_LINES = """
SELECT (CASE l.direction WHEN 'inflow' THEN '' ELSE '-' END || to_char(l.amount_paise / 100.0, 'FM9999999990.00'))
  AS amount, p.rule, a.code AS account
FROM bank_lines l JOIN bank_line_postings p ON p.line = l.id
JOIN entries e ON e.book = p.book AND e.number = p.entry_number
JOIN accounts a ON a.id IN (e.debit_account, e.credit_account) AND a.id <> l.bank_account
WHERE l.file = %s ORDER BY l.id
"""


_END = {
    "lines": """
        SELECT jsonb_agg(jsonb_build_array(l.booked_on, l.balance_before_paise, l.amount_paise, p.rule, p.disposition)
          ORDER BY l.booked_on, l.balance_before_paise, l.occurrence, l.amount_paise)
        FROM bank_lines l JOIN bank_line_postings p ON p.line = l.id""",
    "entries": """
        SELECT jsonb_agg(x ORDER BY x) FROM (
          SELECT jsonb_build_array(b.code, e.kind, e.amount_paise, d.code, c.code, e.value_date) AS x
          FROM entries e JOIN books b ON b.id = e.book JOIN accounts d ON d.id = e.debit_account
          JOIN accounts c ON c.id = e.credit_account) y""",
    "wallets": "SELECT jsonb_agg(jsonb_build_array(code, current_paise) ORDER BY code) FROM books WHERE id <> 0",
}


def said_of(statement: dict[str, Any]) -> dict[str, Any]:
    """Return what `gives.json` says of a statement, which must agree with the bank's where that is known."""
    (bank,), owed = statement["part_a"], statement["part_b"]
    assert statement["agrees"], statement
    assert bank["statement_closing"] == bank["bank_per_books"]
    return {
        "bank": bank["bank_per_books"],
        "owed_to_the_scheme": _amounts(owed["owed_to_the_scheme"]),
        "owed_by_the_scheme": _amounts(owed["owed_by_the_scheme"]),
        "open_items": {
            account["account"]: [[item["amount"], item["age_days"]] for item in account["items"]]
            for account in owed["open_items"]
            if account["items"]
        },
    }


def _amounts(accounts: Iterable[dict[str, str]]) -> dict[str, str]:
    """Return the accounts that are not at nothing."""
    return {each["account"]: each["amount"] for each in accounts if each["amount"] != "0.00"}
