"""Who took which part of the books away, when and to what purpose is told, and an export never changes.

What an export covers is kept, not its file: days that were closed when it was asked for take no more entries, and for
open days it holds the last number that each book had then.
"""

from wallet_service.migrating import execute

revision = "0015"
down_revision = "0014"

EXPORTS = """
CREATE TABLE exports (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  made_at timestamptz NOT NULL DEFAULT instant(),
  made_by text NOT NULL,
  client integer REFERENCES clients (id),
  report text NOT NULL,
  first_day date NOT NULL,
  last_day date NOT NULL,
  format text NOT NULL,
  filters jsonb NOT NULL,
  purpose text NOT NULL,
  closed_to date,
  books integer[] NOT NULL,
  numbers bigint[] NOT NULL,
  CONSTRAINT an_export_covers_a_year_at_most CHECK (last_day >= first_day AND last_day - first_day <= 366),
  CONSTRAINT each_book_has_its_last_number CHECK (cardinality(books) = cardinality(numbers))
);
COMMENT ON COLUMN exports.closed_to IS 'the last day that was closed then';
COMMENT ON COLUMN exports.numbers IS 'the last number of each of the books then; none where all days were closed';
CALL make_append_only('exports');
GRANT INSERT (made_by, client, report, first_day, last_day, format, filters, purpose, closed_to, books, numbers)
  ON exports TO wallet_service;

CREATE TABLE export_files (
  export bigint PRIMARY KEY REFERENCES exports (id),
  sent_at timestamptz NOT NULL DEFAULT instant(),
  rows bigint NOT NULL,
  bytes bigint NOT NULL,
  sha256 text NOT NULL
);
COMMENT ON TABLE export_files IS 'what was sent when an export was fetched whole for the first time';
CALL make_append_only('export_files');
GRANT INSERT (export, rows, bytes, sha256) ON export_files TO wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(EXPORTS)
