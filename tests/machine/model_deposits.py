"""Advices and claims of deposits in plain Python, written from the design and not from the SQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tests.machine.asking import Advise, BankLine, Claim, Number, Refusal, written
from tests.machine.model_books import Book, ModelBooks
from wallet_service.money import Paise
from wallet_service.payments import claims, credits

ADVICE_LIMIT, WALLET_LIMIT, LIMIT_IN_ALL = Paise(1_000_000), Paise(2_500_000), Paise(6_000_000)
CASH = {"cash", "cdm", "cheque"}
WITHDRAWN_WHY = "the bank never saw it"
_HOLIDAYS = {(1, 26), (4, 1), (5, 1), (8, 15), (10, 2), (12, 25)}


@dataclass
class SeenLine:
    """A line of the bank's statement, and what became of it."""

    id: int
    told: BankLine
    booked_on: date
    read_at: datetime
    rule: str = ""
    entry: str = ""
    parked: bool = False
    wallet: str = ""
    settled: bool = False

    @property
    def days(self) -> set[date]:
        return {self.booked_on, self.told.value_date}

    @property
    def numbers(self) -> set[Number]:
        """Return the numbers that the line shows."""
        if self.told.deposit is None:
            return set()
        return {(self.told.deposit, day) for day in (self.days if self.told.way == "machine" else {None})}

    @property
    def in_suspense(self) -> bool:
        return self.parked and self.told.is_inflow


