"""Wallets, their entries and days in plain Python, written from the design and not from the SQL."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone

from tests.machine.asking import Refusal
from wallet_service.identifiers import OperatorCode
from wallet_service.ledger.balances import Balance
from wallet_service.ledger.days import Closed
from wallet_service.money import Paise
from wallet_service.payments import claims, credits, debits
from wallet_service.payments.wallets import Wallet

INDIA = timezone(timedelta(hours=5, minutes=30))
NOTHING = Paise(0)
CENTRE, DISTRICT = "HWH012", "HWH"


@dataclass(frozen=True)
class Posted:
    """An entry of a wallet's book."""

    number: int
    kind: str
    other: str
    moved: int
    balance: Paise
    at: datetime
    day: date
    value_date: date
    source: str


@dataclass(frozen=True)
class HousePosted:
    """An entry that moves no wallet."""

    debit: str
    credit: str
    amount: Paise
    day: date


@dataclass
class Book:
    """A wallet and the entries in its book."""

    code: OperatorCode
    floor: Paise
    open_day: date
    state: str = "open"
    held: Paise = NOTHING
    untied: Paise = NOTHING
    owed: Paise = NOTHING
    debits: int = 0
    credits: int = 0
    claims: int = 0
    entries: list[Posted] = field(default_factory=list)

    @property
    def current(self) -> Paise:
        return self.entries[-1].balance if self.entries else NOTHING

    @property
    def available(self) -> Paise:
        return Paise(self.current - self.held)

    @property
    def balance(self) -> Balance:
        return Balance(self.current, self.held)

    @property
    def to_spend(self) -> Paise:
        return Paise(max(0, self.available - self.floor))

    def covers(self, amount: Paise) -> bool:
        return self.available - amount >= self.floor

    def as_of(self, day: date) -> Paise:
        return next((entry.balance for entry in reversed(self.entries) if entry.day <= day), NOTHING)

    def entry_id(self, number: int) -> str:
        return f"{self.code}-{number:06d}"


