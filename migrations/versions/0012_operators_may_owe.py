"""What a return or correction cannot take from a wallet is owed by its operator, and the next top-up repays it."""

from wallet_service.migrating import execute, read_sql

revision = "0012"
down_revision = "0011"

RECEIVABLES = """
CREATE TABLE receivables (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  book integer NOT NULL REFERENCES books (id),
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  recovered_paise bigint NOT NULL DEFAULT 0
    CONSTRAINT recovered_at_most_once CHECK (recovered_paise BETWEEN 0 AND amount_paise),
  line bigint REFERENCES bank_lines (id),
  undoes bigint,
  reason text NOT NULL,
  opened_at timestamptz NOT NULL
);
COMMENT ON COLUMN receivables.undoes IS 'the number of the wallet''s entry whose reversal the wallet could not bear';
CREATE INDEX receivables_open ON receivables (book, id) WHERE recovered_paise < amount_paise;
"""
OFFERED = """
GRANT EXECUTE ON FUNCTION withdraw_advice, reverse_entry, reversal_of, post_bank_lines TO wallet_service;
GRANT EXECUTE ON FUNCTION reversal_of TO wallet_reader;
"""


def upgrade() -> None:
    """Make it so."""
    execute(RECEIVABLES)
    for name in ("take_back", "withdraw_advice", "reverse_entry", "post_bank_line", "post_bank_lines"):
        execute(read_sql(name))
    execute(OFFERED)
