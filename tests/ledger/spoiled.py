"""Books in which much has happened, and what it is to spoil a row, a sum or a grant of theirs."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bank import Bank, BankLine
from tests.books import Books

HOWRAH = "(SELECT id FROM books WHERE code = 'HOWRAH1')"
HOOGHLY = "(SELECT id FROM books WHERE code = 'HOOGHLY1')"


def busy_books(books: Books, *, closes: bool = True) -> None:
    """Let a day pass at two counters and the bank, close it, and let some of the next day follow.

    The bank pays two advices in one sum, takes a deposit of nobody back, and one that was advised.
    """
    bank = Bank(books, "1000.00")
    howrah = books.wallet("500.00", code="HOWRAH1")
    hooghly = books.wallet("300.00", code="HOOGHLY1", floor="10.00")
    paid = books.pay(howrah, "100.00", ticket="T", key="paid")
    books.capture(books.hold(howrah, "50.00").debit.id, "40.00")
    books.refund(paid.debit.id, "10.00")
    books.mark_unknown(books.hold(howrah, "20.00").debit.id)
    books.note_certificate(paid.debit.id, "POD0012026000001")
    books.void(books.hold(howrah, "5.00").debit.id)
    books.advise(hooghly, "60.00", reference="SBIN400000000001")
    books.advise(hooghly, "45.00", reference="SBIN400000000002")
    books.advise(hooghly, "70.00", channel="cash", reference="70707070707070")
    bank.posted(
        BankLine("60.00", reference="SBIN400000000001"),
        BankLine("15.00", "BY TRANSFER HOOGHLY1"),
        BankLine("25.00", reference="SBIN400000000003"),
        BankLine("35.00", "NOBODY KNOWS"),
        BankLine("-5.00", "CASH HANDLING CHARGES"),
        BankLine("2.00", "CREDIT INTEREST"),
        BankLine("-3.00", "NOBODY KNOWS"),
    )
    books.advise(hooghly, "25.00", reference="SBIN400000000003")
    kalna = books.wallet(code="KALNA1")
    books.advise(kalna, "30.00", reference="SBIN400000000004")
    books.advise(kalna, "20.00", reference="SBIN400000000005")
    books.advise(kalna, "8.00", reference="SBIN400000000007")
    bank.posted(
        BankLine("50.00", "BY TRANSFER-NEFT*SBIN0000091*SBIN400000000004*REMITTER--", "SBIN400000000005"),
        BankLine("8.00", "BY TRANSFER-NEFT*SBIN0000091*SBIN400000000007*REMITTER--"),
        BankLine("-8.00", "BY TRANSFER-NEFT*SBIN0000091*SBIN400000000007*RETURN--"),
        BankLine("9.00", reference="SBIN400000000006"),
        BankLine("-9.00", reference="SBIN400000000006"),
    )
    if closes:
        books.close_day(books.today())
    books.pay(howrah, "5.00")
    books.pay(hooghly, "6.00")


@dataclass(frozen=True)
class Spoiled:
    """A fault: what spoils the books, the laws that must find it, and what one of them must say."""

    how: str
    sql: str
    laws: frozenset[int]
    named: str
    closes: bool = True


def fault(laws: str, how: str, sql: str, named: str, *, closes: bool = True) -> Spoiled:
    """Return a fault; the first of *laws* is the one it is about, the others are neighbours that must see it too."""
    return Spoiled(how, sql, frozenset(map(int, laws.split())), named, closes)


def without(table: str, constraint: str, sql: str) -> str:
    """Return *sql* run where a constraint was dropped first: some faults no row could hold otherwise."""
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint}; {sql}"
