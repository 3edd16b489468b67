"""A department's list is kept row by row, in versions, and compared with what was paid: a row ties one payment.

Nothing here moves money. A list is another version of the one of the same department, day and number: the old one
stays, and what it was found to be is told by its results, which are marked as replaced. What a row or a payment was
found to be stays too when a later fact settles it: when, and by which list, is written beside it.

Finance says which departments send lists, and how soon: one that does not come is missed.
"""

from importlib.resources import files

from alembic import op

from wallet_service.migrating import execute

revision = "0023"
down_revision = "0022"

LISTS = """
CREATE TABLE department_lists (
  file bigint PRIMARY KEY REFERENCES bank_files (id),
  department text NOT NULL REFERENCES departments (code),
  day date NOT NULL,
  name text NOT NULL,
  service text,
  first_day date NOT NULL,
  last_day date NOT NULL CHECK (last_day >= first_day),
  version integer CHECK (version > 0),
  replaces bigint UNIQUE REFERENCES department_lists (file),
  tied_at timestamptz,
  CONSTRAINT versions_of_a_list_are_numbered UNIQUE (department, day, name, version),
  CONSTRAINT only_a_released_list_is_compared CHECK (tied_at IS NULL OR version IS NOT NULL),
  CONSTRAINT only_a_later_version_replaces CHECK (replaces IS NULL OR version > 1)
);
COMMENT ON COLUMN department_lists.name IS 'the number, date and bank of a scroll; empty: the one list of its day';
COMMENT ON COLUMN department_lists.service IS 'the one service that it is of; NULL: all of the department''s';
COMMENT ON COLUMN department_lists.version IS 'given when it is released; NULL: it does not count yet';
CREATE INDEX department_lists_untied ON department_lists (department, file) WHERE tied_at IS NULL;

CREATE INDEX department_lists_unfinished ON department_lists (file)
  WHERE last_day >= (tied_at AT TIME ZONE 'Asia/Kolkata')::date;

CREATE TABLE department_rows (
  file bigint NOT NULL REFERENCES department_lists (file),
  n integer NOT NULL,
  row_number integer NOT NULL,
  service text NOT NULL,
  ticket text,
  application text,
  receipt text,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  day date NOT NULL,
  is_paid boolean NOT NULL,
  PRIMARY KEY (file, n)
);
COMMENT ON COLUMN department_rows.is_paid IS 'false: the department says that it did not take the payment';
CALL make_append_only('department_rows');
GRANT INSERT ON department_rows TO wallet_service;
GRANT INSERT (file, department, day, name, service, first_day, last_day), UPDATE (version, replaces, tied_at)
  ON department_lists TO wallet_service;
"""

TERMS = """
CREATE TABLE list_terms (
  department text PRIMARY KEY REFERENCES departments (code),
  bank_days integer NOT NULL CHECK (bank_days BETWEEN 0 AND 30),
  first_day date NOT NULL,
  last_day date
);
COMMENT ON TABLE list_terms IS
  'bank working days from a day to the list of it; a department without a row need not send any';
COMMENT ON COLUMN list_terms.first_day IS 'the first business day of which a list is expected';
COMMENT ON COLUMN list_terms.last_day IS 'the last one; NULL: until further notice, before the first: none at all';
GRANT INSERT (department, bank_days, first_day), UPDATE (bank_days, first_day, last_day)
  ON list_terms TO wallet_service;
"""

