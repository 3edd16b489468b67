"""Each business event as its debits and credits, as a bookkeeper would write it. Pure.

The posting functions in `migrations/sql/` write these entries and no others: tests read the tables back against the
books, and a law finds an entry whose kind and accounts are none of these. Amounts are paise.
"""

from __future__ import annotations

from wallet_service.identifiers import AccountCode
from wallet_service.ledger.accounts import (
    CHARGES,
    DIFFERENCES,
    INTEREST,
    OPENING,
    SUSPENSE,
    TRANSIT,
)
from wallet_service.ledger.entries import Entry, EntryKind
from wallet_service.money import Paise


def top_up_advised(wallet: AccountCode, *, amount: Paise) -> Entry:
    """The portal advises that money was paid into the bank; the bank's line is not yet seen.

    Dr transit:top-ups          Cr wallet                   amount
    """
    return Entry(EntryKind.TOP_UP, debit=TRANSIT, credit=wallet, amount=amount)


def top_up_seen(bank: AccountCode, *, amount: Paise) -> Entry:
    """The bank's line of an advice that was credited at once is seen.

    Dr bank                     Cr transit:top-ups          amount
    """
    return Entry(EntryKind.TOP_UP_SEEN, debit=bank, credit=TRANSIT, amount=amount)


def bank_credit(bank: AccountCode, wallet: AccountCode, *, amount: Paise) -> Entry:
    """A bank line names its operator, or an advice waited for it.

    Dr bank                     Cr wallet                   amount
    """
    return Entry(EntryKind.BANK_CREDIT, debit=bank, credit=wallet, amount=amount)


def parked_in_suspense(bank: AccountCode, *, amount: Paise) -> Entry:
    """Money came to the bank and nobody can be found for it.

    Dr bank                     Cr suspense:bank-credits    amount
    """
    return Entry(EntryKind.SUSPENSE, debit=bank, credit=SUSPENSE, amount=amount)


def suspense_cleared(wallet: AccountCode, *, amount: Paise) -> Entry:
    """An advice, a claim or a decision of two persons tells whose the money in suspense is, in part or whole.

    Dr suspense:bank-credits    Cr wallet                   amount
    """
    return Entry(EntryKind.SUSPENSE_CLEARED, debit=SUSPENSE, credit=wallet, amount=amount)


def parts_seen(*, amount: Paise) -> Entry:
    """Money in suspense is a part of an advice that was credited at once, and the last of its lines is seen.

    Dr suspense:bank-credits    Cr transit:top-ups          amount
    """
    return Entry(EntryKind.SUSPENSE_CLEARED, debit=SUSPENSE, credit=TRANSIT, amount=amount)


def sent_back(bank: AccountCode, *, amount: Paise) -> Entry:
    """Money in suspense goes back to who sent it, and the bank shows it.

    Dr suspense:bank-credits    Cr bank                     amount
    """
    return Entry(EntryKind.SUSPENSE_CLEARED, debit=SUSPENSE, credit=bank, amount=amount)


def payment(wallet: AccountCode, department: AccountCode, *, amount: Paise) -> Entry:
    """An operator pays a department, at once or by the capture of a hold.

    Dr wallet                   Cr department               amount
    """
    return Entry(EntryKind.PAYMENT, debit=wallet, credit=department, amount=amount)


def rebated_payment(
    wallet: AccountCode, department: AccountCode, *, demand: Paise, rebate: Paise
) -> tuple[Entry, Entry]:
    """An operator pays a demand on which the department allows a rebate, which stands before it.

    Dr department               Cr wallet                   rebate
    Dr wallet                   Cr department               demand
    """
    return (
        Entry(EntryKind.REBATE, debit=department, credit=wallet, amount=rebate),
        payment(wallet, department, amount=demand),
    )


def refund(department: AccountCode, wallet: AccountCode, *, amount: Paise) -> Entry:
    """What a department did not take goes back.

    Dr department               Cr wallet                   amount
    """
    return Entry(EntryKind.REFUND, debit=department, credit=wallet, amount=amount)


def bank_charge(bank: AccountCode, *, amount: Paise) -> Entry:
    """The bank takes a charge.

    Dr bank:charges             Cr bank                     amount
    """
    return Entry(EntryKind.CHARGE, debit=CHARGES, credit=bank, amount=amount)


def bank_interest(bank: AccountCode, *, amount: Paise) -> Entry:
    """The bank adds interest, which is the scheme's owner's.

    Dr bank                     Cr bank:interest            amount
    """
    return Entry(EntryKind.INTEREST, debit=bank, credit=INTEREST, amount=amount)


def unexplained_debit(bank: AccountCode, *, amount: Paise) -> Entry:
    """The bank took money and nobody can explain it yet.

    Dr suspense:differences     Cr bank                     amount
    """
    return Entry(EntryKind.DIFFERENCE, debit=DIFFERENCES, credit=bank, amount=amount)


def difference_explained(bank: AccountCode, *, amount: Paise) -> Entry:
    """The bank gives back what it took and nobody could explain.

    Dr bank                     Cr suspense:differences     amount
    """
    return Entry(EntryKind.DIFFERENCE_EXPLAINED, debit=bank, credit=DIFFERENCES, amount=amount)


