"""What each role of the database may do: the service calls functions, the reader reads, and nobody changes history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

from tests.books import Books
from tests.ledger.spoiled import busy_books
from wallet_service.ledger.laws import APPEND_ONLY_TABLES

NOT_ALLOWED = "42501"
REFUSED_BY_TRIGGER = "23001"
SERVICE_MAY_WRITE = {
    ("INSERT", "audit bank_accounts bank_file_contents bank_file_rejects bank_files bank_lines client_tokens clients"),
    ("INSERT", "announcements bank_holidays departments export_files exports outbox profiles reconciliations services"),
    ("INSERT", "department_lists department_rows tie_results"),
    ("UPDATE", "department_lists tie_results"),
    ("DELETE", "bank_holidays"),
    ("INSERT", "certificates night_laws night_steps break_owners settlement_terms list_terms"),
    ("UPDATE", "night_laws night_steps settlement_terms list_terms"),
    ("UPDATE", "bank_accounts bank_files client_tokens departments outbox services"),
}
"""All that the service's role may write itself; money, keys, holds and days are written by functions alone."""
SERVICE_MAY_CALL = {
    *("instant", "india_today", "entry_id", "debit_id", "credit_id", "day_movements", "account_id", "key_refusal"),
    *("pay", "capture", "void", "refund", "abandon", "advise", "recorded_answer", "record_answer", "expire_holds"),
    *("open_account", "open_wallet", "set_wallet_state", "lock_bank_references", "lock_books_and_house"),
    "lock_for_lines",
    *("post_bank_lines", "bring_in_bank_balance"),
    *("begin_closing", "lift_books", "finish_closing", "claim", "claim_id", "lock_deposits"),
    *("propose", "propose_bulk", "decide", "reversal_of", "pay_batch", "place_by_token", "pay_together"),
    *("bank_days", "is_bank_day", "bank_days_before", "bank_days_between"),
    *("house_balances", "wallets_balance", "key_bytes", "key_text"),
    *("mark_unknown", "answer_unknown", "department_days"),
    *("draw_up_settlements", "collections_moved", "payable_to_departments", "settlements_differing", "record_utr"),
    "room_for_advices",
}
READER_MAY_CALL = {
    *("instant", "india_today", "entry_id", "debit_id", "credit_id", "claim_id", "day_movements", "account_id"),
    *("bank_days", "is_bank_day", "bank_days_before", "bank_days_between"),
    *("reversal_of", "house_balances", "wallets_balance", "key_bytes", "key_text"),
    *("collections_moved", "payable_to_departments", "settlements_differing"),
}
_COLUMNS = """
SELECT c.relname, array_agg(quote_ident(a.attname) ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY c.relname
"""
_CALLS = """
SELECT p.proname, format('%s %I(%s)', CASE p.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, p.proname,
  (SELECT string_agg(format('NULL::%s', t::regtype), ', ' ORDER BY n)
   FROM unnest(p.proargtypes) WITH ORDINALITY x (t, n)))
FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prorettype <> 'trigger'::regtype
"""

_ATTEMPTS = (
    "SET ROLE wallet_owner",
    "SET SESSION AUTHORIZATION wallet_owner",
    "SET session_replication_role = replica",
    "ALTER ROLE wallet_service SUPERUSER",
    "CREATE TABLE public.more (id integer)",
    "CREATE SCHEMA more",
    "CREATE FUNCTION public.more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION instant() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()'",
    "ALTER FUNCTION instant() OWNER TO wallet_service",
    "ALTER FUNCTION post_entry RESET search_path",
    "DROP FUNCTION refuse_change CASCADE",
    "SELECT nextval('wallet_account_ids')",
    "SELECT setval('wallet_account_ids', 1)",
    "CREATE EXTENSION amcheck",
    "COPY entries FROM PROGRAM 'true'",
)


def _rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def _state(url: str, statement: str) -> str | None:
    """Run a statement, undo it, and return the SQLSTATE with which it was refused; None where it was not."""
    return _states(url, [statement])[0]


def _states(url: str, statements: Iterable[str]) -> list[str | None]:
    states: list[str | None] = []
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute("BEGIN READ WRITE")
            try:
                connection.execute(statement.encode())
                states.append(None)
            except psycopg.Error as error:
                states.append(error.sqlstate)
            connection.execute("ROLLBACK")
    return states


def _writes(books: Books) -> Iterator[tuple[str, str, str]]:
    """Yield each way of writing each table of the catalogue, column by column: the verb, the table and the statement.

    None touches a row, so that only a grant decides.
    """
    for table, columns in sorted(_rows(books.servers.superuser_url, _COLUMNS)):
        for column in columns:
            yield (
                "INSERT",
                table,
                f"INSERT INTO {table} ({column}) OVERRIDING SYSTEM VALUE SELECT {column} FROM {table} WHERE false",
            )
            yield "UPDATE", table, f"UPDATE {table} SET {column} = DEFAULT WHERE false"
        yield "DELETE", table, f"DELETE FROM {table} WHERE false"
        yield "TRUNCATE", table, f"TRUNCATE {table}"
        yield "ALTER", table, f"ALTER TABLE {table} DISABLE TRIGGER ALL"
        yield "ALTER", table, f"ALTER TABLE {table} ADD COLUMN more integer"
        yield "DROP", table, f"DROP TABLE {table} CASCADE"
        yield "TRIGGER", table, f"CREATE TRIGGER more BEFORE UPDATE ON {table} EXECUTE FUNCTION refuse_change()"


