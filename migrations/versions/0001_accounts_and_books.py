"""There are accounts, and books in which entries are numbered.

An account says what money is; a book is a passbook in which entries stand at numbers without gaps. A wallet's account
and its book share one id, from 1,000,000 upwards, so that a row can tell a wallet from the house's own accounts without
looking anything up: the first law is then a plain check on the entry. Book 0 is the house's.
"""

from wallet_service.migrating import execute

revision = "0001"
down_revision = None

ROLES = """
DO $$
DECLARE role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['wallet_service', 'wallet_reader'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      RAISE EXCEPTION 'the role % is missing', role_name
        USING HINT = format('As an administrator: CREATE ROLE %I LOGIN PASSWORD ''…'';', role_name);
    END IF;
  END LOOP;
END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO wallet_service, wallet_reader;
GRANT SELECT ON schema_version TO wallet_service, wallet_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO wallet_service, wallet_reader;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
"""

# A rule of one column is its domain's: a table's own checks are read anew for every statement, a domain's are not.
DOMAINS = """
CREATE DOMAIN paise AS bigint CONSTRAINT paise_are_never_negative CHECK (VALUE >= 0);
CREATE DOMAIN amount AS bigint CONSTRAINT amount_is_above_zero CHECK (VALUE > 0);
CREATE DOMAIN book_id AS integer CONSTRAINT book_is_the_house_or_a_wallet CHECK (VALUE = 0 OR VALUE >= 1000000);
CREATE DOMAIN book_code AS text CONSTRAINT book_has_the_houses_name_or_an_operators CHECK (
  VALUE = 'house' OR VALUE ~ '^[A-Z][A-Z0-9]{3,19}$');
"""

TABLES = """
CREATE TYPE side AS ENUM ('debit', 'credit');
CREATE TYPE account_kind AS ENUM (
  'wallet', 'department', 'bank', 'charges', 'interest', 'transit', 'suspense', 'differences', 'receivable', 'opening'
);
CREATE SEQUENCE house_account_ids MINVALUE 1 MAXVALUE 999999;
CREATE SEQUENCE wallet_account_ids MINVALUE 1000000 MAXVALUE 2147483647;

CREATE TABLE accounts (
  id integer PRIMARY KEY,
  code text NOT NULL UNIQUE CHECK (code ~ '^[a-z]+:[A-Za-z0-9:-]+$'),
  kind account_kind NOT NULL,
  normal_side side NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT wallets_have_ids_of_their_own CHECK ((kind = 'wallet') = (id >= 1000000)),
  CONSTRAINT a_kind_has_one_normal_side CHECK (
    (normal_side = 'debit') = (kind IN ('bank', 'charges', 'transit', 'differences', 'receivable')))
);

CREATE TYPE wallet_state AS ENUM ('open', 'frozen', 'closed');

CREATE TABLE books (
  id book_id PRIMARY KEY,
  code book_code NOT NULL UNIQUE,
  state wallet_state NOT NULL DEFAULT 'open',
  number bigint NOT NULL DEFAULT 0,
  debits bigint NOT NULL DEFAULT 0,
  credits bigint NOT NULL DEFAULT 0,
  claims bigint NOT NULL DEFAULT 0,
  current_paise bigint NOT NULL DEFAULT 0,
  held_paise paise NOT NULL DEFAULT 0,
  floor_paise paise NOT NULL DEFAULT 0,
  untied_paise paise NOT NULL DEFAULT 0,
  owed_paise paise NOT NULL DEFAULT 0,
  open_day date NOT NULL,
  CONSTRAINT wallet_is_not_overdrawn CHECK (current_paise >= held_paise),
  CONSTRAINT house_has_no_balance CHECK (id <> 0 OR current_paise = 0)
) WITH (fillfactor = 50);
COMMENT ON COLUMN books.number IS 'the last entry''s number; debits, credits and claims count ids given out here';
COMMENT ON COLUMN books.untied_paise IS 'advised credits that no bank line has been tied to yet';
COMMENT ON COLUMN books.owed_paise IS 'what the operator owes: the sum of the wallet''s open receivables';
COMMENT ON COLUMN books.open_day IS 'the business day of the next entry, or a later one; never goes back';

CREATE TABLE wallets (
  book integer PRIMARY KEY REFERENCES books (id),
  centre_code text NOT NULL,
  centre_name text,
  centre_name_bn text,
  district text NOT NULL
);

CREATE TABLE wallet_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  book integer NOT NULL REFERENCES books (id),
  event text NOT NULL CHECK (event IN ('open', 'freeze', 'unfreeze', 'close')),
  reason text,
  by_whom text NOT NULL,
  happened_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE generated (
  payments bigint NOT NULL,
  last_day date NOT NULL,
  wallets integer NOT NULL,
  seed bigint NOT NULL,
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz
);
CREATE UNIQUE INDEX books_are_generated_once ON generated ((true));
COMMENT ON TABLE generated IS 'the mark of books whose past was generated; it has no row where the money is real';
"""

CLOCK = """
CREATE FUNCTION instant() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';
CREATE FUNCTION india_today() RETURNS date LANGUAGE sql VOLATILE AS
  $$ SELECT (instant() AT TIME ZONE 'Asia/Kolkata')::date $$;
COMMENT ON FUNCTION instant() IS 'the one clock of the books';
INSERT INTO books (id, code, open_day) VALUES (0, 'house', india_today());
"""

CHART = """
INSERT INTO accounts (id, code, kind, normal_side)
SELECT nextval('house_account_ids'), code, kind::account_kind, normal_side::side
FROM (VALUES
  ('bank:sbi:pool', 'bank', 'debit'),
  ('bank:charges', 'charges', 'debit'),
  ('bank:interest', 'interest', 'credit'),
  ('transit:top-ups', 'transit', 'debit'),
  ('suspense:bank-credits', 'suspense', 'credit'),
  ('suspense:differences', 'differences', 'debit'),
  ('opening:balances', 'opening', 'credit')
) AS chart (code, kind, normal_side);
"""

OVERDRAWN = """
CREATE FUNCTION refuse_to_pass_the_floor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'wallet % would pass its floor', NEW.code USING ERRCODE = 'check_violation',
    CONSTRAINT = 'wallet_keeps_its_floor';
END $$;
CREATE TRIGGER wallet_keeps_its_floor BEFORE UPDATE ON books FOR EACH ROW
  WHEN (NEW.current_paise - NEW.held_paise < least(NEW.floor_paise, OLD.current_paise - OLD.held_paise))
  EXECUTE FUNCTION refuse_to_pass_the_floor();
"""


def upgrade() -> None:
    """Make it so."""
    for statements in (ROLES, DOMAINS, TABLES, CLOCK, CHART, OVERDRAWN):
        execute(statements)
