"""Ways to break the laws of holds, keys, closed days, open items, the bank and grants: 9 to 14, the plainest first."""

from __future__ import annotations

from tests.ledger.spoiled import HOWRAH, Spoiled, fault, without


def _line(description: str) -> str:
    return f"(SELECT id FROM bank_lines WHERE description LIKE '{description}%' LIMIT 1)"


_NAMING = _line("BY TRANSFER HOOGHLY1")
_SHARED = "(SELECT line FROM shared_lines)"


FAULTS: dict[int, tuple[Spoiled, ...]] = {
    9: (
        fault(
            "9",
            "what was given back",
            without(
                "debits",
                "a_hold_is_taken_or_given_back",
                "UPDATE debits SET released_paise = 999 WHERE released_paise = 1000",
            ),
            "999 released",
        ),
        fault(
            "9",
            "more refunded than captured",
            without(
                "debits",
                "refunds_stay_within_the_capture",
                "UPDATE debits SET refunded_paise = 10001 WHERE refunded_paise > 0",
            ),
            "10001 refunded",
        ),
        fault(
            "9",
            "an unknown payment put aside",
            "UPDATE unknown_payments SET resolved_at = instant()",
            "answered nothing, the debit is held, and it is resolved",
        ),
        fault(
            "9",
            "an unknown payment that is no debit",
            "UPDATE unknown_payments SET number = 999",
            "the debit is not there, and it is open",
        ),
        fault("9", "a refund", "UPDATE refunds SET amount_paise = 1001", "refund HOWRAH1-000004: says 1001 paise"),
    ),
    10: (
        fault(
            "10", "a key that is gone", "DELETE FROM keys WHERE key = key_bytes('paid')", "has no key that it answers"
        ),
        fault(
            "10",
            "two keys for one payment",
            "INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number)"
            " SELECT recorded_at, client, key_bytes('again'), outcome, request_hash, book, number FROM keys"
            " WHERE key = key_bytes('paid')",
            "2 keys (captured)",
        ),
        fault(
            "10",
            "a key of nothing",
            "INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number)"
            " SELECT recorded_at, client, key_bytes('again'), outcome, request_hash, book, 999 FROM keys"
            " WHERE key = key_bytes('paid')",
            "key again of client 1",
        ),
        fault(
            "10 9",
            "a payment posted twice",
            "DROP INDEX entries_pay_a_debit_once;"
            f" UPDATE books SET number = 6, current_paise = 26500 WHERE id = {HOWRAH};"
            " INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account,"
            " credit_account, business_day, value_date, kind, source)"
            " SELECT instant(), b.number, 10000, b.current_paise, e.source_number, e.book, e.debit_account,"
            " e.credit_account, b.open_day, e.value_date, e.kind, e.source"
            f" FROM entries e JOIN books b ON b.id = e.book WHERE e.book = {HOWRAH} AND e.number = 2",
            "entry HOWRAH1-000006 (debit 1) has no source",
        ),
        fault(
            "10 13",
            "a line whose posting is forgotten",
            f"DELETE FROM bank_line_postings WHERE line = {_line('CREDIT INTEREST')}",
            "has no source, or another amount",
        ),
        fault(
            "10",
            "a line that another undid is forgotten",
            "DELETE FROM undone_lines",
            "undone by line",
        ),
        fault(
            "10",
            "a line that nothing undid",
            f"INSERT INTO undone_lines (line, by_line) VALUES ({_NAMING}, {_line('CREDIT INTEREST')})",
            "undone by line",
        ),
        fault(
            "10 12",
            "another line is said to be undone",
            f"UPDATE undone_lines SET line = {_NAMING}",
            "undone by line",
        ),
        fault(
            "10",
            "an advice that is tied to the line of another deposit",
            f"UPDATE credits SET line = {_NAMING} WHERE amount_paise = 6000",
            "the credit HOOGHLY1-C000001 of 6000 paise",
        ),
        fault(
            "10",
            "an advice that is tied to the other of two lines in suspense",
            f"UPDATE credits SET line = {_line('NOBODY KNOWS')} WHERE amount_paise = 2500 AND state = 'tied'",
            "the credit HOOGHLY1-C000004 of 2500 paise",
        ),
        fault(
            "10",
            "an advice that is tied to what went back",
            "UPDATE credits SET line = (SELECT line FROM undone_lines) WHERE amount_paise = 6000",
            "and tied to the credit HOOGHLY1-C000001",
        ),
        fault(
            "10",
            "a deposit that is said to be a charge",
            f"UPDATE bank_line_postings SET disposition = 'charge' WHERE line = {_NAMING}",
            "(charge): its entries (bank-credit)",
        ),
        fault(
            "10 12",
            "an advised deposit that is said to be one of a name",
            "UPDATE bank_line_postings SET disposition = 'wallet' WHERE disposition = 'tie'",
            "(wallet): its entries (top-up-seen)",
        ),
        fault(
            "10",
            "the references of what was advised",
            "UPDATE bank_references SET credit_book = NULL, credit_number = NULL",
            "the credit HOOGHLY1-C000002 has it",
        ),
        fault(
            "10",
            "a reference of another's advice",
            f"UPDATE bank_references SET credit_book = {HOWRAH} WHERE reference = '400000000002'",
            "names the credit HOWRAH1-C000002",
        ),
        fault("10", "all references", "DELETE FROM bank_references", "is not kept as one that the bank has shown"),
    ),
    11: (
        fault(
            "11",
            "an entry after its day's close",
            f"UPDATE entries SET posted_at = posted_at + interval '1 day' WHERE book = {HOWRAH} AND number = 2",
            "entry HOWRAH1-000002",
        ),
        fault(
            "11",
            "an entry that counts for a later day",
            without(
                "entries",
                "entry_counts_no_later_than_its_day",
                f"UPDATE entries SET value_date = business_day + 1 WHERE book = {HOWRAH} AND number = 5",
            ),
            "entry HOWRAH1-000005",
        ),
        fault(
            "11",
            "a book in a closed day",
            "UPDATE books SET open_day = open_day - 1 WHERE code = 'HOWRAH1'",
            "book HOWRAH1 stands in",
        ),
    ),
    12: (
        fault(
            "12",
            "an open item in suspense",
            "UPDATE suspense_items SET amount_paise = 3499 WHERE amount_paise = 3500",
            "account suspense:bank-credits: 3500 paise, its open items are 3499",
        ),
        fault(
            "12",
            "a difference written off by hand",
            "UPDATE suspense_items SET cleared_paise = amount_paise WHERE amount_paise = 300",
            "account suspense:differences: 300 paise, its open items are 0",
        ),
        fault("12 10", "a clearing that is gone", "DELETE FROM suspense_clearings", "2500 paise cleared"),
        fault(
            "12",
            "an advice forgotten",
            "UPDATE credits SET state = 'withdrawn' WHERE state = 'credited'",
            "account transit:top-ups: 4500 paise, its open items are 0",
        ),
        fault("12", "what a wallet has untied", "UPDATE books SET untied_paise = 1 WHERE code = 'HOWRAH1'", "HOWRAH1"),
        fault("12", "what is untied in all", "UPDATE limits SET used_paise = 1 WHERE used_paise > 0", "untied-in-all"),
        fault("12", "how several advices share a line", "DELETE FROM shared_lines", "shared by 5000 paise of advices"),
        fault(
            "12 10",
            "an advice alone on a line that others share",
            f"UPDATE credits SET line = {_SHARED} WHERE amount_paise = 6000",
            "shared by 5000 paise of advices",
        ),
        fault(
            "12",
            "an advice that shares nothing any more",
            f"UPDATE credits SET state = 'withdrawn', line = NULL WHERE line = {_SHARED} AND share = 2",
            "shared by 3000 paise of advices",
        ),
        fault(
            "12",
            "what a wallet gave back of a deposit",
            "UPDATE deposits_taken_back SET taken_paise = 799",
            "wallet KALNA1 had 800 paise of it, gave back 799; it was credited 800, the returns are 800",
        ),
        fault(
            "12",
            "more than a wallet has had of a deposit",
            "UPDATE deposits_taken_back SET credited_paise = 801",
            "wallet KALNA1 had 801 paise of it, gave back 800; it was credited 800",
        ),
        fault(
            "12", "a return that counts of no deposit", "DELETE FROM deposits_returned", "is of 800 paise, of wallets'"
        ),
    ),
    13: (
        fault(
            "13",
            "what the statement closes with",
            without(
                "bank_lines",
                "a_line_follows_from_the_balance_before",
                "UPDATE bank_lines SET balance_after_paise = balance_after_paise + 1"
                " WHERE id = (SELECT max(id) FROM bank_lines)",
            ),
            "account bank:sbi:pool: 117900 paise in the books and 0 not yet posted, the statement closes with 117901",
        ),
        fault(
            "13 10",
            "a line that was never on the statement",
            "DELETE FROM bank_lines WHERE id = (SELECT max(id) FROM bank_lines)",
            "the statement closes with 118800",
        ),
    ),
    14: (
        fault("14", "a grant", "GRANT UPDATE ON entries TO wallet_service", "wallet_service may UPDATE on entries"),
        fault(
            "14",
            "a grant on one column",
            "GRANT INSERT (amount_paise) ON entries TO wallet_service",
            "wallet_service may INSERT on entries",
        ),
        fault("14", "a grant to all", "GRANT DELETE ON keys TO PUBLIC", "wallet_reader may DELETE on keys"),
        fault(
            "14", "a balance's grant", "GRANT UPDATE ON books TO wallet_service", "wallet_service may UPDATE on books"
        ),
        fault(
            "14",
            "a trigger switched off",
            "ALTER TABLE day_balances DISABLE TRIGGER day_balances_are_append_only",
            "day_balances has no enabled trigger",
        ),
        fault("14", "a trigger dropped", "DROP TRIGGER audit_are_append_only ON audit", "audit has no enabled trigger"),
        fault(
            "14",
            "the floor's trigger",
            "ALTER TABLE books DISABLE TRIGGER wallet_keeps_its_floor",
            "trigger wallet_keeps_its_floor on books is disabled",
        ),
        fault("14", "an owner", "ALTER TABLE bank_files OWNER TO wallet_service", "wallet_service owns bank_files"),
    ),
}
