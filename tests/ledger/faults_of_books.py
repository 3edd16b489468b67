"""Ways to break the laws of entries, books and days: 1 to 8, the plainest of each law first."""

from __future__ import annotations

from tests.ledger.spoiled import HOOGHLY, HOWRAH, Spoiled, fault, without

_WITHOUT_LAST = "DELETE FROM entries WHERE book = 0 AND number = (SELECT max(number) FROM entries WHERE book = 0)"
_CHARGES = "account_id('bank:charges')"


def _house_entry(debit: str, credit: str, amount: int) -> str:
    return (
        "ALTER DOMAIN amount DROP CONSTRAINT amount_is_above_zero;"
        " ALTER TABLE entries DROP CONSTRAINT entry_has_two_accounts,"
        " DROP CONSTRAINT entry_moves_one_wallet_at_most_which_is_its_book;"
        " UPDATE books SET number = number + 1 WHERE id = 0;"
        " INSERT INTO entries (posted_at, number, amount_paise, source_number, book, debit_account, credit_account,"
        f" business_day, value_date, kind, source) SELECT instant(), number, {amount}, 999, 0, {debit}, {credit},"
        " open_day, open_day, 'charge', 'bank-file' FROM books WHERE id = 0"
    )


FAULTS: dict[int, tuple[Spoiled, ...]] = {
    1: (
        fault("1", "an entry of nothing", _house_entry(_CHARGES, "account_id('bank:sbi:pool')", 0), ": 0 paise from"),
        fault("1", "an account to itself", _house_entry(_CHARGES, _CHARGES, 100), "entry house-"),
        fault("1 7 13", "no such account", _house_entry("999999", _CHARGES, 100), "from account 999999"),
        fault("1 7 13", "a wallet in the house's book", _house_entry(HOWRAH, _CHARGES, 100), "entry house-"),
        fault(
            "1",
            "another wallet's book",
            without(
                "entries",
                "entry_moves_one_wallet_at_most_which_is_its_book",
                f"UPDATE entries SET debit_account = {HOOGHLY} WHERE book = {HOWRAH} AND number = 5",
            ),
            "entry HOWRAH1-000005",
        ),
        fault("1 7 13", "a book that is gone", f"DELETE FROM books WHERE id = {HOOGHLY}", "-1: 30000 paise"),
        fault(
            "1 10",
            "a kind with other accounts than its own",
            "UPDATE entries SET kind = 'interest' WHERE kind = 'charge'",
            "a interest from a charges account to a bank account",
        ),
        fault(
            "1 9",
            "a payment that no debit made",
            f"UPDATE entries SET source = 'entry' WHERE book = {HOWRAH} AND number = 2",
            "a payment from a wallet account to a department account, by a entry",
        ),
    ),
    2: (
        fault(
            "2 3",
            "a number left out",
            f"UPDATE entries SET number = 6 WHERE book = {HOWRAH} AND number = 5;"
            f" UPDATE debits SET entry_number = 6 WHERE book = {HOWRAH} AND entry_number = 5;"
            f" UPDATE books SET number = 6 WHERE id = {HOWRAH}",
            "entry HOWRAH1-000006",
        ),
        fault(
            "2",
            "a day that goes back",
            "UPDATE entries SET business_day = business_day - 1, value_date = value_date - 1"
            f" WHERE book = {HOWRAH} AND number = 5",
            "entry HOWRAH1-000005",
            closes=False,
        ),
    ),
    3: (
        fault(
            "3",
            "a balance after an entry",
            f"UPDATE entries SET balance_paise = balance_paise + 1 WHERE book = {HOWRAH} AND number = 2",
            "entry HOWRAH1-000002: 40001 paise",
        ),
        fault(
            "3",
            "a balance in the house's book",
            "UPDATE entries SET balance_paise = 1 WHERE book = 0 AND number = 2",
            "entry house-000002: 1 paise",
        ),
        fault(
            "3",
            "a wallet's entry without a balance",
            f"UPDATE entries SET balance_paise = NULL WHERE book = {HOOGHLY} AND number = 1",
            "entry HOOGHLY1-000001:  paise",
        ),
    ),
    4: (
        fault("4", "a floor", "UPDATE books SET floor_paise = 36501 WHERE code = 'HOWRAH1'", "entry HOWRAH1-000005"),
        fault(
            "4 3",
            "a balance below zero",
            "ALTER DOMAIN paise DROP CONSTRAINT paise_are_never_negative;"
            f" UPDATE entries SET balance_paise = -1 WHERE book = {HOWRAH} AND number = 2",
            "entry HOWRAH1-000002: -1 paise",
        ),
        fault(
            "4 6",
            "more held than there is",
            without("books", "wallet_is_not_overdrawn", "UPDATE books SET held_paise = 36501 WHERE code = 'HOWRAH1'"),
            "wallet HOWRAH1: 36500 paise with 36501 held",
        ),
    ),
    5: (
        fault(
            "5",
            "the balances of two wallets",
            "UPDATE books SET current_paise = current_paise + CASE code WHEN 'HOWRAH1' THEN 100 ELSE -100 END"
            " WHERE code IN ('HOWRAH1', 'HOOGHLY1')",
            "book HOWRAH1: stores number 5 and 36600 paise",
        ),
        fault("5", "a book's number", "UPDATE books SET number = 6 WHERE code = 'HOWRAH1'", "stores number 6"),
        fault(
            "5 8 10",  # 12 and 13 go by the snapshot of that day, which 8 proves to be no sum any more.
            "the last entry taken out",
            _WITHOUT_LAST,
            "book house: stores number",
        ),
        fault(
            "5 10 12 13", "the last entry of a day not yet closed", _WITHOUT_LAST, "book house: stores", closes=False
        ),
    ),
    6: (
        fault("6", "what is held", "UPDATE books SET held_paise = 1999 WHERE code = 'HOWRAH1'", "wallet HOWRAH1"),
        fault("6", "an open hold", "UPDATE debits SET amount_paise = 1999 WHERE state = 'held'", "holds 2000 paise"),
    ),
    7: (
        fault(
            "7 5 13",
            "a stored balance",
            "UPDATE books SET current_paise = current_paise + 1 WHERE code = 'HOWRAH1'",
            "1 apart",
        ),
        fault(
            "7 8 12 13",
            "the snapshot of a department",
            "UPDATE day_balances SET balance_paise = balance_paise + 1"
            " WHERE account = account_id('department:POD:001')",
            "1 apart",
        ),
    ),
    8: (
        fault(
            "8",
            "the snapshot of a wallet",
            f"UPDATE day_balances SET balance_paise = balance_paise + 1 WHERE account = {HOWRAH}",
            "wallet:HOWRAH1 of ",
        ),
        fault("8", "a snapshot that is gone", f"DELETE FROM day_balances WHERE account = {HOWRAH}", "wallet:HOWRAH1"),
        fault(
            "8",
            "a snapshot too many",
            "INSERT INTO day_balances SELECT account_id('department:LND:001'), day, 0 FROM days",
            "department:LND:001",
        ),
        fault("8", "the last number of a book", "UPDATE day_books SET number = 3 WHERE number = 4", "last number 3"),
    ),
}
