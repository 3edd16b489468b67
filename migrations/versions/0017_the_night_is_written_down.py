"""What the night of a business day did is written down: each step with its times and figures, and what the laws found.

A step that is ended is not done again, so a night that was killed goes on where it was.
"""

from wallet_service.migrating import execute

revision = "0017"
down_revision = "0016"

NIGHT = """
CREATE TABLE night_steps (
  day date NOT NULL,
  step text NOT NULL CHECK (step IN ('lapsed-holds', 'waiting-files', 'matching', 'breaks', 'books', 'sums', 'laws',
    'close', 'statement')),
  began_at timestamptz NOT NULL DEFAULT instant(),
  ended_at timestamptz,
  by_whom text NOT NULL,
  figures jsonb NOT NULL DEFAULT '[]',
  failure text,
  PRIMARY KEY (day, step),
  CONSTRAINT a_step_that_failed_is_not_ended CHECK (failure IS NULL OR ended_at IS NULL)
);
COMMENT ON COLUMN night_steps.figures IS 'of the run that ended it: what, count, and maybe paise and age_days';
CREATE INDEX night_steps_not_ended ON night_steps (day) WHERE ended_at IS NULL;
CREATE TABLE night_laws (
  day date NOT NULL,
  law integer NOT NULL,
  faults bigint NOT NULL CHECK (faults >= 0),
  rows jsonb NOT NULL,
  tested_at timestamptz NOT NULL DEFAULT instant(),
  PRIMARY KEY (day, law)
);
COMMENT ON TABLE night_laws IS 'what the last test of each law found before a day closed; rows name the first at fault';
GRANT INSERT (day, step, by_whom),
  UPDATE (began_at, ended_at, by_whom, figures, failure) ON night_steps TO wallet_service;
GRANT INSERT (day, law, faults, rows), UPDATE (faults, rows, tested_at) ON night_laws TO wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(NIGHT)
