"""Bank files are kept as they came; each line is a place in its account's chain of balances and is posted once."""

from wallet_service.migrating import execute

revision = "0009"
down_revision = "0008"

FILES = """
CREATE TABLE bank_accounts (
  account integer PRIMARY KEY REFERENCES accounts (id),
  name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9]+(:[a-z0-9-]+)*$'),
  number text UNIQUE CHECK (number ~ '^[0-9]{9,17}$'),
  bound_by text,
  begins_on date,
  opening_entry bigint
);
INSERT INTO bank_accounts (account, name) SELECT id, 'sbi:pool' FROM accounts WHERE code = 'bank:sbi:pool';
COMMENT ON COLUMN bank_accounts.begins_on IS
  'the first day that its statements must tell; NULL: that of the first file';
GRANT INSERT (account, name, number, begins_on, bound_by), UPDATE (number, begins_on, bound_by) ON bank_accounts
  TO wallet_service;

CREATE TYPE file_state AS ENUM ('received', 'read', 'waiting', 'released', 'rejected');
CREATE TABLE bank_files (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state file_state NOT NULL,
  bank_account integer REFERENCES bank_accounts (account),
  account_number text,
  sha256 bytea NOT NULL UNIQUE,
  content_digest bytea,
  filename text NOT NULL,
  form text,
  received_by text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT instant(),
  period_first date,
  period_last date,
  opening_paise bigint,
  closing_paise bigint,
  lines_read integer NOT NULL DEFAULT 0,
  line_count integer NOT NULL DEFAULT 0,
  joins text CHECK (joins IN ('first file', 'continues', 'overlaps', 'already known', 'waits', 'conflict')),
  new_line_count integer NOT NULL DEFAULT 0,
  known_line_count integer NOT NULL DEFAULT 0,
  inflow_paise bigint NOT NULL DEFAULT 0,
  inflow_count integer NOT NULL DEFAULT 0,
  outflow_paise bigint NOT NULL DEFAULT 0,
  outflow_count integer NOT NULL DEFAULT 0,
  reason text,
  release_by text,
  release_at timestamptz,
  decided_by text,
  decided_at timestamptz,
  posted_at timestamptz,
  CONSTRAINT who_receives_asks_for_no_release CHECK (lower(release_by) <> lower(received_by)),
  CONSTRAINT who_receives_does_not_release CHECK (state <> 'released' OR lower(decided_by) <> lower(received_by))
);
CREATE INDEX bank_files_of_account ON bank_files (bank_account, state);
COMMENT ON COLUMN bank_files.release_by IS 'who released a large file that a job will release';
CREATE INDEX bank_files_asked ON bank_files (release_at) WHERE state = 'read' AND release_by IS NOT NULL;
CREATE INDEX bank_files_unread ON bank_files (received_at) WHERE state = 'received';

CREATE TABLE bank_file_contents (
  file bigint PRIMARY KEY REFERENCES bank_files (id),
  content bytea NOT NULL
);
CREATE TABLE bank_file_rejects (
  file bigint NOT NULL REFERENCES bank_files (id),
  row_number integer NOT NULL,
  reason text NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (file, row_number, reason)
);

CREATE TYPE direction AS ENUM ('inflow', 'outflow');
CREATE TABLE bank_lines (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bank_account integer NOT NULL REFERENCES bank_accounts (account),
  file bigint NOT NULL REFERENCES bank_files (id),
  row_number integer NOT NULL,
  booked_on date NOT NULL,
  value_date date NOT NULL,
  direction direction NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  balance_before_paise bigint NOT NULL,
  balance_after_paise bigint NOT NULL,
  occurrence integer NOT NULL,
  description text NOT NULL,
  reference text NOT NULL,
  branch text,
  strong_references text[] NOT NULL,
  deposit_number text,
  kind text,
  is_reversal boolean,
  tokens text,
  own_number text,
  CONSTRAINT a_line_has_one_place UNIQUE (
    bank_account, booked_on, balance_before_paise, direction, amount_paise, occurrence),
  CONSTRAINT a_line_follows_from_the_balance_before CHECK (
    balance_after_paise = balance_before_paise + CASE direction WHEN 'inflow' THEN amount_paise ELSE -amount_paise END)
);
COMMENT ON COLUMN bank_lines.kind IS 'with is_reversal, tokens and own_number: what its words tell; NULL: not read yet';
COMMENT ON COLUMN bank_lines.deposit_number IS
  'the digits of a cash deposit machine and its sequence, and the day on which the line is booked';
-- What else the bank shows under a number: found by its value, kept up to date at once: no batch walks a list
-- of new ones.
CREATE INDEX bank_lines_by_number ON bank_lines USING gin (array_append(strong_references, deposit_number))
  WITH (fastupdate = off);
CREATE INDEX bank_lines_of_file ON bank_lines (file, row_number);
CREATE INDEX bank_lines_by_day ON bank_lines (bank_account, booked_on, id);

CREATE TABLE bank_line_postings (
  line bigint PRIMARY KEY REFERENCES bank_lines (id),
  disposition text NOT NULL,
  rule text NOT NULL,
  rule_version integer NOT NULL,
  candidates jsonb NOT NULL,
  reason text NOT NULL,
  book integer NOT NULL,
  entry_number bigint NOT NULL,
  posted_at timestamptz NOT NULL
);
CREATE INDEX bank_lines_naming ON bank_line_postings (book) WHERE disposition = 'wallet';
COMMENT ON TABLE bank_line_postings IS 'what was done with each line, by which rule, having seen which candidates';

CREATE TABLE suspense_items (
  line bigint PRIMARY KEY REFERENCES bank_lines (id),
  account integer NOT NULL REFERENCES accounts (id),
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  cleared_paise bigint NOT NULL DEFAULT 0
    CONSTRAINT cleared_at_most_once CHECK (cleared_paise BETWEEN 0 AND amount_paise),
  reason text NOT NULL
);
CREATE INDEX suspense_open ON suspense_items (account, line) WHERE cleared_paise < amount_paise;
CREATE TABLE suspense_clearings (
  line bigint NOT NULL REFERENCES suspense_items (line),
  book integer NOT NULL,
  entry_number bigint NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  PRIMARY KEY (book, entry_number, line)
);
CREATE INDEX suspense_clearings_of_line ON suspense_clearings (line);

CREATE TABLE shared_lines (
  line bigint PRIMARY KEY REFERENCES bank_line_postings (line),
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  tied_paise bigint NOT NULL DEFAULT 0
    CONSTRAINT each_paisa_of_a_line_is_tied_once CHECK (tied_paise BETWEEN 0 AND amount_paise)
);
COMMENT ON TABLE shared_lines IS
  'lines that pay several advised credits together, each of which is a share of its line';
CREATE TABLE undone_lines (
  line bigint PRIMARY KEY REFERENCES bank_line_postings (line),
  by_line bigint NOT NULL REFERENCES bank_line_postings (line),
  CONSTRAINT a_line_undoes_one UNIQUE (by_line),
  CONSTRAINT a_line_does_not_undo_itself CHECK (line <> by_line)
);
COMMENT ON TABLE undone_lines IS 'lines that the bank took or gave back by another line, once each';

CREATE TABLE reconciliations (
  day date NOT NULL,
  version integer NOT NULL,
  state text NOT NULL CHECK (state IN ('provisional', 'final')),
  statement jsonb NOT NULL,
  made_by text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (day, version)
);

CALL make_append_only('bank_lines');
CALL make_append_only('bank_file_contents');
CALL make_append_only('bank_file_rejects');
CALL make_append_only('bank_line_postings');
CALL make_append_only('suspense_clearings');
CALL make_append_only('undone_lines');
CALL make_append_only('reconciliations');
GRANT INSERT ON bank_files TO wallet_service;
GRANT UPDATE (
  state, bank_account, account_number, content_digest, filename, received_by, form, period_first, period_last,
  opening_paise, closing_paise, lines_read, line_count, joins, new_line_count, known_line_count, inflow_paise,
  inflow_count, outflow_paise, outflow_count, reason, release_by, release_at, decided_by, decided_at, posted_at
) ON bank_files TO wallet_service;
GRANT INSERT ON bank_file_contents, bank_file_rejects, bank_lines, reconciliations TO wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(FILES)
