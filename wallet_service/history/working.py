"""The tables of a history in the making, in a schema of their own that is dropped when it is finished."""

from __future__ import annotations

from typing import Any

import psycopg

from wallet_service.history import plan as plans
from wallet_service.history.plan import HALVES, Plan
from wallet_service.payments import departments

TABLES = """
CREATE SCHEMA history;
CREATE TABLE history.steps (step text PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE history.set_aside (
  place integer PRIMARY KEY, owner text NOT NULL, name text NOT NULL, kind text NOT NULL, definition text NOT NULL,
  is_built boolean NOT NULL DEFAULT false);
CREATE TABLE history.quotas (
  day date, before date, month integer, file integer, half integer, first_draw bigint, payments integer,
  midnight bigint GENERATED ALWAYS AS ((day - date '1970-01-01') * 86400000000 - 19800000000) STORED,
  PRIMARY KEY (month, half, day));
COMMENT ON COLUMN history.quotas.midnight IS 'the day''s beginning in India, in microseconds since 1970';
CREATE TABLE history.habits (book integer PRIMARY KEY, half integer, slots integer, deposit integer);
CREATE TABLE history.slots (half integer, slot integer, book integer, PRIMARY KEY (half, slot));
CREATE TABLE history.amounts (slot integer PRIMARY KEY, rupees integer);
CREATE TABLE history.offered (
  service integer PRIMARY KEY, department text, code text, account integer, is_electricity boolean);
CREATE TABLE history.menu (slot integer PRIMARY KEY, service integer, percent integer, has_paise boolean);
CREATE TABLE history.accounts (event integer PRIMARY KEY, account integer);
CREATE TABLE history.moved (day date, account integer, net bigint);
CREATE TABLE history.deposits (
  file integer, line bigint, book integer, credit_number bigint, entry_number bigint, amount integer, micros bigint,
  day date);
CREATE INDEX deposits_of_file ON history.deposits (file);
CREATE FUNCTION history.at(p_micros bigint) RETURNS timestamptz LANGUAGE sql STABLE AS
  $$ SELECT 'epoch'::timestamptz + p_micros * interval '1 microsecond' $$;
CREATE FUNCTION history.key_of(p_micros bigint, p_draw bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT ('0' || to_hex(p_micros / 1000) || to_hex(28672 | (p_draw & 4095))
       || to_hex((p_draw & 4611686018427387903) | (-9223372036854775808)))::uuid $$;
COMMENT ON FUNCTION history.key_of IS 'a UUID of version 7, as the portal''s client makes them';
"""
_CHARTED = """
INSERT INTO history.accounts SELECT event, id FROM (VALUES
  (0, 'opening:balances'), (7, 'transit:top-ups'), (8, 'bank:sbi:pool')) x (event, code) JOIN accounts USING (code);
INSERT INTO history.slots
SELECT half, row_number() OVER (PARTITION BY half ORDER BY book, n) - 1, book
FROM history.habits, generate_series(1, slots) n;
"""


def lay_out(connection: psycopg.Connection[Any], plan: Plan) -> None:
    """Make the working tables, with all that is drawn from and by whom."""
    connection.execute(TABLES)
    services = connection.execute("SELECT department, code, account FROM services ORDER BY account").fetchall()
    numbers = {(department, code): number for number, (department, code, _) in enumerate(services)}
    offered = [(numbers[d, c], d, c, account, (d, c) == ("POD", "001")) for d, c, account in services]
    slots = plans.menu(numbers)
    copies: dict[str, list[tuple[Any, ...]]] = {
        "quotas (day, before, month, file, half, first_draw, payments)": [
            (q.day, q.before, q.month, q.file, q.half, q.first_draw, q.payments) for q in plans.quotas(plan)
        ],
        "amounts": list(enumerate(plans.amounts())),
        "offered": offered,
        "menu": [
            (slot, numbers[service], percent, service == ("POD", "001"))
            for slot, (service, percent) in enumerate(slots)
        ],
    }
    for table, rows in copies.items():
        copy(connection, f"history.{table}", rows)


def open_wallets(connection: psycopg.Connection[Any], plan: Plan) -> None:
    """Open the plan's wallets, frozen until the history is finished, the day before its first."""
    districts = [(each.code, each.name, each.name_bn) for each in departments.package_districts().values()]
    connection.execute(
        "CREATE TEMP TABLE counters (place serial, operator text, centre text, name text, name_bn text,"
        " district text) ON COMMIT DROP"
    )
    rows = [(c.operator, c.centre, c.name, c.name_bn, c.district) for c in plans.counters(plan, districts)]
    copy(connection, "counters (operator, centre, name, name_bn, district)", rows)
    connection.execute("ALTER TABLE counters ADD COLUMN id integer")
    connection.execute(
        "UPDATE counters SET id = n.id FROM (SELECT place, nextval('wallet_account_ids')::integer AS id"
        " FROM (SELECT place FROM counters ORDER BY place) p) n WHERE n.place = counters.place"
    )
    connection.execute(_OPENED, {"day": plan.first_day})
    ids = [row[0] for row in connection.execute("SELECT id FROM counters ORDER BY place")]
    for half in HALVES:
        habits = zip(plan.books_of(half), plans.chances(plan, half), strict=True)
        copy(connection, "history.habits", [(ids[place], half, *habit) for place, habit in habits])
    connection.execute(_CHARTED)


_OPENED = """
INSERT INTO accounts (id, code, kind, normal_side, opened_at)
SELECT id, 'wallet:' || operator, 'wallet', 'credit', (%(day)s::date - 1)::timestamp AT TIME ZONE 'Asia/Kolkata'
FROM counters ORDER BY id;
INSERT INTO books (id, code, state, open_day)
SELECT id, operator, 'frozen', %(day)s::date - 1 FROM counters ORDER BY id;
INSERT INTO wallets (book, centre_code, centre_name, centre_name_bn, district)
SELECT id, centre, name, name_bn, district FROM counters ORDER BY id;
INSERT INTO wallet_events (book, event, by_whom, happened_at)
SELECT id, 'open', 'history', (%(day)s::date - 1)::timestamp AT TIME ZONE 'Asia/Kolkata' FROM counters ORDER BY id;
"""


def copy(connection: psycopg.Connection[Any], target: str, rows: list[tuple[Any, ...]]) -> None:
    """Write rows into a table, whose name may be followed by its columns."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as into:
        for row in rows:
            into.write_row(row)
