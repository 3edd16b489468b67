"""An operator's claim says that a deposit was made; the bank's line credits it, once, or a person decides."""

from wallet_service.migrating import execute, read_sql

revision = "0011"
down_revision = "0010"

CLAIMS = """
CREATE TYPE claim_state AS ENUM ('open', 'offered', 'tied', 'withdrawn');
CREATE TYPE deposit_mode AS ENUM ('cash', 'cdm', 'cheque');
CREATE TABLE claims (
  number bigint NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  line bigint REFERENCES bank_lines (id),
  claimed_at timestamptz NOT NULL,
  book integer NOT NULL REFERENCES books (id),
  client integer NOT NULL,
  business_day date NOT NULL,
  deposited_on date NOT NULL,
  state claim_state NOT NULL,
  claimed_as claim_state NOT NULL,
  mode deposit_mode NOT NULL,
  branch_code text CHECK (branch_code ~ '^[0-9]{5}$'),
  cdm_no text,
  slip_no text,
  deposit_number text,
  reason text NOT NULL,
  answered_reason text NOT NULL,
  entry_book integer,
  entry_number bigint,
  PRIMARY KEY (book, number),
  CONSTRAINT a_claim_names_a_place CHECK (branch_code IS NOT NULL OR cdm_no IS NOT NULL),
  CONSTRAINT a_tied_claim_has_its_line CHECK ((state = 'tied') = (line IS NOT NULL AND entry_number IS NOT NULL))
);
COMMENT ON COLUMN claims.claimed_as IS 'the state in which the claim was first answered, for answered_reason';
COMMENT ON COLUMN claims.reason IS 'why it is in its state, in words';
COMMENT ON COLUMN claims.deposit_number IS
  'the digits of a deposit machine and its sequence, where both are known, and the day';
CREATE UNIQUE INDEX a_bank_line_ties_one_claim ON claims (line) WHERE line IS NOT NULL;
CREATE INDEX claims_that_fit ON claims (amount_paise, deposited_on) WHERE state IN ('open', 'offered');
CREATE INDEX claims_by_deposit_number ON claims (deposit_number) WHERE state IN ('open', 'offered');
CREATE INDEX credits_awaiting ON credits (amount_paise, booked_on) WHERE state = 'awaiting-bank';

CREATE TABLE claim_offers (
  book integer NOT NULL,
  number bigint NOT NULL,
  line bigint NOT NULL REFERENCES bank_lines (id),
  offered_at timestamptz NOT NULL,
  PRIMARY KEY (book, number, line),
  FOREIGN KEY (book, number) REFERENCES claims (book, number)
);
COMMENT ON TABLE claim_offers IS 'lines in suspense that fit a claim and that a person must decide on';
CALL make_append_only('claim_offers');
CREATE INDEX bank_lines_by_amount ON bank_lines (amount_paise, booked_on) WHERE direction = 'inflow';
CREATE INDEX bank_lines_by_value ON bank_lines (amount_paise, value_date) WHERE direction = 'inflow';

CREATE TYPE claim_answer AS (
  replayed boolean, outcome text, current_paise bigint, held_paise bigint, facts jsonb, claim claims
);
"""
OFFERED = """
GRANT EXECUTE ON FUNCTION claim, claim_id, lock_deposits TO wallet_service;
GRANT EXECUTE ON FUNCTION claim_id TO wallet_reader;
"""


def upgrade() -> None:
    """Make it so."""
    execute(CLAIMS)
    execute(read_sql("claim"))
    execute(OFFERED)
