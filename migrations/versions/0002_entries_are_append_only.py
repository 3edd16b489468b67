"""Entries stand at (book, number), and nobody changes them.

No foreign key leads from an entry to its accounts: it would lock the department's row for every payment of the state.
The posting functions look accounts up, and the laws find an entry whose account does not exist.
"""

from wallet_service.migrating import execute

revision = "0002"
down_revision = "0001"

ENTRIES = """
CREATE TYPE entry_kind AS ENUM (
  'top-up', 'top-up-seen', 'bank-credit', 'suspense', 'suspense-cleared', 'payment', 'rebate', 'refund', 'settlement',
  'charge', 'charge-made-good', 'interest', 'return', 'recovery', 'difference', 'difference-explained', 'opening',
  'given-back', 'reversal', 'owed', 'write-off'
);
CREATE TYPE source_kind AS ENUM (
  'debit', 'credit', 'claim', 'receivable', 'bank-line', 'bank-file', 'entry', 'wallet', 'approval'
);

CREATE TABLE entries (
  posted_at timestamptz NOT NULL,
  amount_paise amount NOT NULL,
  balance_paise paise,
  source_number bigint NOT NULL,
  book integer NOT NULL,
  number integer NOT NULL,
  debit_account integer NOT NULL,
  credit_account integer NOT NULL,
  business_day date NOT NULL,
  value_date date NOT NULL,
  kind entry_kind NOT NULL,
  source source_kind NOT NULL,
  CONSTRAINT entries_are_numbered_in_their_book PRIMARY KEY (book, number),
  CONSTRAINT entry_has_two_accounts CHECK (debit_account <> credit_account),
  CONSTRAINT entry_moves_one_wallet_at_most_which_is_its_book CHECK (
    least(debit_account, credit_account) < 1000000
    AND greatest(debit_account, credit_account, 999999) = greatest(book, 999999)),
  CONSTRAINT entry_counts_no_later_than_its_day CHECK (value_date <= business_day)
);
-- The side of an entry that is not its book's wallet: what a department, a bank or a suspense account did on a day.
CREATE INDEX entries_debiting ON entries (debit_account, business_day) WHERE debit_account <> book;
CREATE INDEX entries_crediting ON entries (credit_account, business_day) WHERE credit_account <> book;
CREATE INDEX entries_by_day ON entries USING brin (business_day) WITH (pages_per_range = 32, autosummarize = on);
-- What counts for an earlier day than that of its posting: bank lines, mostly.
CREATE INDEX entries_counting_earlier ON entries (business_day, value_date) WHERE value_date < business_day;
-- One event posts once. A refund is the exception: a payment may be refunded in parts. Only a debit makes a payment, so
-- that nearly all entries need the narrow one of the two indexes.
CREATE UNIQUE INDEX entries_pay_a_debit_once ON entries (book, source_number) WHERE kind = 'payment';
CREATE UNIQUE INDEX entries_once_per_source ON entries (book, source_number, source, kind)
  WHERE kind NOT IN ('refund', 'payment');
CREATE UNIQUE INDEX entries_once_per_bank_line ON entries (source_number, kind) WHERE source = 'bank-line';
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% are append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE PROCEDURE make_append_only(p_table regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s EXECUTE FUNCTION refuse_change()',
                 p_table::text || '_are_append_only', p_table);
  EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM wallet_service, wallet_reader', p_table);
END $$;
CALL make_append_only('entries');
CALL make_append_only('wallet_events');
"""


def upgrade() -> None:
    """Make it so."""
    execute(ENTRIES)
    execute(APPEND_ONLY)
