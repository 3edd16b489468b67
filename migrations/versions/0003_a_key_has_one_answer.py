"""The same request twice is one entry: a key has one answer, a refusal included, for good."""

from wallet_service.migrating import execute

revision = "0003"
down_revision = "0002"

KEYS = """
CREATE TABLE keys (
  recorded_at timestamptz NOT NULL,
  number bigint,
  current_paise bigint,
  held_paise bigint,
  client integer NOT NULL,
  book integer,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 140),
  outcome text NOT NULL,
  request_hash bytea NOT NULL,
  facts jsonb,
  CONSTRAINT a_key_has_one_answer PRIMARY KEY (client, key)
);
COMMENT ON COLUMN keys.outcome IS
  'held, captured, voided, refunded, credited (with book and number), abandoned, answered, or a refusal''s name';
CALL make_append_only('keys');
"""


def upgrade() -> None:
    """Make it so."""
    execute(KEYS)
