"""Like breaks are decided on together; a difference has two sides; money moves back by two persons alone.

A bulk is one proposal whose parts are proposals too, each decided on with the whole. What the bank shows too much, and
nobody can explain, is an item among the differences as what it took is. A deposit that a wallet has had is taken back
from it once, by the bank's line or by two persons. What `decide` now does is no longer the service's to call.
"""

from wallet_service.migrating import execute, read_sql

revision = "0020"
down_revision = "0019"

BULK = """
ALTER TABLE approvals ADD COLUMN part_of bigint REFERENCES approvals (id);
COMMENT ON COLUMN approvals.part_of IS 'the bulk that it is a part of, which is decided on as a whole';
CREATE UNIQUE INDEX a_bulk_names_a_break_once ON approvals (part_of, about) WHERE part_of IS NOT NULL;
"""
DIFFERENCES = """
CREATE TABLE surpluses (
  id bigint PRIMARY KEY REFERENCES approvals (id),
  line bigint NOT NULL REFERENCES suspense_items (line),
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  cleared_paise bigint NOT NULL DEFAULT 0
    CONSTRAINT a_surplus_is_cleared_once CHECK (cleared_paise BETWEEN 0 AND amount_paise),
  entry_number bigint NOT NULL,
  reason text NOT NULL
);
COMMENT ON TABLE surpluses IS 'written from suspense to the differences: the bank shows more than is explained';
COMMENT ON COLUMN surpluses.id IS 'the approval by which it was written there';
CREATE INDEX surpluses_open ON surpluses (id) WHERE cleared_paise < amount_paise;
CREATE INDEX surpluses_of_line ON surpluses (line);
CREATE TABLE surplus_clearings (
  surplus bigint NOT NULL REFERENCES surpluses (id),
  book integer NOT NULL,
  entry_number bigint NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  PRIMARY KEY (book, entry_number)
);
CREATE INDEX surplus_clearings_of_surplus ON surplus_clearings (surplus);
CALL make_append_only('surplus_clearings');

CREATE TABLE deposits_taken_back (
  line bigint NOT NULL REFERENCES bank_lines (id),
  book integer NOT NULL REFERENCES books (id),
  credited_paise bigint NOT NULL,
  taken_paise bigint NOT NULL
    CONSTRAINT a_deposit_is_taken_back_once CHECK (taken_paise BETWEEN 1 AND credited_paise),
  PRIMARY KEY (line, book)
);
COMMENT ON TABLE deposits_taken_back IS
  'what a wallet has had of a deposit, and has given back since the bank took the deposit back';

CREATE TABLE deposits_returned (
  by_line bigint NOT NULL REFERENCES bank_line_postings (line),
  line bigint NOT NULL,
  book integer NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  PRIMARY KEY (by_line, line),
  FOREIGN KEY (line, book) REFERENCES deposits_taken_back (line, book)
);
COMMENT ON TABLE deposits_returned IS
  'which deposits a line of the bank took back by itself, as a rule found; what two persons took is in their approval';
CALL make_append_only('deposits_returned');
"""
OWNERS = """
CREATE TABLE break_owners (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  about text NOT NULL CHECK (length(about) BETWEEN 1 AND 80),
  owner text CHECK (length(owner) BETWEEN 1 AND 64),
  by_whom text NOT NULL CHECK (length(by_whom) BETWEEN 1 AND 64),
  told_at timestamptz NOT NULL
);
COMMENT ON TABLE break_owners IS 'who works on which break: the last row of a break tells';
COMMENT ON COLUMN break_owners.owner IS 'NULL: given back, nobody''s';
CREATE INDEX break_owners_of_break ON break_owners (about, id);
CALL make_append_only('break_owners');
GRANT INSERT ON break_owners TO wallet_service;
"""
OFFERED = """
GRANT EXECUTE ON FUNCTION propose_bulk TO wallet_service;
REVOKE EXECUTE ON FUNCTION withdraw_advice, bring_in_wallet_balance, reverse_entry FROM wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(BULK)
    execute(DIFFERENCES)
    execute(OWNERS)
    for name in ("write_to_differences", "take_from_wallet", "propose_bulk"):
        execute(read_sql(name))
    execute(OFFERED)
