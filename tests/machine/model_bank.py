"""What becomes of the lines of bank files, in plain Python: from the design, and not from the rules' code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tests.machine.asking import BankLine
from tests.machine.model_books import Book
from tests.machine.model_deposits import CASH, ModelDeposits, SeenLine
from wallet_service.money import Paise
from wallet_service.payments import claims, credits

POOL = "bank:sbi:pool"
BANK_OPENING = Paise(5_000_000)


@dataclass(frozen=True)
class Became:
    """What became of a line, as finance sees it."""

    id: int
    state: str
    rule: str
    entry: str


class ModelBank(ModelDeposits):
    """Books that post the bank's lines. *shown* is the bank's balance."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.shown = BANK_OPENING
        self.balances_of_the_day: tuple[date, set[int]] = (self.today, set())
        self.files: dict[int, list[SeenLine]] = {}

    def read(self, told: Sequence[BankLine]) -> list[SeenLine]:
        """Take the lines of today's file, which somebody uploads now."""
        return [SeenLine(0, line, self.today, self.now) for line in told]

    def post_file(self, file: int, lines: list[SeenLine]) -> list[Became]:
        """Post the lines of a file that is released, in their order."""
        if not self.files:
            self.post_in_house(POOL, "opening:balances", BANK_OPENING)
        self.files[file] = lines
        for line in lines:
            line.id = len(self.lines) + 1
            self.lines.append(line)
        for line in lines:
            self._post_line(line)
        return [self.became(line) for line in lines]

    def became(self, line: SeenLine) -> Became:
        """Return how finance sees a line."""
        return Became(line.id, "suspense" if line.parked else "posted", line.rule, line.entry)

    def _post_line(self, line: SeenLine) -> None:
        self.shown = Paise(self.shown + (line.told.amount if line.told.is_inflow else -line.told.amount))
        line.rule, act = self._inflow(line) if line.told.is_inflow else self._outflow(line)
        line.entry = act()
        for number in line.numbers if line.told.is_inflow else ():
            if line.parked:
                self.line_of.setdefault(number, line)
            else:
                self.line_of[number] = line

    # --- money out

    def _outflow(self, line: SeenLine) -> tuple[str, Callable[[], str]]:
        credit = self._advised(line)
        deposits = self._deposits_like(line)
        equal = [each for each in deposits if each.told.amount == line.told.amount]
        lying = [each for each in equal if each.parked and not each.settled]
        if len(lying) == 1:
            return "returned", lambda: self._send_back(line, lying[0])
        if not lying and credit is not None and (credit.state, credit.amount) == ("tied", line.told.amount):
            return "returned", lambda: self._return(line, credit)
        in_wallet = [each for each in equal if each.wallet and not each.settled]
        if len(in_wallet) == 1 and not lying and credit is None:
            return "returned", lambda: self._take_from_wallet(line, in_wallet[0])
        if credit is not None or deposits:
            return "returned", lambda: self._park(line)
        if line.told.way == "charge":
            return "charge", lambda: self.post_in_house("bank:charges", POOL, line.told.amount)
        return "unexplained", lambda: self._park(line)

    def _return(self, line: SeenLine, credit: credits.Credit) -> str:
        book = self.books[credit.wallet]
        entry = self.take_back(book, "return", POOL, line.told.amount, f"bank-line {line.id}", line.booked_on)
        self.credits[credit.id] = replace(credit, state="withdrawn", reason="returned by the bank")
        self.line_of_credit[credit.id].settled = True
        return entry

    def _send_back(self, line: SeenLine, other: SeenLine) -> str:
        other.settled, other.parked = True, False
        return self.post_in_house("suspense:bank-credits", POOL, line.told.amount)

    def _take_from_wallet(self, line: SeenLine, other: SeenLine) -> str:
        other.settled = True
        for name in [name for name, seen in self.line_of_credit.items() if seen is other]:
            self.credits[name] = replace(self.credits[name], state="withdrawn", reason="returned by the bank")
        return self.take_back(
            self.books[other.wallet], "return", POOL, line.told.amount, f"bank-line {line.id}", line.booked_on
        )

    def _deposits_like(self, line: SeenLine) -> list[SeenLine]:
        """Return the other lines by which the bank shows a deposit of the line's number."""
        return [each for each in self.lines if each is not line and each.told.is_inflow and each.numbers & line.numbers]

    def _park(self, line: SeenLine) -> str:
        line.parked = True
        if line.told.is_inflow:
            return self.post_in_house(POOL, "suspense:bank-credits", line.told.amount)
        return self.post_in_house("suspense:differences", POOL, line.told.amount)

    # --- money in

    def _inflow(self, line: SeenLine) -> tuple[str, Callable[[], str]]:
        credit = self._advised(line)
        others = self._deposits_like(line)
        numbered = [each for each in self.open_claims() if self._has_number_of(each, line)]
        fits = credit is not None and credit.amount == line.told.amount and credit.booked_on in line.days
        repeats = [each for each in others if (each.booked_on, each.told.amount) == (line.booked_on, line.told.amount)]
        if fits and credit is not None and credit.state == "tied":
            return "twice-credited", lambda: self._park(line)
        if any(each.rule and not each.parked and not each.settled for each in repeats) or (
            credit is None and not numbered and any(each.id < line.id for each in repeats)
        ):
            return "twice-credited", lambda: self._park(line)
        if credit is not None:
            if len(self._fitting(line)) > 1:  # A machine's number of two days, and the line is of both.
                return "advised-otherwise", lambda: self._park(line)
            if fits and credit.state in {"credited", "awaiting-bank"}:
                return "advised", lambda: self._tie(line, credit)
            return "advised-otherwise", lambda: self._park(line)
        if numbered:
            fitting = [each for each in numbered if _fits(each, line)]
            return "claimed-by-number", self._decided(line, numbered, fitting[0] if len(fitting) == 1 else None)
        if others:
            return "shared-reference", lambda: self._park(line)
        named = [self.books[code] for code in line.told.operators]
        if named:
            meant = (
                named[0]
                if len(named) == 1 and named[0].state != "closed" and not self._spoken(named[0], line)
                else None
            )
            return "operator-named", lambda: self._credit_wallet(line, meant) if meant else self._park(line)
        return self._by_amount_date_and_branch(line)

    def _by_amount_date_and_branch(self, line: SeenLine) -> tuple[str, Callable[[], str]]:
        if line.told.way in {"cash", "machine"}:
            told = [each for each in self.open_claims() if _fits(each, line) and _same_place(each, line)]
            fitting = [each for each in told if not self._is_shown(each, line)]
            weak = [each for each in self._claimless_advices() if _fits_advice(each, line)]
            if fitting or weak:
                alike = [each for each in self.lines if _alike(each, line)]
                alone = len(fitting) == len(alike) == 1 and not weak
                first = fitting[:1] and fitting[0].claimed_at < line.read_at
                placed = bool(fitting and fitting[0].branch_code and line.told.branch)
                certain = alone and first and placed and fitting[0].state == "open"
                return "claimed", self._decided(line, fitting, fitting[0] if certain else None)
        if line.told.way == "interest":
            return "interest", lambda: self.post_in_house(POOL, "bank:interest", line.told.amount)
        return "unexplained", lambda: self._park(line)

    def _decided(
        self, line: SeenLine, offered: Sequence[claims.Claim], claim: claims.Claim | None
    ) -> Callable[[], str]:
        """Credit the one claim, or offer the line to all that it fits."""
        if claim is None or self.books[claim.wallet].state == "closed":
            return lambda: self._offer(line, offered)
        return lambda: self._credit_claim(line, claim)

    def _offer(self, line: SeenLine, to: Sequence[claims.Claim]) -> str:
        for claim in to:
            offers = sorted({*claim.offers, line.id})
            self.claims[claim.id] = replace(claim, state="offered", offers=offers)
        return self._park(line)

    def _tie(self, line: SeenLine, credit: credits.Credit) -> str:
        book = self.books[credit.wallet]
        self.line_of_credit[credit.id] = line
        if credit.state == "credited":
            book.untied = Paise(book.untied - credit.amount)
            entry = self.post_in_house(POOL, "transit:top-ups", credit.amount)
            self.credits[credit.id] = replace(credit, state="tied")
        else:
            entry = self._credit_wallet(line, book)
            line.wallet = ""  # Through an advice: what goes back is the advice's.
            self.credits[credit.id] = replace(credit, state="tied", entry=entry)
        self.tie_twin_claim(credit, line, entry)
        return entry

    def _credit_claim(self, line: SeenLine, claim: claims.Claim) -> str:
        entry = self._credit_wallet(line, self.books[claim.wallet])
        self.tie_claim(claim, line, entry)
        self.tie_twin_credit(claim, line, entry)
        return entry

    def _credit_wallet(self, line: SeenLine, book: Book) -> str:
        source = f"bank-line {line.id}"
        line.wallet = book.code
        entry = self.post(book, "bank-credit", POOL, line.told.amount, source, line.booked_on)
        self.recover(book, source)
        return book.entry_id(entry.number)

    # --- what fits

    def _spoken(self, book: Book, line: SeenLine) -> bool:
        """Say whether the operator has an open advice or claim that may be of the same deposit."""
        advised = [each for each in self.credits.values() if each.state in {"credited", "awaiting-bank"}]
        claimed = [each for each in self.open_claims() if each.wallet == book.code]
        return any(
            each.wallet == book.code and _fits_advice(each, line) and not self._is_paid(each, line) for each in advised
        ) or any((_fits(each, line) and _same_place(each, line) and not self._is_shown(each, line)) for each in claimed)

    def _is_paid(self, credit: credits.Credit, line: SeenLine) -> bool:
        """Say whether another line has an advice's number, amount and day."""
        shown = [each for each in self.lines if each is not line and each.told.is_inflow]
        numbers = {number for number, name in self.deposits.items() if name == credit.id}
        return any(each.numbers & numbers and _fits_advice(credit, each) for each in shown)

    def _is_shown(self, claim: claims.Claim, line: SeenLine) -> bool:
        """Say whether another line has a claim's number."""
        number = self.claimed_deposits[claim.id]
        shown = [each for each in self.lines if each is not line and each.told.is_inflow]
        return number is not None and any(number in each.numbers for each in shown)

    def _fitting(self, line: SeenLine) -> list[credits.Credit]:
        """Return the advices under the line's numbers that have its sum and one of its days."""
        advised = [self.credits[self.deposits[number]] for number in line.numbers if number in self.deposits]
        return [each for each in advised if _fits_advice(each, line) and each.state != "withdrawn"]

    def _advised(self, line: SeenLine) -> credits.Credit | None:
        numbers = [number for number in sorted(line.numbers, key=str) if number in self.deposits]
        advised = [self.credits[self.deposits[number]] for number in numbers]
        fitting = [each for each in advised if _fits_advice(each, line)]
        return next(iter([*fitting, *advised]), None)

    def _has_number_of(self, claim: claims.Claim, line: SeenLine) -> bool:
        return self.claimed_deposits[claim.id] in line.numbers

    def _waiting_advices(self) -> list[credits.Credit]:
        waiting = [each for each in self.credits.values() if each.state == "awaiting-bank" and each.channel in CASH]
        return sorted(waiting, key=lambda each: each.id)

    def _claimless_advices(self) -> list[credits.Credit]:
        """Return the advices without a number that wait, where no claim speaks for them."""
        claimed = {(each.wallet, each.amount, each.deposited_on) for each in self.open_claims()}
        numbered = set(self.deposits.values())
        waiting = [each for each in self._waiting_advices() if each.id not in numbered]
        return [each for each in waiting if (each.wallet, each.amount, each.booked_on) not in claimed]


def _fits(claim: claims.Claim, line: SeenLine) -> bool:
    return claim.amount == line.told.amount and claim.deposited_on in line.days


def _fits_advice(credit: credits.Credit, line: SeenLine) -> bool:
    return credit.amount == line.told.amount and credit.booked_on in line.days


def _same_place(claim: claims.Claim, line: SeenLine) -> bool:
    return not line.told.branch or claim.branch_code in {None, line.told.branch}


def _alike(other: SeenLine, line: SeenLine) -> bool:
    same_place = not other.told.branch or not line.told.branch or other.told.branch == line.told.branch
    same_day = bool({*other.days} & {*line.days})
    return other.told.is_inflow and other.told.amount == line.told.amount and same_day and same_place
