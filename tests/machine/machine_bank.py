"""The rules by which the bank and those who wait for it go on: lines of its files, claims, withdrawals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine.asking import SERVICES, BankLine, Claim
from tests.machine.history import History, counted, having, one
from tests.machine.machine_house import PICK
from wallet_service.money import Paise

SUMS = (Paise(300_000), Paise(400_000))
BRANCHES = ("04292", "00091")
SUM = st.sampled_from(SUMS)
AGO = st.sampled_from([0, 0, 0, 1, 2])
KINDS = ("advised", "named", "cash", "machine", "stranger", "charge", "interest", "withdrawal", "returned")
DRAWN = st.tuples(st.sampled_from(KINDS), PICK)


class BankMachine(History):
    """Histories in which the bank shows what came in and what went out, and operators claim it."""

    # --- the bank

    def _bank(self, *lines: BankLine, meanwhile: Claim | None = None) -> None:
        """Take a file of these lines in, and post it; *meanwhile*, between the two, an operator claims."""
        self.move_clock(timedelta(seconds=1))  # What was claimed before is known from what is claimed meanwhile.
        told = self._going_on(lines)
        file = self.service.desk.receive(told, self.model.today, self.model.shown)
        seen = self.model.read(told)
        if meanwhile is not None:
            self.ask(meanwhile)
        self.same(self.service.desk.release(file), self.model.post_file(file, seen))

    def _going_on(self, lines: Sequence[BankLine]) -> list[BankLine]:
        """Return lines after which the account stands where it stood before no other line of the day.

        Files of one day with the same ends would be one that came again; and a file that begins where the account stood
        within the day may tell its last lines again: the service leaves that to a person.
        """
        told = list(lines)
        if self.day_of_balances != self.model.today:
            self.day_of_balances, self.balances = self.model.today, {self.model.shown}
        ends = self.model.shown
        for line in told:
            self.balances.add(ends)
            ends = Paise(ends + (line.amount if line.is_inflow else -line.amount))
        while ends in self.balances:
            told.append(BankLine("charge", Paise(1), self.model.today))
            ends = Paise(ends - 1)
        self.balances.add(ends)
        return told

    def _line(self, kind: str, pick: int) -> BankLine:
        today, money, branch = self.model.today, one(SUMS, pick // 2), one((*BRANCHES, ""), pick // 4)
        match kind:
            case "advised":
                return self._advised_line(pick)
            case "returned":
                return self._returned_line(pick)
            case "named":
                named = {self.book(pick).code, self.book(pick // 3 if pick % 5 == 0 else pick).code}
                return BankLine("names", Paise(1_000 * (pick + 1)), today, operators=tuple(sorted(named)))
            case "cash":
                return BankLine("cash", money, today - timedelta(days=pick % 2), branch=branch)
            case "machine":
                return self._machines_line(pick, branch)
            case "stranger":
                return BankLine("neft", money, today, self._fresh())
        return BankLine(kind, Paise(100 + pick), today)

    def _machines_line(self, pick: int, branch: str) -> BankLine:
        """Return the line of a machine's deposit, most often as somebody claimed or advised it."""
        deposit, money, day = one([self._fresh(), *self.numbers()], pick), one(SUMS, pick // 2), self.model.today
        told = [(each.amount, each.deposited_on) for each in self.model.open_claims() if self._claims(each.id, deposit)]
        told += [(each.amount, each.booked_on) for number, each in self.open_deposits() if number == deposit]
        if told and pick % 10 != 9:
            money, day = told[0]
        return BankLine("machine", money, min(day, self.model.today), deposit, branch)

    def _claims(self, claim: str, deposit: int) -> bool:
        number = self.model.claimed_deposits[claim]
        return number is not None and number[0] == deposit

    def _advised_line(self, pick: int) -> BankLine:
        """Return the line of an advice that waits or is credited; one in ten tells another amount."""
        open_ones = self.open_deposits()
        if not open_ones:
            return self._line("stranger", pick)
        deposit, credit = one(open_ones, pick)
        way = "machine" if credit.channel == "cdm" else "neft"
        return BankLine(way, Paise(credit.amount + (pick % 10 == 9)), min(credit.booked_on, self.model.today), deposit)

    def _returned_line(self, pick: int) -> BankLine:
        """Return the bank's taking back of a credit, or of what looks like one."""
        tied = self.tied_deposits()
        if not tied:
            return self._line("withdrawal", pick)
        deposit, credit = one(tied, pick)
        amount = Paise(credit.amount + (pick % 10 == 9))
        return BankLine("neft", amount, self.model.today, deposit, returned=True)

    def _fresh(self) -> int:
        self.names += 1
        return self.names

    @rule(pick=PICK, other=PICK, two=st.booleans())
    @counted
    def bank_shows_advised_credits(self, pick: int, other: int, two: bool) -> None:
        if not self.open_deposits():
            self._advise(pick, 5_000 + pick)
        self._bank(*(self._line("advised", each) for each in ([pick, other] if two else [pick])))

    @rule(pick=PICK, wallet=PICK, branch=st.sampled_from(BRANCHES))
    @counted
    def bank_shows_cash_that_is_claimed_meanwhile(self, pick: int, wallet: int, branch: str) -> None:
        line = self._line("cash", pick)
        self._bank(line, meanwhile=Claim(self.book(wallet).code, line.amount, line.value_date, branch))

    @rule(pick=PICK, wallet=PICK, ago=st.integers(0, 1), money=SUM, slip=st.sampled_from(["31", "32", "33"]))
    @counted
    def bank_shows_cash_that_was_claimed(self, pick: int, wallet: int, ago: int, money: Paise, slip: str) -> None:
        day, branch = self.model.today - timedelta(days=ago), one(BRANCHES, pick)
        self.ask(Claim(self.book(wallet).code, money, day, branch, slip=slip))
        self._bank(BankLine("cash", money, day, branch=branch))

    @rule(pick=PICK, spend=st.booleans())
    @counted
    def bank_returns_a_credit(self, pick: int, spend: bool) -> None:
        if not self.tied_deposits():
            if not self.open_deposits():
                self._advise(pick, 5_000 + pick)
            self._bank(self._line("advised", 0))
        if spend and (tied := self.tied_deposits()):
            self._place(list(self.model.books).index(one(tied, pick)[1].wallet), "all", SERVICES[0], "T0")
        self._bank(self._line("returned", pick))

    @rule(drawn=st.lists(DRAWN, min_size=1, max_size=5), twice=st.booleans())
    @counted
    def bank_shows_a_day(self, drawn: list[tuple[str, int]], twice: bool) -> None:
        lines = [self._line(*each) for each in drawn]
        self._bank(*lines, *lines[:1] * twice)

    # --- who waits for it

    @rule(pick=PICK, money=SUM, ago=AGO, branch=st.sampled_from([*BRANCHES, None]), slip=st.integers(0, 2))
    @counted
    def claim_a_deposit(self, pick: int, money: Paise, ago: int, branch: str | None, slip: int) -> None:
        day = self.model.today - timedelta(days=ago)
        self.ask(Claim(self.book(pick).code, money, day, branch, slip=f"1{slip}" if slip else None))

    @rule(pick=PICK)
    @counted
    def claim_a_deposit_of_tomorrow(self, pick: int) -> None:
        self.ask(Claim(self.book(pick).code, SUMS[0], self.model.today + timedelta(days=1), BRANCHES[0]))

    @rule(pick=PICK, number=PICK, money=SUM)
    @counted
    def claim_a_deposit_by_its_number(self, pick: int, number: int, money: Paise) -> None:
        deposit = one([*self.numbers(), self._fresh()], number)
        seen = next((line for (number, _), line in self.model.line_of.items() if number == deposit), None)
        if seen is not None and number % 4:
            money, day = seen.told.amount, seen.told.value_date
        else:
            day = self.model.today
        self.ask(Claim(self.book(pick).code, money, day, deposit=deposit))

    @rule(pick=PICK, number=PICK, money=SUM)
    @counted
    def advise_a_machines_deposit(self, pick: int, number: int, money: Paise) -> None:
        self._advise(pick, money, deposit=one([*self.numbers(), self._fresh()], number), channel="cdm", spelling=1)

    @rule(pick=PICK, which=PICK)
    @counted
    def advise_a_line_in_suspense(self, pick: int, which: int) -> None:
        if not self.numbered_in_suspense():
            self._bank(self._line("stranger", which))
        line = one(self.numbered_in_suspense(), which)
        assert line.told.deposit is not None
        amount = line.told.amount + (which % 10 == 9)
        self._advise(pick, amount, deposit=line.told.deposit, booked_on=line.told.value_date)

    @having(lambda history: history.model.credits)
    @rule(pick=PICK)
    @counted
    def withdraw_an_advice(self, pick: int) -> None:
        waiting = [each for each in self.model.credits.values() if each.state in {"credited", "awaiting-bank"}]
        credit = one(waiting or list(self.model.credits.values()), pick)
        self.same(self.service.withdraw(credit.id), self.model.withdraw(credit.id))

    @having(lambda history: history.model.credits)
    @rule(pick=PICK)
    @counted
    def withdraw_what_is_not_open(self, pick: int) -> None:
        credit = one(list(self.model.credits.values()), pick)
        self.same(self.service.withdraw(credit.id), self.model.withdraw(credit.id))
