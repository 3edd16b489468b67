"""A department asks what was paid, and answers for it; what it allows off a demand is posted by itself.

An unknown payment is a row beside its debit, so that no payment pays for it: it is open until the department has
answered and the debit stands as it should, or its money was given back. The verbs that change a debit settle it.

A service with a rebate is marked, so that the path of every other payment asks no more than it did. What a debit's row
counts as refunded is all that went back to the wallet, the rebate too: captured less that is what the wallet paid.
"""

from wallet_service.migrating import execute, read_sql

revision = "0022"
down_revision = "0021"

ANSWER_DAYS = """
ALTER TABLE services ADD COLUMN answer_days smallint NOT NULL DEFAULT 5
  CONSTRAINT an_answer_takes_days CHECK (answer_days BETWEEN 0 AND 60);
COMMENT ON COLUMN services.answer_days IS
  'calendar days after that of the debit by which the department answers: its turn-around time';
GRANT UPDATE (answer_days) ON services TO wallet_service;
"""

UNKNOWN = """
CREATE TYPE department_answer AS ENUM ('paid', 'not-paid');
CREATE TABLE unknown_payments (
  since timestamptz NOT NULL,
  answered_at timestamptz,
  resolved_at timestamptz,
  book integer NOT NULL,
  number integer NOT NULL,
  answer_due date NOT NULL,
  answer department_answer,
  answered_by text CHECK (length(answered_by) BETWEEN 1 AND 100),
  PRIMARY KEY (book, number),
  CONSTRAINT an_answer_has_its_author CHECK (num_nulls(answer, answered_at, answered_by) IN (0, 3))
);
COMMENT ON COLUMN unknown_payments.answer IS 'the latest; the audit keeps each';
COMMENT ON COLUMN unknown_payments.resolved_at IS 'NULL: open; it is opened again when debit and answer part once more';
CREATE INDEX unknown_payments_open ON unknown_payments (since) WHERE resolved_at IS NULL;
"""

CERTIFICATES = """
CREATE TABLE certificates (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  noted_at timestamptz NOT NULL DEFAULT instant(),
  book integer NOT NULL,
  number integer NOT NULL,
  certificate_no text NOT NULL CHECK (certificate_no ~ '^[A-Z]{3}[0-9]{3}20[0-9]{8}$'),
  noted_by text NOT NULL
);
COMMENT ON TABLE certificates IS 'of a debit the latest counts; of those that count, no two have one number';
CREATE INDEX certificates_of_debit ON certificates (book, number, id);
CREATE INDEX certificates_by_number ON certificates (certificate_no);
CALL make_append_only('certificates');
GRANT INSERT (book, number, certificate_no, noted_by) ON certificates TO wallet_service;
"""
REBATES = """
ALTER TABLE services ADD COLUMN has_rebate boolean CONSTRAINT a_service_has_a_rebate_or_null CHECK (has_rebate);
COMMENT ON COLUMN services.has_rebate IS 'true where there is or was a row in service_rebates, else NULL';
CREATE TABLE service_rebates (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  department text NOT NULL,
  service text NOT NULL,
  first_day date NOT NULL,
  last_day date CONSTRAINT a_rebate_ends_no_sooner_than_before_it_begins CHECK (last_day >= first_day - 1),
  basis_points integer CHECK (basis_points BETWEEN 1 AND 9999),
  amount_paise amount,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT instant(),
  CONSTRAINT a_rebate_is_a_share_or_a_sum CHECK (num_nonnulls(basis_points, amount_paise) = 1),
  FOREIGN KEY (department, service) REFERENCES services (department, code)
);
CREATE INDEX service_rebates_by_service ON service_rebates (department, service);
COMMENT ON TABLE service_rebates IS 'set by the database''s owner; of one service no two hold on one day';
CREATE TABLE rebates (
  amount_paise amount NOT NULL,
  book integer NOT NULL,
  number integer NOT NULL,
  entry_number integer NOT NULL,
  CONSTRAINT a_debit_has_one_rebate PRIMARY KEY (book, number)
);
CREATE UNIQUE INDEX rebates_by_entry ON rebates (book, entry_number);
CALL make_append_only('rebates');
COMMENT ON COLUMN debits.refunded_paise IS 'what went back to the wallet: the rebate, and the refunds';
"""
OFFERED = "GRANT EXECUTE ON FUNCTION mark_unknown, answer_unknown, department_days TO wallet_service"


def upgrade() -> None:
    """Make it so."""
    for statements in (
        ANSWER_DAYS,
        UNKNOWN,
        CERTIFICATES,
        read_sql("unknown"),
        REBATES,
        read_sql("rebate"),
        read_sql("department_days"),
        OFFERED,
    ):
        execute(statements)