class ModelBooks:
    """The books of one history, at the instant *now* of its own clock."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self.books: dict[str, Book] = {}
        self.debits: dict[str, debits.Debit] = {}
        self.credits: dict[str, credits.Credit] = {}
        self.claims: dict[str, claims.Claim] = {}
        self.reversed: dict[str, str] = {}
        self.house: list[HousePosted] = []
        self.closed: list[date] = []
        self.house_day = self.today

    @property
    def today(self) -> date:
        return self.now.astimezone(INDIA).date()

    def open_wallet(self, code: OperatorCode, floor: Paise) -> Wallet:
        """Open a wallet."""
        first_day = max([self.today, *(day + timedelta(days=1) for day in self.closed)])
        self.books[code] = Book(code, floor, first_day)
        return self.wallet(code)

    def wallet(self, code: str) -> Wallet:
        """Return a wallet as it stands."""
        book = self.books[code]
        return Wallet(
            operator_code=book.code,
            centre_code=CENTRE,
            centre_name=None,
            centre_name_bn=None,
            district=DISTRICT,
            state=book.state,
            floor=book.floor,
            balance=book.balance,
            number=len(book.entries),
        )

    def set_state(self, code: str, state: str) -> Wallet | Refusal:
        """Freeze (``frozen``), unfreeze (``open``) or close a wallet."""
        book = self.books[code]
        facts = {"wallet": book.code, "state": book.state}
        if book.state in {"closed", state}:
            return Refusal("wallet-closed" if book.state == "closed" else "wallet-state-unchanged", facts)
        if state == "closed":
            mine = [each for each in self.debits.values() if each.wallet == code and each.state == "held"]
            held = sum(each.amount for each in mine if not self.has_lapsed(each))
            waiting = sum(each.wallet == code and each.state == "awaiting-bank" for each in self.credits.values())
            claimed = sum(each.wallet == code and each.state in {"open", "offered"} for each in self.claims.values())
            if book.current or held or book.untied or book.owed or waiting or claimed:
                money = {"current_paise": book.current, "held_paise": held, "untied_paise": book.untied}
                items = {"owed_paise": book.owed, "credits_awaiting_bank": waiting, "claims_open": claimed}
                return Refusal("wallet-not-empty", {**facts, **money, **items})
            self.release_lapsed(book)
        book.state = state
        return self.wallet(code)

    def bring_in(self, code: str, amount: Paise) -> str | Refusal:
        """Bring in a wallet's balance from before, and return its entry's id."""
        book = self.books[code]
        if book.state == "closed":
            return Refusal("wallet-closed", {"wallet": code})
        brought_in = [book.entry_id(entry.number) for entry in book.entries if entry.kind == "opening"]
        if any(name not in self.reversed for name in brought_in):
            return Refusal("balance-brought-in", {"wallet": code})
        source = f"wallet {len(book.entries) + 1}"
        return book.entry_id(self.post(book, "opening", "opening:balances", amount, source).number)

    def reverse(self, code: str, number: int) -> str | Refusal:
        """Reverse an entry and return the id of what undoes it."""
        book, name = self.books[code], self.books[code].entry_id(number)
        if not 1 <= number <= len(book.entries):
            return Refusal("entry-not-found")
        if name in self.reversed:
            return Refusal("already-reversed", {"entry": self.reversed[name]})
        entry = book.entries[number - 1]
        if entry.kind != "opening":
            return Refusal("entry-not-reversible", {"entry": name, "kind": entry.kind})
        self.reversed[name] = self.take_back(book, "reversal", entry.other, Paise(entry.moved), name)
        return self.reversed[name]

    def post(
        self, book: Book, kind: str, other: str, moved: int, source: str, value_date: date | None = None
    ) -> Posted:
        """Write an entry that moves a wallet by *moved* paise against another account."""
        book.open_day = max(book.open_day, self.today)
        balance, number = Paise(book.current + moved), len(book.entries) + 1
        counts = value_date or self.today
        entry = Posted(number, kind, other, moved, balance, self.now, book.open_day, counts, source)
        book.entries.append(entry)
        return entry

    def post_in_house(self, debit: str, credit: str, amount: Paise) -> str:
        """Write an entry that moves no wallet, and return its id."""
        self.house_day = max(self.house_day, self.today)
        self.house.append(HousePosted(debit, credit, amount, self.house_day))
        return f"house-{len(self.house):06d}"

    def take_back(
        self, book: Book, kind: str, other: str, amount: Paise, source: str, value_date: date | None = None
    ) -> str:
        """Take money back as far as a wallet reaches; its operator owes the rest. Return the first entry's id."""
        self.release_lapsed(book)
        taken = min(amount, book.to_spend)
        ids = []
        if taken:
            ids.append(book.entry_id(self.post(book, kind, other, -taken, source, value_date).number))
        if taken < amount:
            book.owed = Paise(book.owed + amount - taken)
            ids.append(self.post_in_house(f"receivable:{book.code}", other, Paise(amount - taken)))
        return ids[0]

    def recover(self, book: Book, source: str) -> None:
        """Repay what an operator owes from what a top-up brought."""
        amount = min(book.owed, book.to_spend)
        if amount:
            self.post(book, "recovery", f"receivable:{book.code}", -amount, source)
            book.owed = Paise(book.owed - amount)

    def has_lapsed(self, debit: debits.Debit) -> bool:
        """Say whether a hold's time is over, whoever has noticed."""
        return debit.state in {"held", "expired"} and debit.expires_at is not None and debit.expires_at <= self.now

    def release_lapsed(self, book: Book) -> Paise:
        """Give back what a wallet's lapsed holds still hold."""
        freed = 0
        for debit in [each for each in self.debits.values() if each.wallet == book.code and each.state == "held"]:
            if self.has_lapsed(debit):
                self.debits[debit.id] = replace(debit, state="expired", released=debit.amount, closed_at=self.now)
                freed += debit.amount
        book.held = Paise(book.held - freed)
        return Paise(freed)

    @property
    def next_day(self) -> date:
        """Return the day that closes next: behind the last closed, else the first with an entry, else today."""
        days = [entry.day for book in self.books.values() for entry in book.entries]
        days += [entry.day for entry in self.house]
        return self.closed[-1] + timedelta(days=1) if self.closed else min(days, default=self.today)

    def close_day(self, day: date) -> Closed | Refusal:
        """Close a business day."""
        if day > self.today:
            return Refusal("day-in-future", {"day": day.isoformat()})
        if self.closed and day < self.next_day:
            return Refusal("day-closed", {"day": day.isoformat()})
        if day > self.next_day:
            return Refusal("earlier-day-open", {"day": self.next_day.isoformat()})
        lifted = sum(book.open_day <= day for book in self.books.values()) + (self.house_day <= day)
        for book in self.books.values():
            book.open_day = max(book.open_day, day + timedelta(days=1))
        self.house_day = max(self.house_day, day + timedelta(days=1))
        self.closed.append(day)
        return Closed(day, lifted, closed_now=True)

    def trial_balance(self, day: date | None = None) -> dict[str, int]:
        """Return what each account stands at by the end of a day, debits less credits; the wallets as one."""
        totals: dict[str, int] = {}
        for book in self.books.values():
            for entry in book.entries:
                if day is None or entry.day <= day:
                    totals["wallet:*"] = totals.get("wallet:*", 0) - entry.moved
                    totals[entry.other] = totals.get(entry.other, 0) + entry.moved
        for posted in self.house:
            if day is None or posted.day <= day:
                totals[posted.debit] = totals.get(posted.debit, 0) + posted.amount
                totals[posted.credit] = totals.get(posted.credit, 0) - posted.amount
        return {account: paise for account, paise in totals.items() if paise}


def insufficient(book: Book, amount: Paise) -> Refusal:
    """Return the refusal of what a wallet does not cover."""
    facts = {"wallet": book.code, "needed_paise": amount, "available_paise": book.available, "floor_paise": book.floor}
    return Refusal("insufficient-funds", facts)