def _allowed(books: Books, url: str) -> set[tuple[str, str]]:
    """Return the verbs that the role of *url* may use on at least one column of a table."""
    writes = list(_writes(books))
    states = _states(url, [statement for _, _, statement in writes])
    return {(verb, table) for (verb, table, _), state in zip(writes, states, strict=True) if state != NOT_ALLOWED}


def test_the_service_writes_what_is_not_money_and_nothing_else(books: Books) -> None:
    busy_books(books)

    allowed = _allowed(books, books.servers.service_url)

    assert allowed == {(verb, table) for verb, tables in SERVICE_MAY_WRITE for table in tables.split()}


def test_the_reader_writes_nothing(books: Books) -> None:
    busy_books(books)

    assert _allowed(books, books.servers.reader_url) == set()
    assert _state(books.servers.reader_url, "SELECT count(*) FROM entries") is None


def test_every_table_that_only_grows_is_known_to_the_law(books: Books) -> None:
    found = _rows(
        books.servers.superuser_url,
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_are_append_only'",
    )

    assert sorted(table for (table,) in found) == sorted(APPEND_ONLY_TABLES)


def test_even_the_owner_changes_no_history(books: Books) -> None:
    busy_books(books)
    columns = dict(_rows(books.servers.superuser_url, _COLUMNS))
    before = {table: _rows(books.servers.superuser_url, f"SELECT * FROM {table}") for table in APPEND_ONLY_TABLES}
    changes = [
        change
        for table in APPEND_ONLY_TABLES
        for change in (
            f"UPDATE {table} SET {columns[table][-1]} = {columns[table][-1]}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        )
    ]

    refused = _states(books.servers.owner_url, changes)

    assert dict(zip(changes, refused, strict=True)) == dict.fromkeys(changes, REFUSED_BY_TRIGGER)
    assert {table: _rows(books.servers.superuser_url, f"SELECT * FROM {table}") for table in before} == before


def test_the_service_cannot_make_itself_more(books: Books) -> None:
    states = _states(books.servers.service_url, _ATTEMPTS)

    assert dict(zip(_ATTEMPTS, states, strict=True)) == dict.fromkeys(_ATTEMPTS, NOT_ALLOWED)


def test_the_service_has_no_right_to_pass_on(books: Books) -> None:
    with psycopg.connect(books.servers.service_url, autocommit=True) as connection:
        connection.execute("GRANT INSERT, UPDATE, DELETE ON entries, keys, books TO wallet_service, wallet_reader")

    assert books.faults() == {}


def test_each_role_calls_the_functions_offered_to_it_and_no_other(books: Books) -> None:
    calls = _rows(books.servers.superuser_url, _CALLS)

    def callable_by(url: str) -> set[str]:
        states = _states(url, [call for _, call in calls])
        return {name for (name, _), state in zip(calls, states, strict=True) if state != NOT_ALLOWED}

    assert callable_by(books.servers.service_url) == SERVICE_MAY_CALL
    assert callable_by(books.servers.reader_url) == READER_MAY_CALL
    assert {"post_entry", "record_refusal", "record_posting", "lock_key", "tie_credit", "clear_suspense"} < (
        {name for name, _ in calls} - SERVICE_MAY_CALL
    )


def test_no_function_is_everybodys(books: Books) -> None:
    found = _rows(
        books.servers.superuser_url,
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace"
        " AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) WHERE grantee = 0)",
    )

    assert found == []


def test_functions_with_the_owners_rights_look_only_where_they_should(books: Books) -> None:
    found = _rows(
        books.servers.superuser_url,
        "SELECT proname, proconfig FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef",
    )

    assert len(found) >= 20
    assert {name: settings for name, settings in found if settings != ["search_path=pg_catalog, public, pg_temp"]} == {}


def test_the_service_may_not_put_tables_in_the_way(books: Books) -> None:
    assert _state(books.servers.service_url, "CREATE TEMP TABLE entries (id integer)") == NOT_ALLOWED


def test_tables_put_in_the_way_change_nothing(books: Books) -> None:
    howrah = books.wallet("100.00")
    books.spoil(f"GRANT TEMP ON DATABASE {books.servers.database} TO wallet_service")

    with psycopg.connect(books.servers.service_url) as connection:
        for table in ("books", "entries", "keys", "debits", "services"):
            connection.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM public.{table}".encode())
        connection.execute("UPDATE pg_temp.books SET current_paise = 99999999")
        connection.execute("SET search_path = pg_temp, public")
        outcome = connection.execute(
            "SELECT (public.pay(1, 'k', '', %s, 'POD', '001', 20000, 'T', NULL, NULL, NULL, NULL)).outcome", [howrah]
        ).fetchone()

    assert outcome == ("insufficient-funds",)
    assert books.current(howrah) == "100.00"
    assert books.faults() == {}


def test_a_floor_that_a_function_forgot_is_kept_by_its_row(books: Books) -> None:
    howrah = books.wallet("100.00", code="HOWRAH1", floor="40.00")

    for change in ("current_paise = 3999", "held_paise = 6001", "current_paise = -1", "held_paise = -1"):
        assert _state(books.servers.owner_url, f"UPDATE books SET {change} WHERE code = 'HOWRAH1'") == "23514"

    assert books.current(howrah) == "100.00"