RESULTS = """
CREATE TABLE tie_results (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  file bigint NOT NULL REFERENCES department_lists (file),
  n integer,
  account integer NOT NULL REFERENCES services (account),
  found text NOT NULL CHECK (found IN (
    'agreed', 'not-paid', 'ours-only', 'theirs-only', 'amount-differs', 'paid-twice-here', 'paid-twice-there',
    'failed-there', 'paid-there')),
  was text,
  book integer,
  number integer,
  beside_book integer,
  beside_number integer,
  our_paise bigint NOT NULL DEFAULT 0 CHECK (our_paise >= 0),
  their_paise bigint NOT NULL DEFAULT 0 CHECK (their_paise >= 0),
  our_day date,
  rule text NOT NULL,
  rule_version integer NOT NULL,
  words text NOT NULL,
  found_at timestamptz NOT NULL DEFAULT instant(),
  settled_at timestamptz,
  settled_by bigint REFERENCES department_lists (file),
  replaced_by bigint REFERENCES department_lists (file),
  CONSTRAINT a_row_has_one_result UNIQUE (file, n),
  CONSTRAINT a_result_is_of_a_row FOREIGN KEY (file, n) REFERENCES department_rows (file, n),
  CONSTRAINT a_result_is_of_a_row_or_a_payment CHECK (n IS NOT NULL OR number IS NOT NULL),
  CONSTRAINT a_debit_is_named_whole CHECK ((book IS NULL) = (number IS NULL))
);
COMMENT ON COLUMN tie_results.account IS 'of the service: of the row, and of the payment that it ties';
COMMENT ON COLUMN tie_results.was IS 'what it was found to be before a later fact made it what it is found to be now';
COMMENT ON COLUMN tie_results.our_paise IS 'what the department has of it by our books, when it was found';
COMMENT ON COLUMN tie_results.settled_by IS 'the list by which it was settled; NULL with settled_at: our books did it';
CREATE UNIQUE INDEX a_payment_ties_one_row ON tie_results (book, number) WHERE n IS NOT NULL AND replaced_by IS NULL;
CREATE UNIQUE INDEX a_payment_is_missed_once ON tie_results (book, number) WHERE n IS NULL AND replaced_by IS NULL;
CREATE INDEX tie_results_of_payment ON tie_results (book, number);
CREATE INDEX tie_results_open ON tie_results (file, found)
  WHERE found NOT IN ('agreed', 'not-paid') AND settled_at IS NULL AND replaced_by IS NULL;
CREATE INDEX tie_results_open_by_day ON tie_results (account, our_day)
  WHERE found NOT IN ('agreed', 'not-paid') AND settled_at IS NULL AND replaced_by IS NULL;
CREATE INDEX tie_results_not_paid ON tie_results (id)
  WHERE found = 'not-paid' AND n IS NOT NULL AND number IS NOT NULL AND replaced_by IS NULL;
CREATE INDEX tie_results_settled_by ON tie_results (settled_by) WHERE settled_by IS NOT NULL;
CREATE INDEX tie_results_of_file ON tie_results (file, id);
GRANT INSERT (file, n, account, found, book, number, beside_book, beside_number, our_paise, their_paise, our_day, rule,
    rule_version, words),
  UPDATE (found, was, book, number, beside_book, beside_number, our_paise, our_day, rule, rule_version, words,
    settled_at, settled_by, replaced_by)
  ON tie_results TO wallet_service;
"""

OPEN = """
CREATE VIEW open_ties AS
SELECT t.id, t.file, l.department, t.account, t.found, t.book, t.number, t.our_day, r.row_number,
  coalesce(r.day, t.our_day) AS since, t.words,
  CASE WHEN t.found IN ('theirs-only', 'paid-twice-there', 'paid-there') THEN r.amount_paise
    WHEN t.found = 'amount-differs' THEN abs(d.captured_paise - d.refunded_paise - r.amount_paise)
    ELSE d.captured_paise - d.refunded_paise END AS amount_paise,
  CASE WHEN t.found IN ('theirs-only', 'paid-twice-there', 'paid-there') THEN 0
    WHEN t.found = 'amount-differs' THEN greatest(0, d.captured_paise - d.refunded_paise - r.amount_paise)
    ELSE d.captured_paise - d.refunded_paise END AS contested_paise
FROM tie_results t JOIN department_lists l ON l.file = t.file
LEFT JOIN department_rows r ON r.file = t.file AND r.n = t.n
LEFT JOIN debits d ON d.book = t.book AND d.number = t.number
WHERE t.found NOT IN ('agreed', 'not-paid') AND t.settled_at IS NULL AND t.replaced_by IS NULL
  AND CASE WHEN d.number IS NULL THEN true
    WHEN t.found = 'paid-there' THEN d.captured_paise <> r.amount_paise OR EXISTS (
      SELECT FROM refunds f WHERE f.book = d.book AND f.debit_number = d.number)
    WHEN t.found = 'amount-differs' THEN d.captured_paise - d.refunded_paise <> r.amount_paise
    ELSE d.captured_paise > d.refunded_paise END;
COMMENT ON VIEW open_ties IS 'what departments'' lists tell otherwise than our books, as both stand now';
COMMENT ON COLUMN open_ties.amount_paise IS 'by how much they differ';
COMMENT ON COLUMN open_ties.contested_paise IS
  'what our books owe the department for it, and its list does not say that it was paid';
"""

# A profile that came with the service and was never changed here is what the service brings now.
NEWER = """
INSERT INTO profiles (name, version, declaration, by_whom)
SELECT p.name, p.version + 1, %(text)s, p.by_whom FROM profiles p
WHERE p.name = %(name)s AND p.version = (SELECT max(version) FROM profiles WHERE name = %(name)s)
  AND p.by_whom = 'comes with the service' AND p.declaration <> %(text)s
"""


def upgrade() -> None:
    """Make it so."""
    execute(LISTS)
    execute(TERMS)
    execute(RESULTS)
    execute(OPEN)
    folder = files("wallet_service").joinpath("data", "profiles")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        told = {"name": file.name.removesuffix(".toml"), "text": file.read_text(encoding="utf-8")}
        op.get_bind().exec_driver_sql(NEWER, told)
