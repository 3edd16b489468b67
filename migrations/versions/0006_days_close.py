"""Days close in order, and a closed day has snapshots: per account that moved its balance, per book its last number."""

from wallet_service.migrating import execute

revision = "0006"
down_revision = "0005"

DAYS = """
CREATE TABLE days (
  day date PRIMARY KEY,
  began_at timestamptz NOT NULL,
  began_by text,
  closed_at timestamptz
);
COMMENT ON COLUMN days.began_by IS 'who asked for the day to be closed first; NULL: the night itself, at its time';
CREATE UNIQUE INDEX one_day_closes_at_a_time ON days ((true)) WHERE closed_at IS NULL;
CREATE TABLE day_balances (
  account integer NOT NULL,
  day date NOT NULL REFERENCES days (day),
  balance_paise bigint NOT NULL,
  PRIMARY KEY (account, day)
);
COMMENT ON COLUMN day_balances.balance_paise IS 'at the end of the day, on the account''s normal side';
CREATE TABLE day_books (
  book integer NOT NULL,
  day date NOT NULL REFERENCES days (day),
  number bigint NOT NULL,
  PRIMARY KEY (book, day)
);
CREATE INDEX day_balances_by_day ON day_balances (day);
-- What a night looks at: the keys of its day, which stand together.
CREATE INDEX keys_by_time ON keys USING brin (recorded_at) WITH (pages_per_range = 32, autosummarize = on);
-- Open items of a day gone by: an advice that was withdrawn after it.
CREATE INDEX credits_withdrawn ON credits (withdrawn_on) WHERE withdrawn_on IS NOT NULL;
CALL make_append_only('day_balances');
CALL make_append_only('day_books');
"""


def upgrade() -> None:
    """Make it so."""
    execute(DAYS)
