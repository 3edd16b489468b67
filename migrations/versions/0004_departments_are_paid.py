"""Departments have services, and debits pay them: at once, or held and then captured.

A debit's money columns tell its whole life: captured + released = amount once it is no longer held. A debit is locked
by its book's row; nothing else is.
"""

from wallet_service.migrating import execute

revision = "0004"
down_revision = "0003"

DEPARTMENTS = """
CREATE TABLE departments (
  code text PRIMARY KEY CHECK (code ~ '^[A-Z]{3}$'),
  name text NOT NULL,
  name_bn text NOT NULL
);
CREATE TABLE services (
  department text NOT NULL REFERENCES departments (code),
  code text NOT NULL CHECK (code ~ '^[0-9]{3}$'),
  name text NOT NULL,
  name_bn text NOT NULL,
  once_per text CHECK (once_per IN ('ticket', 'application')),
  account integer NOT NULL UNIQUE REFERENCES accounts (id),
  PRIMARY KEY (department, code)
);
GRANT INSERT, UPDATE (name, name_bn) ON departments TO wallet_service;
GRANT INSERT, UPDATE (name, name_bn, once_per) ON services TO wallet_service;
"""

DEBITS = """
CREATE TYPE debit_state AS ENUM ('held', 'captured', 'voided', 'expired');
CREATE TABLE debits (
  amount_paise amount NOT NULL,
  captured_paise paise NOT NULL DEFAULT 0,
  released_paise paise NOT NULL DEFAULT 0,
  refunded_paise paise NOT NULL DEFAULT 0,
  placed_at timestamptz NOT NULL,
  expires_at timestamptz,
  closed_at timestamptz,
  book integer NOT NULL,
  number integer NOT NULL,
  entry_number integer,
  client integer NOT NULL,
  business_day date NOT NULL,
  state debit_state NOT NULL,
  late boolean NOT NULL DEFAULT false,
  department text NOT NULL,
  service text NOT NULL,
  service_ticket_no text NOT NULL,
  application_no text,
  consumer_no text,
  narration text,
  PRIMARY KEY (book, number),
  CONSTRAINT a_hold_is_taken_or_given_back CHECK (
    captured_paise + released_paise = CASE state WHEN 'held' THEN 0 ELSE amount_paise END),
  CONSTRAINT refunds_stay_within_the_capture CHECK (refunded_paise <= captured_paise),
  CONSTRAINT only_what_is_captured_has_an_entry CHECK ((state = 'captured') = (entry_number IS NOT NULL))
);
-- A ticket is looked up whole; its hash is half the size.
CREATE INDEX debits_by_ticket ON debits USING hash (service_ticket_no);
CREATE INDEX debits_by_application ON debits (application_no) WHERE application_no IS NOT NULL;
-- Numbers rise within a book and a day: a page of a period's debits sorts a few rows.
CREATE INDEX debits_by_day ON debits (business_day, book);
CREATE INDEX debits_held ON debits (expires_at) WHERE state = 'held';

CREATE TABLE refunds (
  book integer NOT NULL,
  entry_number bigint NOT NULL,
  debit_number bigint NOT NULL,
  amount_paise amount NOT NULL,
  cause text NOT NULL CHECK (cause IN ('failed', 'paid')),
  reason text NOT NULL,
  refunded_at timestamptz NOT NULL,
  PRIMARY KEY (book, entry_number)
);
CREATE INDEX refunds_by_debit ON refunds (book, debit_number);
CALL make_append_only('refunds');
"""


def upgrade() -> None:
    """Make it so."""
    execute(DEPARTMENTS)
    execute(DEBITS)
