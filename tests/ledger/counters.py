"""Counters under load: each asks, and writes down what it asked and what it was answered, as a client of ours would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.books import Books
from wallet_service.errors import DatabaseUnavailable, Unavailable
from wallet_service.identifiers import OperatorCode
from wallet_service.payments.credits import CreditAnswer
from wallet_service.payments.debits import Answer
from wallet_service.payments.refunds import RefundAnswer

AnyAnswer = Answer | CreditAnswer | RefundAnswer


@dataclass(frozen=True)
class Request:
    """What was asked: *effect* is what it does to the wallet, in paise; *subject* is its ticket, reference or debit."""

    key: str
    kind: str
    wallet: OperatorCode
    effect: int
    subject: str

    def send(self, books: Books) -> AnyAnswer:
        """Send it, as often as one likes: it carries its key."""
        money = f"{abs(self.effect) // 100}.{abs(self.effect) % 100:02d}"
        if self.kind == "pay":
            return books.pay(self.wallet, money, ticket=self.subject, key=self.key)
        if self.kind == "advise":
            return books.advise(self.wallet, money, reference=self.subject, key=self.key)
        return books.refund(self.subject, money, key=self.key)


@dataclass
class Counter:
    """One client. It goes on asking until an answer is lost or the database is away, which ends its work."""

    books: Books
    name: str
    wallets: list[OperatorCode]
    random: Random
    asked: list[Request] = field(default_factory=list)
    answered: dict[str, AnyAnswer] = field(default_factory=dict)
    unanswered: dict[str, Unavailable] = field(default_factory=dict)

    def work(self) -> None:
        """Ask until something is unavailable."""
        while not self.unanswered:
            request = self._next()
            self.asked.append(request)
            try:
                self.answered[request.key] = request.send(self.books)
            except Unavailable as error:
                self.unanswered[request.key] = error

    def open_requests(self) -> list[tuple[Request, bool]]:
        """Return what was asked and not answered, each with whether it is known that nothing happened."""
        return [
            (request, isinstance(self.unanswered[request.key], DatabaseUnavailable))
            for request in self.asked
            if request.key in self.unanswered
        ]

    def _next(self) -> Request:
        number = len(self.asked)
        key = f"{self.name}-{number}"
        wallet = self.random.choice(self.wallets)
        paid = [answer.debit for answer in self.answered.values() if isinstance(answer, Answer)]
        ask: Callable[[], Request] = self.random.choice(
            [
                lambda: Request(key, "pay", wallet, -self.random.randint(100, 500), f"T-{key}"),
                lambda: Request(key, "advise", wallet, self.random.randint(1, 50), _reference(key)),
                lambda: Request(key, "refund", paid[-1].wallet, 1, paid[-1].id),
            ][: 3 if paid else 2]
        )
        return ask()


def identity(answer: AnyAnswer) -> str:
    """Return the id of what an answer tells of."""
    if isinstance(answer, Answer):
        return answer.debit.id
    return answer.credit.id if isinstance(answer, CreditAnswer) else answer.refund.id


def _reference(key: str) -> str:
    """Return a bank reference of its own for *key*: its letters, and more digits than two keys could share."""
    return f"SBIN{int.from_bytes(key.encode(), 'big'):025d}"[:35]
