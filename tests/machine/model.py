"""What each request must be answered, in plain Python, written from the design and not from the SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from tests.machine import asking
from tests.machine.asking import Advise, Capture, Place, Refund, Refusal, Request, Told, Void
from tests.machine.model_books import NOTHING, Book, ModelBooks, insufficient
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.money import Paise
from wallet_service.payments import credits, debits, refunds

ADVICE_LIMIT, WALLET_LIMIT, LIMIT_IN_ALL = Paise(1_000_000), Paise(2_500_000), Paise(6_000_000)


class Model(ModelBooks):
    """Books that answer requests, and remember what they answered to each key."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.deposits: dict[int, str] = {}
        self.keys: dict[str, tuple[Request | None, asking.Ended]] = {}

    def answer(self, key: str, request: Request) -> Told:
        """Return what a request with a key is answered: what the key remembers, else what the books decide."""
        if key not in self.keys:
            told = self._decide(request)
            self.keys[key] = (request, told)
            return told
        known, remembered = self.keys[key]
        if isinstance(remembered, debits.Abandoned):
            return Refusal("key-abandoned")
        return replace(remembered, replayed=True) if known == request else Refusal("key-reused")

    def abandon(self, key: str) -> asking.Ended:
        """Spend a key by which nothing was posted."""
        _, remembered = self.keys.setdefault(key, (None, debits.Abandoned(key, None)))
        match remembered:
            case Refusal():
                return debits.Abandoned(key, remembered.slug)
            case debits.Answer():
                return replace(remembered, replayed=True)
            case debits.Abandoned():
                return remembered
        return Refusal("key-reused", {"key": key})

    def fate(self, key: str) -> tuple[str, str | None, str | None]:
        """Return what became of a key: its state, its debit's id, and what refused it."""
        match self.keys[key][1]:
            case Refusal(slug):
                return "refused", None, slug
            case debits.Abandoned():
                return "abandoned", None, None
            case debits.Answer(debit):
                return "posted", debit.id, None
        return "posted", None, None

    def _decide(self, request: Request) -> Told:
        match request:
            case Place():
                return self._place(request)
            case Capture():
                return self._capture(request)
            case Void():
                return self._void(request)
            case Refund():
                return self._refund(request)
            case Advise():
                return self._advise(request)

    # --- debits

    def _place(self, asked: Place) -> Told:
        book = self.books[asked.wallet]
        paid = [each for each in self.same_ticket(asked) if f"{each.department}:{each.service}" == asked.service]
        if asked.service == asking.ONCE_PER_TICKET and paid:
            return Refusal("already-paid", {"debit": paid[0].id, "state": paid[0].state})
        if book.state != "open":
            return Refusal(f"wallet-{book.state}", {"wallet": book.code})
        if not book.covers(asked.amount):
            self.release_lapsed(book)
        if not book.covers(asked.amount):
            return insufficient(book, asked.amount)
        same = [each.id for each in self.same_ticket(asked)]
        book.debits += 1
        book.open_day = max(book.open_day, self.today)
        debit = self._debit(asked, f"{book.code}-D{book.debits:06d}", book.open_day)
        if asked.expires_in is not None:
            book.held = Paise(book.held + asked.amount)
            debit = replace(debit, state="held", captured=NOTHING, expires_at=self.now + timedelta(0, asked.expires_in))
        else:
            entry = self.post(book, "payment", f"department:{asked.service}", -asked.amount, debit.id)
            debit = replace(debit, entry=book.entry_id(entry.number))
        self.debits[debit.id] = debit
        return debits.Answer(debit, book.balance, same, replayed=False)

    def _debit(self, asked: Place, name: str, day: date) -> debits.Debit:
        department, service = asked.service.split(":")
        return debits.Debit(
            id=name,
            state="captured",
            wallet=asked.wallet,
            department=DepartmentCode(department),
            service=ServiceCode(service),
            amount=asked.amount,
            captured=asked.amount,
            refunded=NOTHING,
            released=NOTHING,
            service_ticket_no=asked.ticket,
            application_no=None,
            consumer_no=None,
            narration=None,
            placed_at=self.now,
            business_day=day,
            expires_at=None,
            closed_at=None,
            late=False,
            entry=None,
        )

    def same_ticket(self, asked: Place) -> list[debits.Debit]:
        """Return the debits of a ticket that hold or took money, in the order in which they were placed."""
        same = [debit for debit in self.debits.values() if debit.service_ticket_no == asked.ticket and _stands(debit)]
        return sorted(same, key=lambda debit: (debit.placed_at, list(self.books).index(debit.wallet), debit.id))

    def _capture(self, asked: Capture) -> Told:
        debit = self.debits[asked.debit]
        book = self.books[debit.wallet]
        amount = debit.amount if asked.amount is None else asked.amount
        if debit.state in {"captured", "voided"}:
            return Refusal("hold-closed", {"debit": debit.id, "state": debit.state})
        if amount > debit.amount:
            facts = {"debit": debit.id, "asked_paise": amount, "held_paise": debit.amount}
            return Refusal("capture-exceeds-hold", facts)
        assert debit.expires_at is not None
        late = self.has_lapsed(debit)
        if late:
            self.release_lapsed(book)
            if not book.covers(amount):
                facts = {"debit": debit.id, "expired_at": debit.expires_at.isoformat(), "needed_paise": amount}
                return Refusal("hold-expired", {**facts, "available_paise": book.available})
        else:
            book.held = Paise(book.held - debit.amount)
        entry = self.post(book, "payment", f"department:{debit.department}:{debit.service}", -amount, debit.id)
        taken = replace(debit, state="captured", captured=amount, released=Paise(debit.amount - amount), late=late)
        self.debits[debit.id] = replace(taken, closed_at=self.now, entry=book.entry_id(entry.number))
        return debits.Answer(self.debits[debit.id], book.balance, [], replayed=False)

    def _void(self, asked: Void) -> Told:
        debit = self.debits[asked.debit]
        book = self.books[debit.wallet]
        if debit.state != "held":
            return Refusal("hold-closed", {"debit": debit.id, "state": debit.state})
        book.held = Paise(book.held - debit.amount)
        self.debits[debit.id] = replace(debit, state="voided", released=debit.amount, closed_at=self.now)
        return debits.Answer(self.debits[debit.id], book.balance, [], replayed=False)

    def paid_on(self, debit: debits.Debit) -> date:
        """Return the business day of a captured debit's payment."""
        assert debit.entry is not None
        return self.books[debit.wallet].entries[int(debit.entry[-6:]) - 1].day

    def _refund(self, asked: Refund) -> Told:
        debit = self.debits[asked.debit]
        book = self.books[debit.wallet]
        refused = self._refund_refusal(asked, debit, book)
        if refused is not None:
            return replace(refused, facts={"debit": debit.id, **refused.facts})
        account = f"department:{debit.department}:{debit.service}"
        entry = self.post(book, "refund", account, asked.amount, debit.id)
        self.debits[debit.id] = replace(debit, refunded=Paise(debit.refunded + asked.amount))
        refund = refunds.Refund(
            id=book.entry_id(entry.number),
            debit=debit.id,
            amount=asked.amount,
            cause=asked.cause,
            reason=asking.REASON,
            posted_at=self.now,
            business_day=entry.day,
        )
        return refunds.RefundAnswer(refund, book.balance, replayed=False)

    def _refund_refusal(self, asked: Refund, debit: debits.Debit, book: Book) -> Refusal | None:
        if debit.state != "captured":
            return Refusal("debit-not-captured", {"state": debit.state})
        if debit.refunded + asked.amount > debit.captured:
            facts = {"asked_paise": asked.amount, "captured_paise": debit.captured, "refunded_paise": debit.refunded}
            return Refusal("refund-exceeds-capture", facts)
        paid_on = self.paid_on(debit)
        if asked.cause == "paid" or (self.today - paid_on).days > 7:
            return Refusal("refund-needs-approval", {"cause": asked.cause, "paid_on": paid_on.isoformat()})
        return Refusal("wallet-closed", {"wallet": book.code}) if book.state == "closed" else None

    # --- credits

    def _advise(self, asked: Advise) -> Told:
        book = self.books[asked.wallet]
        refused = self._advice_refusal(asked, book)
        if refused is not None:
            return refused
        reason = self._waiting_reason(asked, book)
        book.credits += 1
        book.open_day = max(book.open_day, self.today)
        credit = credits.Credit(
            id=f"{book.code}-C{book.credits:06d}",
            state="credited" if reason is None else "awaiting-bank",
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
        if reason is None:
            book.untied = Paise(book.untied + asked.amount)
            entry = self.post(book, "top-up", "transit:top-ups", asked.amount, credit.id)
            credit = replace(credit, entry=book.entry_id(entry.number))
        self.credits[credit.id] = credit
        if not asked.weak:
            self.deposits[asked.deposit] = credit.id
        return credits.CreditAnswer(credit, book.balance, replayed=False)

    def _advice_refusal(self, asked: Advise, book: Book) -> Refusal | None:
        known = None if asked.weak else self.deposits.get(asked.deposit)
        if known is not None:
            first = self.credits[known]
            if first.entry is None:
                return Refusal("already-advised", {"credit": first.id, "state": first.state})
            return Refusal("already-credited", {"entry": first.entry, "credit": first.id, "state": first.state})
        if book.state == "closed":
            return Refusal("wallet-closed", {"wallet": book.code})
        told = (asked.wallet, asked.written, asked.amount, asked.booked_on)
        for each in self.credits.values():
            if asked.weak and (each.wallet, each.bank_reference, each.amount, each.booked_on) == told:
                return Refusal("already-advised", {"credit": each.id})
        return None

    def _waiting_reason(self, asked: Advise, book: Book) -> str | None:
        untied_in_all = sum(each.untied for each in self.books.values())
        reasons = {
            "channel": asked.channel in {"cash", "cdm", "cheque"},
            "reference": asked.weak,
            "date-in-future": asked.booked_on > self.today,
            "limit-of-an-advice": asked.amount > ADVICE_LIMIT,
            "limit-in-all": untied_in_all + asked.amount > LIMIT_IN_ALL,
            "limit-of-the-wallet": book.untied + asked.amount > WALLET_LIMIT,
        }
        return next((reason for reason, applies in reasons.items() if applies), None)


def _stands(debit: debits.Debit) -> bool:
    return debit.state == "held" or (debit.state == "captured" and debit.refunded < debit.captured)