class ModelDeposits(ModelBooks):
    """Books that take advices and claims, each against the lines that the bank has shown."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.deposits: dict[Number, str] = {}
        self.claimed_deposits: dict[str, Number | None] = {}
        self.lines: list[SeenLine] = []
        self.line_of: dict[Number, SeenLine] = {}
        self.line_of_credit: dict[str, SeenLine] = {}

    # --- advices

    def advise(self, asked: Advise) -> credits.CreditAnswer | Refusal:
        """Take an advice: at once, from suspense, or later."""
        book = self.books[asked.wallet]
        line = None if asked.weak else self._line_of(asked.number, asked.amount, asked.booked_on)
        refused = self._advice_refusal(asked, book, line)
        if refused is not None:
            return refused
        reason = self._waiting_reason(asked, book) if line is None else None
        if line is not None and self._is_contested(asked, book):
            line, reason = None, "contested"  # Others claim it by its number: a person decides.
        state = "tied" if line else "awaiting-bank" if reason else "credited"
        credit = self._credit(asked, book, state, reason)
        if not asked.weak:
            self.deposits[asked.number] = credit.id
        if line is not None:
            entry = self._clear_suspense(book, line, credit.id)
            self.credits[credit.id] = replace(credit, entry=entry)
            self.line_of_credit[credit.id] = line
            self.tie_twin_claim(credit, line, entry)
        elif reason is None:
            book.untied = Paise(book.untied + asked.amount)
            posted = self.post(book, "top-up", "transit:top-ups", asked.amount, credit.id)
            self.credits[credit.id] = replace(credit, entry=book.entry_id(posted.number))
            self.recover(book, credit.id)
        return credits.CreditAnswer(self.credits[credit.id], book.balance, replayed=False)

    def _is_contested(self, asked: Advise, book: Book) -> bool:
        claimed = [each for each in self.open_claims() if self.claimed_deposits[each.id] == asked.number]
        return any(each.wallet != book.code for each in claimed)

    def _credit(self, asked: Advise, book: Book, state: str, reason: str | None) -> credits.Credit:
        book.credits += 1
        book.open_day = max(book.open_day, self.today)
        credit = credits.Credit(
            id=f"{book.code}-C{book.credits:06d}",
            state=state,
            reason=reason,
            wallet=book.code,
            amount=asked.amount,
            bank_reference=asked.written,
            booked_on=asked.booked_on,
            channel=asked.channel,
            advised_at=self.now,
            business_day=book.open_day,
            entry=None,
        )
        self.credits[credit.id] = credit
        return credit

    def _clear_suspense(self, book: Book, line: SeenLine, source: str) -> str:
        entry = self.post(book, "suspense-cleared", "suspense:bank-credits", line.told.amount, source)
        line.parked = False
        self.recover(book, source)
        return book.entry_id(entry.number)

    def _advice_refusal(self, asked: Advise, book: Book, line: SeenLine | None) -> Refusal | None:
        known = None if asked.weak else self.deposits.get(asked.number)
        if known is not None:
            first = self.credits[known]
            if first.entry is None:
                return Refusal("already-advised", {"credit": first.id, "state": first.state})
            return Refusal("already-credited", {"entry": first.entry, "credit": first.id, "state": first.state})
        if line is not None and not line.in_suspense:
            return Refusal("already-credited", {"entry": line.entry})
        if line is not None and (line.told.amount != asked.amount or asked.booked_on not in line.days):
            return Refusal("bank-line-differs", {"bank_reference": written(asked.number)})
        if book.state == "closed":
            return Refusal("wallet-closed", {"wallet": book.code})
        told = (asked.wallet, asked.written, asked.amount, asked.booked_on)
        for each in self.credits.values():
            same = (each.wallet, each.bank_reference, each.amount, each.booked_on) == told
            if asked.weak and same and each.state != "withdrawn":
                return Refusal("already-advised", {"credit": each.id})
        return None

    def _waiting_reason(self, asked: Advise, book: Book) -> str | None:
        untied_in_all = sum(each.untied for each in self.books.values())
        untied = [each for each in self.credits.values() if each.wallet == book.code and each.state == "credited"]
        reasons = {
            "channel": asked.channel in CASH,
            "reference": asked.weak,
            "date-in-future": asked.booked_on > self.today,
            "limit-of-an-advice": asked.amount > ADVICE_LIMIT,
            "untied-too-long": any(each.business_day < bank_days_before(self.today, 2) for each in untied),
            "limit-in-all": untied_in_all + asked.amount > LIMIT_IN_ALL,
            "limit-of-the-wallet": book.untied + asked.amount > WALLET_LIMIT,
            "deposit-seen": self._line_naming(book, asked.amount, asked.booked_on) is not None,
        }
        return next((reason for reason, applies in reasons.items() if applies), None)

    def withdraw(self, name: str) -> credits.Credit | Refusal:
        """Withdraw an advice that the bank never saw."""
        credit = self.credits[name]
        book = self.books[credit.wallet]
        if credit.state not in {"credited", "awaiting-bank"}:
            return Refusal("credit-not-open", {"credit": name, "state": credit.state})
        if credit.state == "credited":
            self.take_back(book, "return", "transit:top-ups", credit.amount, name)
            book.untied = Paise(book.untied - credit.amount)
        self.credits[name] = replace(credit, state="withdrawn", reason=WITHDRAWN_WHY)
        return self.credits[name]

    # --- claims

    def claim(self, asked: Claim) -> claims.ClaimAnswer | Refusal:
        """Take a claim: tied by its number, offered what lies in suspense, or open."""
        book = self.books[asked.wallet]
        number = asked.number
        line = None if number is None else self._line_of(number, asked.amount, asked.deposited_on)
        refused = self._claim_refusal(asked, book, line)
        if refused is not None:
            return refused
        advised = None if number is None else self.deposits.get(number)
        if advised is not None and self.credits[advised].state == "credited":
            line = None  # It was credited at once, with another amount: what the line is then, a person decides.
        if any(self.claimed_deposits[each.id] == number is not None for each in self.open_claims()):
            line = None  # Another claims it as well.
        book.claims += 1
        book.open_day = max(book.open_day, self.today)
        claim = self._claim(asked, book)
        if line is not None:
            entry = self._clear_suspense(book, line, claim.id)
            reason = f"The number of the deposit is that of bank line {line.id}."
            claim = replace(claim, state="tied", reason=reason, line=line.id, entry=entry)
        elif offers := [each.id for each in self.lines if _may_be_offered(each, asked)][:20]:
            reason = f"Fits {len(offers)} line(s) that lie in suspense since before it: a person decides."
            claim = replace(claim, state="offered", reason=reason, offers=offers)
        elif self._line_naming(book, asked.amount, asked.deposited_on) is not None:
            reason = "A line of this amount and date named the operator and was credited: a person decides."
            claim = replace(claim, state="offered", reason=reason)
        self.claims[claim.id] = claim
        self.claimed_deposits[claim.id] = number
        if line is not None:
            assert claim.entry is not None
            self.tie_twin_credit(claim, line, claim.entry)
        return claims.ClaimAnswer(claim, book.balance, replayed=False)

    def _line_of(self, number: Number, amount: Paise, day: date) -> SeenLine | None:
        """Return the one line of a number, amount and day that lies in suspense, else the one that the number has."""
        shown = [each for each in self.lines if number in each.numbers and each.told.is_inflow]
        same = [each for each in shown if each.told.amount == amount and day in each.days]
        return same[0] if len(same) == 1 and same[0].parked else self.line_of.get(number)

    def _line_naming(self, book: Book, amount: Paise, day: date) -> SeenLine | None:
        """Return a line that named the operator and was credited, of this amount and day."""
        for line in self.lines:
            named = line.rule == "operator-named" and not line.parked and line.told.operators == (book.code,)
            if named and line.told.amount == amount and day in line.days:
                return line
        return None

    def tie_twin_credit(self, claim: claims.Claim, line: SeenLine, entry: str) -> None:
        """Tie the waiting advice that tells of the same cash deposit as a claim."""
        told = (claim.wallet, claim.amount, claim.deposited_on)
        waiting = [each for each in self.credits.values() if each.state == "awaiting-bank" and each.channel in CASH]
        for credit in sorted(waiting, key=lambda each: each.id):
            if (credit.wallet, credit.amount, credit.booked_on) == told:
                self.credits[credit.id] = replace(credit, state="tied", entry=entry)
                self.line_of_credit[credit.id] = line
                return

    def _claim(self, asked: Claim, book: Book) -> claims.Claim:
        return claims.Claim(
            id=f"{book.code}-L{book.claims:06d}",
            state="open",
            reason="Waits for the bank's line.",
            wallet=book.code,
            amount=asked.amount,
            deposited_on=asked.deposited_on,
            mode=asked.mode,
            branch_code=asked.branch,
            cdm_no=asked.cdm_no,
            slip_no=asked.slip_no,
            claimed_at=self.now,
            business_day=book.open_day,
            offers=[],
            line=None,
            entry=None,
        )

    def _claim_refusal(self, asked: Claim, book: Book, line: SeenLine | None) -> Refusal | None:
        if book.state == "closed":
            return Refusal("wallet-closed", {"wallet": book.code})
        if asked.deposited_on > self.today:
            return Refusal("deposit-in-future", {"deposited_on": asked.deposited_on.isoformat()})
        for each in self.claims.values():
            told = (each.wallet, each.amount, each.deposited_on, each.branch_code, each.cdm_no)
            same_slip = None in {each.slip_no, asked.slip_no} or each.slip_no == asked.slip_no
            place = (asked.branch, asked.cdm_no)
            if same_slip and told == (asked.wallet, asked.amount, asked.deposited_on, *place):
                return Refusal("already-claimed", {"claim": each.id, "state": each.state})
        number = asked.number
        advised = None if number is None else self.deposits.get(number)
        if advised is not None and self.credits[advised].state == "tied":
            return Refusal("already-credited", {"entry": self.line_of_credit[advised].entry})
        if line is not None and not line.in_suspense:
            return Refusal("already-credited", {"entry": line.entry})
        if line is not None and (line.told.amount != asked.amount or asked.deposited_on not in line.days):
            assert number is not None
            return Refusal("bank-line-differs", {"bank_reference": written(number)})
        return None

    def open_claims(self) -> list[claims.Claim]:
        """Return the claims that wait, in the order of their wallets' opening."""
        order = list(self.books)
        waiting = [each for each in self.claims.values() if each.state in {"open", "offered"}]
        return sorted(waiting, key=lambda each: (order.index(each.wallet), each.id))

    def tie_claim(self, claim: claims.Claim, line: SeenLine, entry: str) -> None:
        """Note that the bank's line credited a claim's wallet."""
        self.claims[claim.id] = replace(claim, state="tied", line=line.id, entry=entry)

    def tie_twin_claim(self, credit: credits.Credit, line: SeenLine, entry: str) -> None:
        """Tie the claim that tells of the same cash deposit as an advice."""
        told = (credit.wallet, credit.amount, credit.booked_on)
        for claim in self.open_claims():
            if credit.channel in CASH and (claim.wallet, claim.amount, claim.deposited_on) == told:
                self.tie_claim(claim, line, entry)
                return


def _may_be_offered(line: SeenLine, asked: Claim) -> bool:
    same_place = not line.told.branch or asked.branch in {None, line.told.branch}
    return line.in_suspense and line.told.amount == asked.amount and asked.deposited_on in line.days and same_place


def bank_days_before(day: date, count: int) -> date:
    """Return the bank working day that lies *count* of them before a day."""
    while count:
        day -= timedelta(days=1)
        saturday_off = day.weekday() == 5 and (day.day - 1) // 7 + 1 in {2, 4}
        count -= day.weekday() != 6 and not saturday_off and (day.month, day.day) not in _HOLIDAYS
    return day
