"""One deposit, one credit: a bank reference has one row, which takes one advice and one bank line.

An advice credits at once only within limits that are kept here; what is credited and not yet seen at the bank is
counted in the wallet's book and in all.
"""

from wallet_service.migrating import execute

revision = "0005"
down_revision = "0004"

CREDITS = """
CREATE TYPE credit_state AS ENUM ('credited', 'awaiting-bank', 'tied', 'withdrawn');
CREATE TYPE channel AS ENUM ('neft', 'rtgs', 'imps', 'upi', 'van', 'cash', 'cdm', 'cheque');
CREATE TABLE credits (
  number bigint NOT NULL,
  amount_paise bigint NOT NULL CHECK (amount_paise > 0),
  entry_number bigint,
  line bigint,
  advised_at timestamptz NOT NULL,
  book integer NOT NULL,
  client integer NOT NULL,
  business_day date NOT NULL,
  booked_on date NOT NULL,
  withdrawn_on date,
  share smallint NOT NULL DEFAULT 0 CHECK (share BETWEEN 0 AND 8),
  state credit_state NOT NULL,
  advised_as credit_state NOT NULL,
  channel channel NOT NULL,
  bank_reference text NOT NULL,
  strong_reference text,
  reason text,
  answered_reason text,
  PRIMARY KEY (book, number),
  CONSTRAINT a_credited_advice_has_its_entry CHECK (
    state = 'awaiting-bank' OR state = 'withdrawn' OR entry_number IS NOT NULL),
  CONSTRAINT a_tied_advice_has_its_line CHECK (CASE state
    WHEN 'tied' THEN line IS NOT NULL WHEN 'withdrawn' THEN true ELSE line IS NULL END)
);
COMMENT ON COLUMN credits.share IS 'which of several advices of its line, from 1; 0 where the line is of it alone';
COMMENT ON COLUMN credits.advised_as IS 'the state in which the advice was first answered';
COMMENT ON COLUMN credits.reason IS 'why an advice had to wait for the bank, or was withdrawn';
COMMENT ON COLUMN credits.answered_reason IS 'the reason with which the advice was first answered';
CREATE UNIQUE INDEX a_bank_line_ties_one_advice_a_share ON credits (line, share) WHERE line IS NOT NULL;
CREATE INDEX credits_by_reference ON credits (bank_reference);
CREATE INDEX credits_open ON credits (state, book, number) WHERE state IN ('credited', 'awaiting-bank');

CREATE TABLE bank_references (
  reference text PRIMARY KEY,
  credit_book integer,
  credit_number bigint,
  line bigint
);
COMMENT ON COLUMN bank_references.reference IS 'the strong form, in which two spellings of one reference agree';

CREATE TABLE limits (
  name text PRIMARY KEY,
  limit_paise bigint NOT NULL CHECK (limit_paise >= 0),
  used_paise bigint NOT NULL DEFAULT 0 CHECK (used_paise >= 0)
);
INSERT INTO limits (name, limit_paise) VALUES
  ('advice', 5000000), ('untied-per-wallet', 20000000), ('untied-in-all', 1000000000);
COMMENT ON COLUMN limits.used_paise IS 'counted for untied-in-all only';
"""

CALENDAR = """
CREATE TABLE bank_holidays (
  day date PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  name_bn text
);
INSERT INTO bank_holidays (day, name, name_bn)
SELECT make_date(year, month, day), name, name_bn
FROM generate_series(2025, 2030) AS year, (VALUES
  (1, 26, 'Republic Day', 'প্রজাতন্ত্র দিবস'),
  (4, 1, 'Closing of the banks'' accounts', 'ব্যাঙ্কের হিসাব সমাপ্তি'),
  (5, 1, 'May Day', 'মে দিবস'),
  (8, 15, 'Independence Day', 'স্বাধীনতা দিবস'),
  (10, 2, 'Gandhi Jayanti', 'গান্ধী জয়ন্তী'),
  (12, 25, 'Christmas', 'বড়দিন')) AS fixed (month, day, name, name_bn);
COMMENT ON TABLE bank_holidays IS 'holidays of West Bengal''s banks besides Sundays and second and fourth Saturdays';

-- Returns the bank working days from p_first to p_last: the one place that knows the rule (domain facts B, Time).
CREATE FUNCTION bank_days(p_first date, p_last date) RETURNS TABLE (day date)
LANGUAGE sql STABLE AS $$
  SELECT d::date FROM generate_series(p_first::timestamp, p_last::timestamp, interval '1 day') AS d
  WHERE extract(dow FROM d) <> 0 AND NOT (extract(dow FROM d) = 6 AND ceil(extract(day FROM d) / 7.0) IN (2, 4))
    AND NOT EXISTS (SELECT FROM bank_holidays h WHERE h.day = d::date)
$$;
CREATE FUNCTION is_bank_day(p_day date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM bank_days(p_day, p_day))
$$;
-- Returns the bank working day that lies p_count bank working days before p_day.
CREATE FUNCTION bank_days_before(p_day date, p_count integer) RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT day FROM bank_days(p_day - 60, p_day - 1) ORDER BY day DESC OFFSET p_count - 1 LIMIT 1
$$;
-- Returns how many bank working days there are after p_first, up to p_last.
CREATE FUNCTION bank_days_between(p_first date, p_last date) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT count(*)::integer FROM bank_days(p_first + 1, p_last)
$$;
GRANT EXECUTE ON FUNCTION bank_days, is_bank_day, bank_days_before, bank_days_between TO wallet_service, wallet_reader;
GRANT INSERT, DELETE ON bank_holidays TO wallet_service;
"""


def upgrade() -> None:
    """Make it so."""
    execute(CREDITS)
    execute(CALENDAR)
