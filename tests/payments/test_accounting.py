"""What the handbook of accounting says, what the movements say, and what stands in the books are the same."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import date
from pathlib import Path

from tests.books import ALL_LAWS, Books
from tests.recon.test_bank_files import DAY, OPERATORS, Desk
from wallet_service.identifiers import AccountCode, DepartmentCode, ServiceCode, department_account, wallet_account
from wallet_service.ledger.accounts import POOL
from wallet_service.ledger.entries import Entry, EntryKind
from wallet_service.money import Paise, rupees
from wallet_service.payments import known_movements, movements

HANDBOOK = (Path(__file__).parent.parent.parent / "docs" / "accounting.md").read_text(encoding="utf-8")
POWER = department_account(DepartmentCode("POD"), ServiceCode("001"))


def _row(entry: Entry) -> tuple[str, str, str, str]:
    return (entry.kind.value, entry.debit, entry.credit, rupees(entry.amount))


def test_the_handbook_shows_each_event_as_its_docstring_does() -> None:
    told = {}
    for node in ast.parse(inspect.getsource(movements)).body:
        docstring = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if isinstance(node, ast.FunctionDef) and docstring and (found := re.search(r"Dr (\S+) +Cr (\S+)", docstring)):
            told[node.name.replace("_", " ").capitalize()] = (docstring.splitlines()[0], *found.groups())
    shown = re.findall(r"^### (.+)\n\n(.+)\n\n```text\nDr (\S+) +\| Cr (\S+)$", HANDBOOK, re.MULTILINE)

    assert {title: (sentence, debit, credit) for title, sentence, debit, credit in shown} == told
    assert {entry.kind.value for entry in known_movements.examples()} == {kind.value for kind in EntryKind}


def test_the_handbook_lists_each_law_with_what_holds_it() -> None:
    rows = {f"| {law.number} `{law.name}` | {law.sentence} | {law.held_by} |" for law in ALL_LAWS}

    assert rows <= set(HANDBOOK.splitlines())
    assert {law.number for law in ALL_LAWS} == set(range(1, 15))


def test_what_a_wallet_does_stands_in_its_book_as_the_movements_say(books: Books) -> None:
    howrah = books.wallet("100.00")
    wallet = wallet_account(howrah)
    books.advise(howrah, "500.00")
    paid = books.pay(howrah, "200.00")
    books.refund(paid.debit.id, "50.00")

    assert books.entries(howrah) == [
        _row(movements.wallet_balance_brought_in(wallet, amount=Paise(10000))),
        _row(movements.top_up_advised(wallet, amount=Paise(50000))),
        _row(movements.payment(wallet, POWER, amount=Paise(20000))),
        _row(movements.refund(POWER, wallet, amount=Paise(5000))),
    ]


def test_what_a_bank_file_does_stands_in_the_books_as_the_movements_say(books: Books) -> None:
    desk = Desk(books)
    first, second = wallet_account(OPERATORS[0]), wallet_account(OPERATORS[1])
    books.advise(OPERATORS[0], "35000.00", reference="YESAP60910012345", booked_on=date(2026, 4, 1))
    desk.release(desk.receive(DAY))
    books.advise(OPERATORS[1], "5000.00", reference="609212345678", booked_on=date(2026, 4, 2))

    assert books.entries("house") == [
        _row(movements.bank_balance_brought_in(POOL, amount=Paise(100000000))),
        _row(movements.top_up_seen(POOL, amount=Paise(3500000))),
        _row(movements.parked_in_suspense(POOL, amount=Paise(500000))),
        _row(movements.parked_in_suspense(POOL, amount=Paise(1250000))),
        _row(movements.parked_in_suspense(POOL, amount=Paise(750000))),
        _row(movements.bank_charge(POOL, amount=Paise(5900))),
        _row(movements.bank_interest(POOL, amount=Paise(123400))),
    ]
    assert books.entries(OPERATORS[0])[1:] == [_row(movements.bank_credit(POOL, first, amount=Paise(2000000)))]
    assert books.entries(OPERATORS[1]) == [_row(movements.suspense_cleared(second, amount=Paise(500000)))]


def test_an_entry_that_is_no_known_movement_is_found(books: Books) -> None:
    howrah = books.wallet("100.00")
    books.pay(howrah, "10.00")
    assert books.faults() == {}

    books.spoil("UPDATE entries SET credit_account = account_id('bank:charges') WHERE kind = 'payment'")

    (first, *_) = books.faults()[1]
    assert "a payment from a wallet account to a charges account" in first


def test_an_entry_moves_one_wallet_at_most_and_more_than_nothing() -> None:
    one, two = AccountCode("wallet:ABCD"), AccountCode("wallet:EFGH")
    refused = []
    for debit, credit, amount in ((one, two, 1), (one, one, 1), (one, POWER, 0), (one, POWER, -1)):
        try:
            movements.payment(debit, credit, amount=Paise(amount))
        except ValueError:
            refused.append((debit, credit, amount))

    assert len(refused) == 4
