"""Departments paid: at once, by a hold, in a batch; given back; looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from .amounts import Amount, rupees
from .calls import Calls, segment
from .keys import fit_key, new_key
from .pages import DebitPage
from .problems import Problem
from .reading import read
from .results import Abandoned, BatchResult, Certificate, Debit, DebitAnswer, Fate, Refund

_DEBITS = "/v1/debits"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One debit of a batch, with a key of its own; *expires_in* makes it a hold of so many seconds."""

    wallet: str
    department: str
    service: str
    amount: Amount
    service_ticket_no: str
    application_no: str | None = None
    consumer_no: str | None = None
    narration: str | None = None
    expires_in: int | None = None
    key: str = field(default_factory=new_key)


@dataclass(frozen=True)
class _ItemTold:
    key: str
    debit: DebitAnswer | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class _BatchTold:
    items: tuple[_ItemTold, ...]


@dataclass(frozen=True)
class _AbandonTold:
    key: str
    state: str
    refusal: str | None = None


class Debits(Calls):
    """What the portal asks of debits.

    Each method that moves money takes a *key*. Make it by `new_key` and store it before the call: with it you can ask
    after a crash what became of the call. Without one the call makes its own, which its answer has.
    """

    def pay(
        self,
        wallet: str,
        department: str,
        service: str,
        amount: Amount,
        service_ticket_no: str,
        *,
        application_no: str | None = None,
        consumer_no: str | None = None,
        narration: str | None = None,
        key: str | None = None,
    ) -> DebitAnswer:
        """Pay a department from an operator's wallet, at once."""
        numbers = {"application_no": application_no, "consumer_no": consumer_no, "narration": narration}
        body = _asked(wallet, department, service, amount, service_ticket_no) | numbers | {"capture": True}
        return self._write(DebitAnswer, _DEBITS, body, key)

    def hold(
        self,
        wallet: str,
        department: str,
        service: str,
        amount: Amount,
        service_ticket_no: str,
        *,
        application_no: str | None = None,
        consumer_no: str | None = None,
        narration: str | None = None,
        expires_in: int | None = None,
        key: str | None = None,
    ) -> DebitAnswer:
        """Set money aside for *expires_in* seconds (a day, if not said), to be captured or voided."""
        numbers = {"application_no": application_no, "consumer_no": consumer_no, "narration": narration}
        hold = {"capture": False, "expires_in": expires_in}
        body = _asked(wallet, department, service, amount, service_ticket_no) | numbers | hold
        return self._write(DebitAnswer, _DEBITS, body, key)

    def capture(self, debit_id: str, amount: Amount | None = None, *, key: str | None = None) -> DebitAnswer:
        """Take a hold, all of it or *amount*; the rest is released. A hold is captured once."""
        body = {"amount": None if amount is None else rupees(amount)}
        return self._write(DebitAnswer, f"{_DEBITS}/{segment(debit_id)}/capture", body, key)

    def void(self, debit_id: str, *, key: str | None = None) -> DebitAnswer:
        """Give a hold back: the department did not take the payment."""
        return self._write(DebitAnswer, f"{_DEBITS}/{segment(debit_id)}/void", {}, key)

    def refund(
        self, debit_id: str, amount: Amount, reason: str, *, cause: str = "failed", key: str | None = None
    ) -> Refund:
        """Give a payment back to the wallet, all of it or a part. *cause* ``paid`` needs finance's approval."""
        body = {"amount": rupees(amount), "reason": reason, "cause": cause}
        return self._write(Refund, f"{_DEBITS}/{segment(debit_id)}/refunds", body, key)

    def unknown(self, debit_id: str, *, key: str | None = None) -> Debit:
        """Say that the department has not answered for a debit, and return it with what is to be done meanwhile."""
        return self._write(Debit, f"{_DEBITS}/{segment(debit_id)}/unknown", {}, key)

    def known(self, debit_id: str, answer: str, *, key: str | None = None) -> None:
        """Say what the department answered at last: ``paid`` or ``not-paid``."""
        self._told(f"{_DEBITS}/{segment(debit_id)}/known", {"answer": answer}, fit_key(key))

    def note_certificate(self, debit_id: str, certificate_no: str, *, key: str | None = None) -> Certificate:
        """Keep with a debit the number of the certificate that its department issued."""
        body = {"certificate_no": certificate_no}
        return self._write(Certificate, f"{_DEBITS}/{segment(debit_id)}/certificate", body, key)

    def batch(self, items: Sequence[Item], *, key: str | None = None) -> list[BatchResult]:
        """Pay up to a thousand debits, each for itself, and return what became of each, in their order."""
        return self._batch(items, key, atomic=False)

    def batch_or_nothing(self, items: Sequence[Item], *, key: str | None = None) -> list[BatchResult]:
        """Pay all of up to a thousand debits, or none: then what would have passed is refused as ``not-posted``."""
        return self._batch(items, key, atomic=True)

    def abandon(self, key: str) -> Abandoned | DebitAnswer:
        """Spend a key if nothing was posted by it, so that no straggler can pay; else return what was posted."""
        told = self._told(f"{_DEBITS}/abandon", {}, fit_key(key))
        if told.get("state") == "abandoned":
            found = read(_AbandonTold, told)
            return Abandoned(found.key, found.refusal)
        return read(DebitAnswer, told)

    def fate(self, key: str) -> Fate:
        """Return what became of a key, without paying. Of an unknown key: NotFound, ``key-unknown``."""
        page = self._read(DebitPage, _DEBITS, {"key": key})
        state = page.key or Fate("posted")
        return replace(state, debit=page.items[0] if page.items else None)

    def debit(self, debit_id: str) -> Debit:
        """Return a debit as it stands."""
        return self._read(Debit, f"{_DEBITS}/{segment(debit_id)}")

    def debits(
        self,
        *,
        service_ticket_no: str | None = None,
        application_no: str | None = None,
        wallet: str | None = None,
        first: date | None = None,
        last: date | None = None,
        department: str | None = None,
        state: str | None = None,
    ) -> Iterator[Debit]:
        """Yield your debits by ticket, application or wallet, or of the days *first* to *last*, at most 31 apart."""
        query = {
            "service_ticket_no": service_ticket_no,
            "application_no": application_no,
            "wallet": wallet,
            "from": first,
            "to": last,
            "department": department,
            "state": state,
        }
        for page in self._pages(DebitPage, _DEBITS, query):
            yield from page.items

    def _batch(self, items: Sequence[Item], key: str | None, *, atomic: bool) -> list[BatchResult]:
        keyed = fit_key(key)
        body = {"atomic": atomic, "items": [_item(item) for item in items]}
        told = self._told(f"{_DEBITS}/batch", body, keyed)
        for each in told["items"]:
            if each.get("debit"):
                each["debit"] |= {"key": each["key"], "replayed": told["replayed"]}
        return [BatchResult(each.key, each.debit, each.problem) for each in read(_BatchTold, told).items]


def _asked(wallet: str, department: str, service: str, amount: Amount, service_ticket_no: str) -> dict[str, Any]:
    return {
        "wallet": wallet,
        "department": department,
        "service": service,
        "amount": rupees(amount),
        "service_ticket_no": service_ticket_no,
    }


def _item(item: Item) -> dict[str, Any]:
    asked = {**asdict(item), "amount": rupees(item.amount), "capture": item.expires_in is None}
    return {name: value for name, value in asked.items() if value is not None}
