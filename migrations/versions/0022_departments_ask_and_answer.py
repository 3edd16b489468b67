"""A department asks what was paid, and its answer is awaited where there was none; its certificate is kept beside.

An unknown payment is a row beside its debit, so that no payment pays for it: it is open until the department has
answered and the debit stands as it should, or its money was given back. The verbs that change a debit settle it.
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
  noted_at timestamptz NOT NULL DEFAULT instant(),
  book integer NOT NULL,
  number integer NOT NULL,
  certificate_no text NOT NULL CHECK (certificate_no ~ '^[A-Z]{3}[0-9]{3}20[0-9]{8}$'),
  noted_by text NOT NULL,
  CONSTRAINT a_debit_has_one_certificate PRIMARY KEY (book, number),
  CONSTRAINT a_certificate_is_of_one_debit UNIQUE (certificate_no)
);
CALL make_append_only('certificates');
GRANT INSERT (book, number, certificate_no, noted_by) ON certificates TO wallet_service;
"""
OFFERED = "GRANT EXECUTE ON FUNCTION mark_unknown, answer_unknown TO wallet_service"


def upgrade() -> None:
    """Make it so."""
    for statements in (ANSWER_DAYS, UNKNOWN, CERTIFICATES, read_sql("unknown"), OFFERED):
        execute(statements)
