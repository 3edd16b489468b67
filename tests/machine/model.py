"""What each request must be answered, in plain Python, written from the design and not from the SQL."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, datetime, timedelta

from tests.machine import asking
from tests.machine.asking import (
    Advise,
    Batch,
    Capture,
    Claim,
    Place,
    Refund,
    Refusal,
    Request,
    Several,
    Told,
    Void,
)
from tests.machine.model_bank import ModelBank
from tests.machine.model_books import NOTHING, Book, insufficient
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.money import Paise
from wallet_service.payments import debits, refunds

MOST_OF_A_TICKET = 20
"""So many debits of one ticket an answer tells, the first of them."""


class Model(ModelBank):
    """Books that answer requests, and remember what they answered to each key."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
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
        return told_again(remembered) if known == request else Refusal("key-reused")

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
                return self.advise(request)
            case Claim():
                return self.claim(request)
            case Batch():
                return self._pay_batch(request)

    # --- debits

    def _pay_batch(self, asked: Batch) -> Several:
        before = copy.deepcopy(vars(self)) if asked.atomic else {}
        results = [self._pay_item(*item) for item in asked.items]
        if asked.atomic and any(isinstance(result, Refusal) for result in results):
            vars(self).update(before)
            for place, (key, _) in enumerate(asked.items):
                if isinstance(results[place], debits.Answer) and not results[place].replayed:
                    results[place] = Refusal("not-posted", {"key": key})
        return Several(tuple(results), replayed=all(result.replayed for result in results))

    def _pay_item(self, key: str, request: Place) -> debits.Answer | Refusal:
        told = self.answer(key, request)
        assert isinstance(told, debits.Answer | Refusal)
        return told

    def _place(self, asked: Place) -> Told:
        book = self.books[asked.wallet]
        paid = self._paid_once(asked.service, asked.ticket)
        if paid is not None:
            return paid
        if book.state != "open":
            return Refusal(f"wallet-{book.state}", {"wallet": book.code})
        if not book.covers(asked.amount):
            self.release_lapsed(book)
        if not book.covers(asked.amount):
            return insufficient(book, asked.amount)
        same = [each.id for each in self.same_ticket(asked)][:MOST_OF_A_TICKET]
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

    def _paid_once(self, service: str, ticket: str) -> Refusal | None:
        """Return why a demand that is paid once is not paid again: a payment that stands, or a hold that still does."""
        if service != asking.ONCE_PER_TICKET:
            return None
        same = [each for each in self._standing(ticket) if f"{each.department}:{each.service}" == service]
        paid = [each for each in same if each.state == "captured" or not self.has_lapsed(each)]
        return Refusal("already-paid", {"debit": paid[0].id, "state": paid[0].state}) if paid else None

    def same_ticket(self, asked: Place) -> list[debits.Debit]:
        """Return the debits of a ticket that hold or took money, in the order in which they were placed."""
        return self._standing(asked.ticket)

    def _standing(self, ticket: str) -> list[debits.Debit]:
        same = [debit for debit in self.debits.values() if debit.service_ticket_no == ticket and _stands(debit)]
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
            paid = self._paid_once(f"{debit.department}:{debit.service}", debit.service_ticket_no)
            if paid is not None:
                return paid
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


def told_again(told: Told) -> Told:
    """Return an answer as it is told again."""
    if isinstance(told, Several):
        return Several(tuple(replace(result, replayed=True) for result in told.results), replayed=True)
    return replace(told, replayed=True)


def _stands(debit: debits.Debit) -> bool:
    return debit.state == "held" or (debit.state == "captured" and debit.refunded < debit.captured)
