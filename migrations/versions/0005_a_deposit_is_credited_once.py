"""One deposit, one credit: a bank reference has one row, which takes one advice and one bank line.

An advice credits at once only within limits that are kept here; what is credited and not yet seen at the bank is
counted in the wallet's book and in all.
"""

from wallet_service.migrating import execute

revision = "0005"
down_revision = "0004"

CREDITS = """
CREATE TYPE credit_state AS ENUM ('credited', 'awaiting-bank', 'tied', 'withdrawn');
CREATE TYPE channel AS ENUM ('neft', 'rtgs', 'imps', 'upi', 'van', 'cash', 'cdm', 'cheque');
CREATE TABLE credits (
  number bigint NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  entry_number bigint,
  line bigint,
  advised_at timestamptz NOT NULL,
  book integer NOT NULL,
  client integer NOT NULL,
  business_day date NOT NULL,
  booked_on date NOT NULL,
  state credit_state NOT NULL,
  advised_as credit_state NOT NULL,
  channel channel NOT NULL,
  bank_reference text NOT NULL,
  strong_reference text,
  reason text,
  PRIMARY KEY (book, number),
  CONSTRAINT a_credited_advice_has_its_entry CHECK (
    state = 'awaiting-bank' OR state = 'withdrawn' OR entry_number IS NOT NULL),
  CONSTRAINT a_tied_advice_has_its_line CHECK ((state = 'tied') = (line IS NOT NULL))
);
COMMENT ON COLUMN credits.advised_as IS 'the state in which the advice was first answered';
COMMENT ON COLUMN credits.reason IS 'why an advice had to wait for the bank';
CREATE UNIQUE INDEX a_bank_line_ties_one_advice ON credits (line) WHERE line IS NOT NULL;
CREATE INDEX credits_by_reference ON credits (bank_reference);
CREATE INDEX credits_open ON credits (state, book, number) WHERE state IN ('credited', 'awaiting-bank');

CREATE TABLE bank_references (
  reference text PRIMARY KEY,
  credit_book integer,
  credit_number bigint,
  line bigint
);
COMMENT ON COLUMN bank_references.reference IS 'the strong form, in which two spellings of one reference agree';

CREATE TABLE limits (
  name text PRIMARY KEY,
  limit_paise bigint NOT NULL CHECK (limit_paise >= 0),
  used_paise bigint NOT NULL DEFAULT 0 CHECK (used_paise >= 0)
);
INSERT INTO limits (name, limit_paise) VALUES
  ('advice', 5000000), ('untied-per-wallet', 20000000), ('untied-in-all', 1000000000);
COMMENT ON COLUMN limits.used_paise IS 'counted for untied-in-all only';
"""


def upgrade() -> None:
    """Make it so."""
    execute(CREDITS)
