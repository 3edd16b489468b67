"""What must always be true, each as a query that names the rows at fault. An empty answer means that the law holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from wallet_service.ledger.trial_balance import trial_balance

_ROWS_SHOWN = 5


@dataclass(frozen=True)
class Law:
    """A law of the books. *query* returns one text a fault; it may use ``%(since)s``, the first day looked at."""

    number: int
    name: str
    sentence: str
    held_by: str
    query: str


@dataclass(frozen=True)
class Finding:
    """What a check found of one law: how many rows are at fault, and the first of them in words."""

    law: Law
    faults: int
    rows: list[str]


EVERY_ENTRY_BALANCES = Law(
    1,
    "entry_moves_one_wallet_at_most_which_is_its_book",
    "Every entry has an amount above zero, two accounts that exist, and at most one wallet, which is its book.",
    "checks on the row: amount_is_above_zero, entry_has_two_accounts, entry_moves_one_wallet_at_most_which_is_its_book",
    """SELECT format('entry %%s: %%s paise from account %%s to %%s',
         coalesce(entry_id(e.book, e.number), e.book || '-' || e.number), e.amount_paise, e.debit_account,
         e.credit_account)
       FROM entries e WHERE e.business_day >= %(since)s AND (
         e.amount_paise <= 0 OR e.debit_account = e.credit_account
         OR NOT EXISTS (SELECT FROM books WHERE id = e.book)
         OR NOT EXISTS (SELECT FROM accounts WHERE id = e.debit_account)
         OR NOT EXISTS (SELECT FROM accounts WHERE id = e.credit_account)
         OR NOT CASE WHEN e.book = 0 THEN e.debit_account < 1000000 AND e.credit_account < 1000000
                     ELSE (e.debit_account = e.book AND e.credit_account < 1000000)
                       OR (e.credit_account = e.book AND e.debit_account < 1000000) END)
       ORDER BY e.book, e.number""",
)
NUMBERS_HAVE_NO_GAPS = Law(
    2,
    "entries_are_numbered_in_their_book",
    "The numbers of a book run from 1 without gaps, and its days never go back.",
    "the primary key, and the only writer, which takes number and day from the book's row",
    """SELECT format('entry %%s: behind number %%s of %%s comes number %%s of %%s', entry_id(e.book, e.number),
         p.number, p.business_day, e.number, e.business_day)
       FROM entries e LEFT JOIN entries p ON p.book = e.book AND p.number = e.number - 1
       WHERE e.business_day >= %(since)s AND (e.number < 1 OR (e.number > 1 AND p.number IS NULL)
         OR p.business_day > e.business_day)
       ORDER BY e.book, e.number""",
)
BALANCES_FOLLOW = Law(
    3,
    "balance_follows_from_the_entry_before",
    "The balance after an entry is the balance before it, plus or minus its amount.",
    "the only writer",
    """SELECT format('entry %%s: %%s paise, but %%s before and %%s moved', entry_id(e.book, e.number), e.balance_paise,
         coalesce(p.balance_paise, 0),
         CASE WHEN e.credit_account = e.book THEN e.amount_paise ELSE -e.amount_paise END)
       FROM entries e LEFT JOIN entries p ON p.book = e.book AND p.number = e.number - 1
       WHERE e.business_day >= %(since)s AND e.book <> 0
         AND e.balance_paise IS DISTINCT FROM coalesce(p.balance_paise, 0)
           + CASE WHEN e.credit_account = e.book THEN e.amount_paise ELSE -e.amount_paise END
       ORDER BY e.book, e.number""",
)
WALLETS_KEEP_THEIR_FLOOR = Law(
    4,
    "wallet_keeps_its_floor",
    "A wallet is never below its floor at any number, unless the entry raised it; what is held is always covered.",
    "trigger wallet_keeps_its_floor, checks wallet_is_not_overdrawn and entry_leaves_no_wallet_below_zero",
    """SELECT format('entry %%s: %%s paise, below the floor of %%s', entry_id(e.book, e.number), e.balance_paise,
         b.floor_paise)
       FROM entries e JOIN books b ON b.id = e.book
       WHERE e.business_day >= %(since)s AND e.book <> 0
         AND (e.balance_paise < 0 OR (e.debit_account = e.book AND e.balance_paise < b.floor_paise))
       UNION ALL
       SELECT format('wallet %%s: %%s paise with %%s held', code, current_paise, held_paise)
       FROM books WHERE current_paise < held_paise""",
)
STORED_IS_LAST = Law(
    5,
    "stored_balance_is_the_last_entrys",
    "The balance and number that a book stores are its last entry's.",
    "the only writer",
    """SELECT format('book %%s: stores number %%s and %%s paise, its last entry is %%s with %%s', b.code, b.number,
         b.current_paise, e.number, e.balance_paise)
       FROM books b LEFT JOIN LATERAL (SELECT number, balance_paise FROM entries WHERE book = b.id
         ORDER BY number DESC LIMIT 1) e ON true
       WHERE b.number <> coalesce(e.number, 0) OR (b.id <> 0 AND b.current_paise <> coalesce(e.balance_paise, 0))""",
)
SIDES_ARE_EQUAL = Law(
    7,
    "debits_equal_credits",
    "Stored wallet balances and the other accounts, as snapshot plus entries since, add up to zero by side.",
    "every entry having two sides; found by this check",
    "",
)
SNAPSHOTS_ARE_SUMS = Law(
    8,
    "snapshots_are_sums",
    "The snapshot of a closed day is the sum of its entries, and chains from day to day.",
    "taken once, by the close, after every book was lifted; append-only; found by this check",
    """SELECT format('%%s of %%s: snapshot says %%s, the day before and the entries %%s', a.code,
         coalesce(x.day, s.day), s.balance_paise, x.paise)
       FROM (SELECT day FROM days WHERE closed_at IS NOT NULL AND day >= %(since)s) d CROSS JOIN LATERAL (
         SELECT m.account, d.day, coalesce(p.balance_paise, 0)
           + CASE n.normal_side WHEN 'debit' THEN m.net ELSE -m.net END AS paise
         FROM day_movements(d.day, d.day) m JOIN accounts n ON n.id = m.account
         LEFT JOIN LATERAL (SELECT balance_paise FROM day_balances WHERE account = m.account AND day < d.day
           ORDER BY day DESC LIMIT 1) p ON true
         UNION ALL
         SELECT l.book, d.day, e.balance_paise
         FROM (SELECT book, max(number) AS number FROM entries
               WHERE business_day = d.day AND book <> 0 GROUP BY book) l
         JOIN entries e ON e.book = l.book AND e.number = l.number) x
       FULL JOIN (SELECT * FROM day_balances WHERE day >= %(since)s) s ON s.account = x.account AND s.day = x.day
       LEFT JOIN accounts a ON a.id = coalesce(x.account, s.account)
       WHERE s.balance_paise IS DISTINCT FROM x.paise
       UNION ALL
       SELECT format('book %%s on %%s: snapshot says last number %%s, the entries %%s', coalesce(s.book, x.book),
         coalesce(s.day, x.business_day), s.number, x.number)
       FROM (SELECT * FROM day_books WHERE day >= %(since)s) s FULL JOIN (
         SELECT e.book, e.business_day, max(e.number) AS number FROM entries e
         JOIN days d ON d.day = e.business_day AND d.closed_at IS NOT NULL AND d.day >= %(since)s GROUP BY 1, 2) x
         ON x.book = s.book AND x.business_day = s.day
       WHERE s.number IS DISTINCT FROM x.number""",
)
CLOSED_DAYS_STAY_CLOSED = Law(
    11,
    "closed_day_takes_no_entries",
    "No entry of a closed day was posted after its close, and none counts for a day after its business day.",
    "the only writer, which stamps the day of the book's row; check entry_counts_no_later_than_its_day",
    """SELECT format('entry %%s of %%s, counting for %%s, posted %%s', entry_id(e.book, e.number), e.business_day,
         e.value_date, e.posted_at)
       FROM entries e LEFT JOIN days d ON d.day = e.business_day
       WHERE e.business_day >= %(since)s AND (e.posted_at > d.closed_at OR e.value_date > e.business_day)
       UNION ALL
       SELECT format('book %%s stands in %%s, which is closed', b.code, b.open_day)
       FROM books b JOIN days d ON d.day = b.open_day AND d.closed_at IS NOT NULL""",
)
APPEND_ONLY_TABLES = (
    *("entries", "keys", "refunds", "wallet_events", "day_balances", "day_books", "audit", "reconciliations"),
    *(
        "bank_lines",
        "bank_file_contents",
        "bank_file_rejects",
        "bank_line_postings",
        "suspense_clearings",
        "claim_offers",
    ),
)
_WRITTEN_BY_FUNCTIONS_ALONE = (
    *("entries", "keys", "debits", "refunds", "credits", "books", "day_balances", "day_books", "days", "wallet_events"),
    *("bank_references", "limits", "suspense_items", "suspense_clearings", "bank_line_postings", "accounts", "wallets"),
    *("claims", "claim_offers", "receivables"),
)
NOBODY_CHANGES_HISTORY = Law(
    14,
    "history_is_append_only",
    "Append-only tables refuse UPDATE, DELETE and TRUNCATE to every role the service runs as; only functions post.",
    "grants, and triggers named …_are_append_only",
    f"""SELECT format('%%s may %%s on %%s', r.role, p.privilege, t.name)
       FROM unnest(ARRAY['wallet_service', 'wallet_reader']) r (role)
       CROSS JOIN unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) p (privilege)
       CROSS JOIN unnest(ARRAY{list(APPEND_ONLY_TABLES)}) t (name)
       WHERE has_table_privilege(r.role, t.name, p.privilege)
          OR (p.privilege = 'UPDATE' AND has_any_column_privilege(r.role, t.name, p.privilege))
       UNION ALL
       SELECT format('%%s may %%s on %%s', r.role, p.privilege, t.name)
       FROM unnest(ARRAY['wallet_service', 'wallet_reader']) r (role)
       CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p (privilege)
       CROSS JOIN unnest(ARRAY{list(_WRITTEN_BY_FUNCTIONS_ALONE)}) t (name)
       WHERE has_table_privilege(r.role, t.name, p.privilege)
          OR (p.privilege IN ('INSERT', 'UPDATE') AND has_any_column_privilege(r.role, t.name, p.privilege))
       UNION ALL
       SELECT format('%%s has no enabled trigger that keeps it append-only', t.name)
       FROM unnest(ARRAY{list(APPEND_ONLY_TABLES)}) t (name)
       WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.name::regclass
         AND g.tgname = t.name || '_are_append_only' AND g.tgenabled IN ('O', 'A'))
       UNION ALL
       SELECT format('%%s owns %%s', r.rolname, c.relname) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
       WHERE r.rolname IN ('wallet_service', 'wallet_reader') AND c.relnamespace = 'public'::regnamespace
       UNION ALL
       SELECT format('trigger %%s on %%s is disabled', g.tgname, g.tgrelid::regclass) FROM pg_trigger g
       WHERE g.tgname = 'wallet_keeps_its_floor' AND g.tgenabled NOT IN ('O', 'A')""",  # noqa: S608 (our own text)
)
LAWS: tuple[Law, ...] = (
    *(EVERY_ENTRY_BALANCES, NUMBERS_HAVE_NO_GAPS, BALANCES_FOLLOW, WALLETS_KEEP_THEIR_FLOOR, STORED_IS_LAST),
    *(SIDES_ARE_EQUAL, SNAPSHOTS_ARE_SUMS, CLOSED_DAYS_STAY_CLOSED, NOBODY_CHANGES_HISTORY),
)


def check(
    connection: Connection,
    laws: Iterable[Law],
    since: date | None = None,
    progress: Callable[[Law], None] = lambda law: None,
) -> list[Finding]:
    """Test each law on one snapshot of the books and return what was found, laws that hold included, in their order.

    With *since*, the laws over entries look at business days from that one on.
    """
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    findings = []
    for law in sorted(laws, key=lambda each: each.number):
        progress(law)
        faults = _faults(connection, law, since)
        findings.append(Finding(law, len(faults), faults[:_ROWS_SHOWN]))
    return findings


def _faults(connection: Connection, law: Law, since: date | None) -> list[str]:
    if law is SIDES_ARE_EQUAL:
        found = trial_balance(connection)
        unequal = f"debits are {found.debits} paise, credits {found.credits}: {found.difference} apart"
        return [unequal] if found.difference else []
    rows = connection.exec_driver_sql(law.query, {"since": since or date.min})
    return [row[0] for row in rows]
