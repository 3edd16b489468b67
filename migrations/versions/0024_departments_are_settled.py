"""Departments are settled: what is due for a closed day, its advice by two persons, and the payout that the bank shows.

A settlement is what a service collected on a business day less what went back; it is never negative: a shortfall is
carried over to the next days. Nobody changes it. An advice takes whole settlements of one department, each once; an
entry pays each of them, once.
"""

from wallet_service.migrating import execute, read_sql

revision = "0024"
down_revision = "0023"

SOURCE = "ALTER TYPE source_kind ADD VALUE 'settlement'"
SETTLEMENTS = """
CREATE TABLE settlement_days (
  day date PRIMARY KEY REFERENCES days (day),
  drawn_up_at timestamptz NOT NULL
);
COMMENT ON TABLE settlement_days IS 'closed days whose settlements are drawn up, from the first day on without gaps';

CREATE TABLE settlements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account integer NOT NULL REFERENCES services (account),
  day date NOT NULL REFERENCES settlement_days (day),
  payments integer NOT NULL,
  collected_paise paise NOT NULL,
  refunds integer NOT NULL,
  refunded_paise paise NOT NULL,
  rebated_paise paise NOT NULL,
  brought_paise paise NOT NULL,
  due_paise paise NOT NULL,
  carried_paise paise NOT NULL,
  CONSTRAINT a_service_is_settled_once_a_day UNIQUE (account, day),
  CONSTRAINT a_settlement_is_advised_whole UNIQUE (id, due_paise),
  CONSTRAINT a_settlement_adds_up CHECK (
    collected_paise - refunded_paise - rebated_paise - brought_paise = due_paise - carried_paise),
  CONSTRAINT a_shortfall_is_carried_over CHECK (due_paise = 0 OR carried_paise = 0)
);
COMMENT ON COLUMN settlements.brought_paise IS 'the shortfall that the day before left';
COMMENT ON COLUMN settlements.carried_paise IS 'the shortfall that the day leaves to the next';
CREATE INDEX settlements_by_day ON settlements (day, id);

CREATE TABLE settlement_terms (
  department text PRIMARY KEY REFERENCES departments (code),
  bank_days integer NOT NULL CHECK (bank_days BETWEEN 0 AND 30)
);
COMMENT ON TABLE settlement_terms IS 'bank working days from a day to its payout; 1 where a department has no row';
GRANT INSERT, UPDATE (bank_days) ON settlement_terms TO wallet_service;

CREATE TABLE settlement_series (
  financial_year text PRIMARY KEY CHECK (financial_year ~ '^[0-9]{4}$'),
  last integer NOT NULL CHECK (last > 0)
);
COMMENT ON TABLE settlement_series IS
  'the last number of each financial year''s advices: 2627 is April 2026 to March 2027';

CREATE TABLE settlement_advices (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  number text NOT NULL UNIQUE CHECK (number ~ '^SA[0-9]{10}$'),
  department text NOT NULL REFERENCES departments (code),
  amount_paise amount NOT NULL,
  approval bigint NOT NULL UNIQUE REFERENCES approvals (id),
  advised_at timestamptz NOT NULL,
  utr text,
  strong_utr text,
  line bigint REFERENCES bank_lines (id),
  paid_at timestamptz,
  called_off bigint UNIQUE REFERENCES approvals (id),
  returned bigint UNIQUE REFERENCES approvals (id),
  CONSTRAINT what_is_paid_has_its_line CHECK ((line IS NULL) = (paid_at IS NULL)),
  CONSTRAINT what_is_paid_is_not_called_off CHECK (line IS NULL OR called_off IS NULL),
  CONSTRAINT what_comes_back_was_paid CHECK (returned IS NULL OR line IS NOT NULL)
);
COMMENT ON COLUMN settlement_advices.strong_utr IS 'the form in which two spellings of one reference agree';
CREATE INDEX settlement_advices_by_utr ON settlement_advices (strong_utr) WHERE strong_utr IS NOT NULL;
CREATE INDEX settlement_advices_of_department ON settlement_advices (department, id);
CREATE INDEX settlement_advices_of_line ON settlement_advices (line) WHERE line IS NOT NULL;

CREATE TABLE advised_settlements (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  advice bigint NOT NULL REFERENCES settlement_advices (id),
  settlement bigint NOT NULL,
  amount_paise amount NOT NULL,
  is_live boolean NOT NULL DEFAULT true,
  entry_number integer,
  returned_entry integer,
  CONSTRAINT what_is_advised_is_what_is_due FOREIGN KEY (settlement, amount_paise)
    REFERENCES settlements (id, due_paise),
  CONSTRAINT an_entry_pays_one_settlement UNIQUE (entry_number),
  CONSTRAINT an_entry_brings_one_settlement_back UNIQUE (returned_entry),
  CONSTRAINT what_is_called_off_is_not_paid CHECK (is_live OR (entry_number IS NULL) = (returned_entry IS NULL)),
  CONSTRAINT what_comes_back_is_due_again CHECK (returned_entry IS NULL OR NOT is_live)
);
COMMENT ON COLUMN advised_settlements.entry_number IS
  'of the house''s book: by which entry it was paid; NULL: not paid';
COMMENT ON COLUMN advised_settlements.returned_entry IS
  'of the house''s book: by which entry the payout came back; its settlement is due again';
CREATE UNIQUE INDEX a_settlement_is_advised_once ON advised_settlements (settlement) WHERE is_live;
CREATE INDEX advised_settlements_of_advice ON advised_settlements (advice);
CREATE INDEX advised_settlements_unpaid ON advised_settlements (settlement) WHERE is_live AND entry_number IS NULL;
CALL make_append_only('settlement_days');
CALL make_append_only('settlements');
"""
IN_TIE_OUT = """
CREATE VIEW settlements_in_tie_out AS
SELECT s.id AS settlement, s.account, least(s.due_paise, sum(t.contested_paise))::bigint AS paise
FROM open_ties t JOIN settlements s ON s.account = t.account AND s.day = t.our_day
WHERE t.contested_paise > 0 AND s.due_paise > 0
  AND NOT EXISTS (SELECT FROM advised_settlements i WHERE i.settlement = s.id AND i.is_live)
GROUP BY s.id;
COMMENT ON VIEW settlements_in_tie_out IS
  'of what is due and in no advice, what the department''s lists do not say that it was paid; no more than is due';
"""
A_STEP_MORE = """
ALTER TABLE night_steps DROP CONSTRAINT night_steps_step_check, ADD CONSTRAINT night_steps_step_check CHECK (
  step IN ('lapsed-holds', 'waiting-files', 'matching', 'breaks', 'books', 'sums', 'laws', 'settlements', 'close',
    'statement'));
"""
OFFERED = """
GRANT EXECUTE ON FUNCTION
  draw_up_settlements, collections_moved, payable_to_departments, settlements_differing, record_utr,
  room_for_advices
TO wallet_service;
GRANT EXECUTE ON FUNCTION collections_moved, payable_to_departments, settlements_differing TO wallet_reader;
"""


def upgrade() -> None:
    """Make it so."""
    execute(SOURCE)
    execute(SETTLEMENTS)
    execute(IN_TIE_OUT)
    execute(A_STEP_MORE)
    for name in ("draw_up_settlements", "advise_settlement", "pay_settlement"):
        execute(read_sql(name))
    execute(OFFERED)
