"""A job is a row, written in the transaction that made it; the queue is only a doorbell."""

from wallet_service.migrating import execute

revision = "0008"
down_revision = "0007"

OUTBOX = """
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job text NOT NULL,
  subject text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz,
  done_at timestamptz,
  tries integer NOT NULL DEFAULT 0,
  worked_by text,
  failed_at timestamptz,
  failure text
);
COMMENT ON COLUMN outbox.worked_by IS 'the message that a worker took it up by; other copies of it are passed over';
CREATE INDEX outbox_open ON outbox (id) WHERE done_at IS NULL AND failed_at IS NULL;
GRANT INSERT (job, subject) ON outbox TO wallet_service;
GRANT UPDATE (sent_at, done_at, tries, worked_by, failed_at, failure) ON outbox TO wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(OUTBOX)
