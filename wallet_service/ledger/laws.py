"""What must always be true of entries, books and days, each law with what names the rows at fault."""

from __future__ import annotations

from wallet_service.ledger.proving import Fault, Law, Pass, check

__all__ = ["APPEND_ONLY_TABLES", "ENTRIES", "ENTRY", "LAWS", "check"]

ENTRY = """CASE WHEN b.code IS NULL THEN e.book || '-' || e.number
  ELSE b.code || '-' || lpad(e.number::text, greatest(6, length(e.number::text)), '0') END"""
"""The id of an entry ``e`` in book ``b``, the book's number where that is gone."""

ENTRIES = Pass(
    "each entry, the one before it, and its accounts",
    _ROWS := """entries e LEFT JOIN entries p ON p.book = e.book AND p.number = e.number - 1
      LEFT JOIN books b ON b.id = e.book LEFT JOIN days y ON y.day = e.business_day
      LEFT JOIN accounts d ON d.id = e.debit_account LEFT JOIN accounts c ON c.id = e.credit_account""",
    _ROWS,
    "e.business_day >= %(since)s",
    "e.book, e.number",
)
_MOVED = "CASE WHEN e.credit_account = e.book THEN e.amount_paise ELSE -e.amount_paise END"

EVERY_ENTRY_BALANCES = Law(
    1,
    "entry_moves_one_wallet_at_most_which_is_its_book",
    "Every entry has an amount above zero, two accounts that exist, and at most one wallet, which is its book.",
    "domain amount; checks entry_has_two_accounts and entry_moves_one_wallet_at_most_which_is_its_book",
    faults=(
        Fault(
            ENTRIES,
            """e.amount_paise <= 0 OR e.debit_account = e.credit_account OR b.id IS NULL OR d.id IS NULL OR c.id IS NULL
               OR NOT CASE WHEN e.book = 0 THEN e.debit_account < 1000000 AND e.credit_account < 1000000
                           ELSE (e.debit_account = e.book AND e.credit_account < 1000000)
                             OR (e.credit_account = e.book AND e.debit_account < 1000000) END""",
            f"""format('entry %%s: %%s paise from account %%s to %%s', {ENTRY}, e.amount_paise, e.debit_account,
                 e.credit_account)""",
        ),
    ),
)
NUMBERS_HAVE_NO_GAPS = Law(
    2,
    "entries_are_numbered_in_their_book",
    "The numbers of a book run from 1 without gaps, and its days never go back.",
    "the primary key, and the only writer, which takes number and day from the book's row",
    faults=(
        Fault(
            ENTRIES,
            "e.number < 1 OR (e.number > 1 AND p.number IS NULL) OR p.business_day > e.business_day",
            f"""format('entry %%s: behind number %%s of %%s comes number %%s of %%s', {ENTRY}, p.number, p.business_day,
                 e.number, e.business_day)""",
        ),
    ),
)
BALANCES_FOLLOW = Law(
    3,
    "balance_follows_from_the_entry_before",
    "The balance after an entry is the balance before it, plus or minus its amount; the house's book keeps none.",
    "the only writer",
    faults=(
        Fault(
            ENTRIES,
            f"""e.balance_paise IS DISTINCT FROM
                 CASE WHEN e.book <> 0 THEN coalesce(p.balance_paise, 0) + {_MOVED} END""",
            f"""format('entry %%s: %%s paise, but %%s before and %%s moved', {ENTRY}, e.balance_paise,
                 coalesce(p.balance_paise, 0), {_MOVED})""",
        ),
    ),
)
WALLETS_KEEP_THEIR_FLOOR = Law(
    4,
    "wallet_keeps_its_floor",
    "A wallet is never below its floor at any number, unless the entry raised it; what is held is always covered.",
    "trigger wallet_keeps_its_floor, check wallet_is_not_overdrawn, and domain paise of balances and of what is held",
    query="""SELECT format('wallet %%s: %%s paise with %%s held', code, current_paise, held_paise)
       FROM books WHERE current_paise < held_paise""",
    faults=(
        Fault(
            ENTRIES,
            """e.book <> 0
               AND (e.balance_paise < 0 OR (e.debit_account = e.book AND e.balance_paise < b.floor_paise))""",
            f"format('entry %%s: %%s paise, below the floor of %%s', {ENTRY}, e.balance_paise, b.floor_paise)",
        ),
    ),
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
    """SELECT format('debits are %%s paise, credits %%s: %%s apart', sum(greatest(x.paise, 0)),
         sum(greatest(-x.paise, 0)), sum(x.paise))
       FROM (
         SELECT CASE a.normal_side WHEN 'debit' THEN h.balance_paise ELSE -h.balance_paise END AS paise
         FROM house_balances('infinity') h JOIN accounts a ON a.id = h.account
         UNION ALL SELECT -sum(current_paise) FROM books WHERE id <> 0) x
       HAVING sum(x.paise) <> 0""",
)
# All days in one pass: what each account moved in each day, added up from the last snapshot before the first day.
SNAPSHOTS_ARE_SUMS = Law(
    8,
    "snapshots_are_sums",
    "The snapshot of a closed day is the sum of its entries, and chains from day to day.",
    "taken once, by the close, after every book was lifted; append-only; found by this check",
    """WITH closed AS (SELECT day FROM days WHERE closed_at IS NOT NULL AND day >= %(since)s),
       moved AS (
         SELECT e.book AS account, e.business_day AS day, max(e.number) AS number, CASE WHEN e.book <> 0
           THEN sum(CASE WHEN e.credit_account = e.book THEN e.amount_paise ELSE -e.amount_paise END)::bigint END AS net
         FROM entries e WHERE e.business_day >= %(since)s GROUP BY e.book, e.business_day
         UNION ALL
         SELECT m.account, m.day, NULL, sum(CASE a.normal_side WHEN 'debit' THEN m.net ELSE -m.net END)::bigint
         FROM (
           SELECT debit_account AS account, business_day AS day, sum(amount_paise) AS net
           FROM entries WHERE debit_account <> book AND business_day >= %(since)s GROUP BY 1, 2
           UNION ALL
           SELECT credit_account, business_day, -sum(amount_paise)
           FROM entries WHERE credit_account <> book AND business_day >= %(since)s GROUP BY 1, 2) m
         JOIN accounts a ON a.id = m.account GROUP BY m.account, m.day),
       before AS (
         SELECT a.id AS account, s.balance_paise FROM accounts a CROSS JOIN LATERAL (
           SELECT balance_paise FROM day_balances WHERE account = a.id AND day < %(since)s
           ORDER BY day DESC LIMIT 1) s),
       sums AS (
         SELECT m.account, m.day, m.number, CASE WHEN m.net IS NOT NULL THEN coalesce(p.balance_paise, 0)
           + sum(m.net) OVER (PARTITION BY m.account ORDER BY m.day) END AS paise
         FROM moved m JOIN closed USING (day) LEFT JOIN before p ON p.account = m.account)
       SELECT f.said FROM sums x
       FULL JOIN (SELECT * FROM day_balances WHERE day >= %(since)s) s ON s.account = x.account AND s.day = x.day
       FULL JOIN (SELECT * FROM day_books WHERE day >= %(since)s) n
         ON n.book = coalesce(x.account, s.account) AND n.day = coalesce(x.day, s.day)
       LEFT JOIN accounts a ON a.id = coalesce(x.account, s.account, n.book)
       CROSS JOIN LATERAL (VALUES
         (s.balance_paise IS DISTINCT FROM x.paise, format(
           '%%s of %%s: snapshot says %%s, the day before and the entries %%s', a.code, coalesce(x.day, s.day, n.day),
           s.balance_paise, x.paise)),
         (n.number IS DISTINCT FROM x.number, format(
           'book %%s on %%s: snapshot says last number %%s, the entries %%s', coalesce(n.book, x.account),
           coalesce(n.day, x.day), n.number, x.number))) AS f (broken, said)
       WHERE (s.balance_paise IS DISTINCT FROM x.paise OR n.number IS DISTINCT FROM x.number) AND f.broken""",
)
CLOSED_DAYS_STAY_CLOSED = Law(
    11,
    "closed_day_takes_no_entries",
    "No entry of a closed day was posted after its close, and none counts for a day after its business day.",
    "the only writer, which stamps the day of the book's row; check entry_counts_no_later_than_its_day",
    query="""SELECT format('book %%s stands in %%s, which is closed', b.code, b.open_day)
       FROM books b JOIN days d ON d.day = b.open_day AND d.closed_at IS NOT NULL""",
    faults=(
        Fault(
            ENTRIES,
            "e.posted_at > y.closed_at OR e.value_date > e.business_day",
            f"""format('entry %%s of %%s, counting for %%s, posted %%s', {ENTRY}, e.business_day, e.value_date,
                 e.posted_at)""",
        ),
    ),
)
APPEND_ONLY_TABLES = (
    *("entries", "keys", "refunds", "rebates", "wallet_events", "day_balances", "day_books", "audit"),
    "reconciliations",
    *(
        "bank_lines",
        "bank_file_contents",
        "bank_file_rejects",
        "bank_line_postings",
        "suspense_clearings",
        "undone_lines",
        "claim_offers",
        "exports",
        "export_files",
        "profiles",
        "approvals",
        "decisions",
        "approval_entries",
        "surplus_clearings",
        "deposits_returned",
        "break_owners",
        "announcements",
        "credit_parts",
        "certificates",
        "department_rows",
        "settlement_days",
        "settlements",
    ),
)
_WRITTEN_BY_FUNCTIONS_ALONE = (
    *("rebates", "service_rebates"),
    *("entries", "keys", "debits", "refunds", "credits", "books", "day_balances", "day_books", "days", "wallet_events"),
    *("bank_references", "limits", "suspense_items", "suspense_clearings", "bank_line_postings", "accounts", "wallets"),
    *("claims", "claim_offers", "receivables", "shared_lines", "undone_lines"),
    *("split_credits", "credit_parts"),
    *("approvals", "decisions", "approval_entries", "surpluses", "surplus_clearings"),
    *("deposits_taken_back", "deposits_returned"),
    "unknown_payments",
    *("settlement_days", "settlements", "settlement_series", "settlement_advices", "advised_settlements"),
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
