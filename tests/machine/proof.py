"""The end of a history: every row the service shows is the model's, and every law holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tests.machine.model import Model
from tests.machine.model_books import Book
from tests.machine.service import Service
from wallet_service.ledger.passbook import Line
from wallet_service.money import Paise


def prove(service: Service, model: Model, first_day: date) -> None:
    """Compare all books with the model, and check the laws.

    Raises:
        AssertionError: something differs, or a law does not hold.
    """
    for code, book in model.books.items():
        held = [each for _, each in sorted(model.debits.items()) if each.wallet == code]
        _agree(f"debits of {code}", service.debits(book.code), held)
        advised = [each for _, each in sorted(model.credits.items()) if each.wallet == code]
        _agree(f"credits of {code}", service.credits(book.code), advised)
        claimed = [replace(each, reason="") for _, each in sorted(model.claims.items()) if each.wallet == code]
        _agree(f"claims of {code}", [replace(each, reason="") for each in service.claims(book.code)], claimed)
        lines = [replace(line, narration=None) for line in service.passbook(book.code)]
        _agree(f"passbook of {code}", lines, [_line(book, number + 1) for number in range(len(book.entries))])
        for day in model.closed[-2:]:
            _agree(f"balance of {code} on {day}", service.as_of(book.code, day), book.as_of(day))
    for file, seen in model.files.items():
        _agree(f"lines of file {file}", service.desk.became(file), [model.became(line) for line in seen])
    _agree("trial balance", service.trial_balance(), model.trial_balance())
    _agree("broken laws", service.faults(first_day), {})


def _agree(what: str, told: object, expected: object) -> None:
    assert told == expected, f"{what}: the service said {told!r}, the model {expected!r}"


def _line(book: Book, number: int) -> Line:
    entry = book.entries[number - 1]
    return Line(
        number=number,
        id=book.entry_id(number),
        posted_at=entry.at,
        business_day=entry.day,
        value_date=entry.value_date,
        kind=entry.kind,
        narration=None,
        debit=Paise(-entry.moved) if entry.moved < 0 else None,
        credit=Paise(entry.moved) if entry.moved > 0 else None,
        balance=entry.balance,
        source=entry.source,
    )