def return_explained(*, amount: Paise) -> Entry:
    """What the bank took and nobody could explain was money in suspense that went back to who sent it.

    Dr suspense:bank-credits    Cr suspense:differences     amount
    """
    return Entry(EntryKind.DIFFERENCE_EXPLAINED, debit=SUSPENSE, credit=DIFFERENCES, amount=amount)


def written_to_differences(*, amount: Paise) -> Entry:
    """Money in suspense that nobody can explain is written to the differences, by a decision of two persons.

    Dr suspense:bank-credits    Cr suspense:differences     amount
    """
    return Entry(EntryKind.DIFFERENCE, debit=SUSPENSE, credit=DIFFERENCES, amount=amount)


def surplus_credited(wallet: AccountCode, *, amount: Paise) -> Entry:
    """It is found whose the money is that had been written to the differences.

    Dr suspense:differences     Cr wallet                   amount
    """
    return Entry(EntryKind.DIFFERENCE_EXPLAINED, debit=DIFFERENCES, credit=wallet, amount=amount)


def surplus_back_in_suspense(*, amount: Paise) -> Entry:
    """Money that had been written to the differences went back to who sent it: it comes back to suspense, and goes.

    Dr suspense:differences     Cr suspense:bank-credits    amount
    """
    return Entry(EntryKind.SUSPENSE, debit=DIFFERENCES, credit=SUSPENSE, amount=amount)


def surplus_written_off(*, amount: Paise) -> Entry:
    """What came and nobody can be found for is the scheme's owner's in the end, by a decision of two persons.

    Dr suspense:differences     Cr bank:interest            amount
    """
    return Entry(EntryKind.WRITE_OFF, debit=DIFFERENCES, credit=INTEREST, amount=amount)


def written_off(*, amount: Paise) -> Entry:
    """What the bank took and nobody can explain is given up, by a decision of two persons.

    Dr bank:charges             Cr suspense:differences     amount
    """
    return Entry(EntryKind.WRITE_OFF, debit=CHARGES, credit=DIFFERENCES, amount=amount)


def settled(department: AccountCode, bank: AccountCode, *, amount: Paise) -> Entry:
    """A settlement is paid out to its department, and the bank shows it.

    Dr department               Cr bank                     amount
    """
    return Entry(EntryKind.SETTLEMENT, debit=department, credit=bank, amount=amount)


def settlement_explained(department: AccountCode, *, amount: Paise) -> Entry:
    """What the bank took and nobody could explain was the payout of a settlement, by a decision of two persons.

    Dr department               Cr suspense:differences     amount
    """
    return Entry(EntryKind.SETTLEMENT, debit=department, credit=DIFFERENCES, amount=amount)


def payout_returned(department: AccountCode, *, amount: Paise) -> Entry:
    """The payout of a settlement came back and lay in suspense, by a decision of two persons: it is due again.

    Dr suspense:bank-credits    Cr department               amount
    """
    return Entry(EntryKind.RETURN, debit=SUSPENSE, credit=department, amount=amount)


def bank_balance_brought_in(bank: AccountCode, *, amount: Paise) -> Entry:
    """A bank account's balance from before comes in with its first file.

    Dr bank                     Cr opening:balances         amount
    """
    return Entry(EntryKind.OPENING, debit=bank, credit=OPENING, amount=amount)


def bank_overdraft_brought_in(bank: AccountCode, *, amount: Paise) -> Entry:
    """A bank account that was overdrawn comes in with its first file.

    Dr opening:balances         Cr bank                     amount
    """
    return Entry(EntryKind.OPENING, debit=OPENING, credit=bank, amount=amount)


def wallet_balance_brought_in(wallet: AccountCode, *, amount: Paise) -> Entry:
    """A wallet's balance from before is brought in.

    Dr opening:balances         Cr wallet                   amount
    """
    return Entry(EntryKind.OPENING, debit=OPENING, credit=wallet, amount=amount)


def wallet_balance_reversed(wallet: AccountCode, *, amount: Paise) -> Entry:
    """A wallet's balance brought in by mistake is undone.

    Dr wallet                   Cr opening:balances         amount
    """
    return wallet_balance_brought_in(wallet, amount=amount).reversed()


def returned(wallet: AccountCode, other: AccountCode, *, amount: Paise) -> Entry:
    """What had been credited is taken back. *other* is bank, transit, or differences where two persons explain it.

    Dr wallet                   Cr bank                     amount
    """
    return Entry(EntryKind.RETURN, debit=wallet, credit=other, amount=amount)


def owed_by_operator(receivable: AccountCode, other: AccountCode, *, amount: Paise) -> Entry:
    """What a wallet cannot bear of a return or correction is owed by its operator. *other* as above, or opening.

    Dr receivable               Cr bank                     amount
    """
    return Entry(EntryKind.OWED, debit=receivable, credit=other, amount=amount)


def recovered(wallet: AccountCode, receivable: AccountCode, *, amount: Paise) -> Entry:
    """The next top-up repays what the operator owes, right after it.

    Dr wallet                   Cr receivable               amount
    """
    return Entry(EntryKind.RECOVERY, debit=wallet, credit=receivable, amount=amount)
