"""Several lines of one reference may make one advice: each is a part of one, once, and they never make more of it."""

from wallet_service.migrating import execute, read_sql

revision = "0019"
down_revision = "0018"

PARTS = """
CREATE TABLE split_credits (
  book integer NOT NULL,
  number bigint NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  seen_paise bigint NOT NULL DEFAULT 0
    CONSTRAINT each_paisa_of_an_advice_is_seen_once CHECK (seen_paise BETWEEN 0 AND amount_paise),
  CONSTRAINT an_advice_is_split_once PRIMARY KEY (book, number),
  FOREIGN KEY (book, number) REFERENCES credits (book, number)
);
COMMENT ON TABLE split_credits IS
  'advices that several lines of the bank paid together; the line of the credit is the last of these';

CREATE TABLE credit_parts (
  line bigint NOT NULL,
  number bigint NOT NULL,
  entry_number bigint NOT NULL,
  book integer NOT NULL,
  entry_book integer NOT NULL,
  CONSTRAINT a_line_is_a_part_of_one_advice PRIMARY KEY (line),
  FOREIGN KEY (book, number) REFERENCES split_credits (book, number),
  CONSTRAINT a_part_was_cleared_from_suspense FOREIGN KEY (entry_book, entry_number, line)
    REFERENCES suspense_clearings (book, entry_number, line)
);
CREATE INDEX credit_parts_of_credit ON credit_parts (book, number);
COMMENT ON TABLE credit_parts IS 'each line of a split credit, with the entry that took it whole from suspense';
CALL make_append_only('credit_parts');
"""


def upgrade() -> None:
    """Make it so."""
    execute(PARTS)
    execute(read_sql("tie_parts"))
