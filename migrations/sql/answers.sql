-- What the posting functions answer, and how a key remembers it.

CREATE TYPE debit_answer AS (
  replayed boolean, outcome text, current_paise bigint, held_paise bigint, facts jsonb, debit debits
);
-- What a request to pay or hold is answered: of the debit, what the request does not tell.
CREATE TYPE placed_answer AS (
  replayed boolean, outcome text, current_paise bigint, held_paise bigint, facts jsonb, number integer, entry_number integer,
  placed_at timestamptz, business_day date
);
CREATE TYPE refund_answer AS (
  replayed boolean, outcome text, current_paise bigint, held_paise bigint, facts jsonb, refund refunds, business_day date
);
CREATE TYPE credit_answer AS (
  replayed boolean, outcome text, current_paise bigint, held_paise bigint, facts jsonb, credit credits
);

-- Locks a key until the transaction ends and returns its row, all NULL where nothing was recorded yet. The lock is on the
-- key's hash, because the row comes last, with the whole answer. The look-up is a statement of its own: it sees what
-- was committed while the lock was waited for.
CREATE FUNCTION lock_key(p_client integer, p_key bytea) RETURNS keys
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE k keys;
BEGIN
  PERFORM pg_advisory_xact_lock(hashbyteaextended(p_key, p_client));
  SELECT * INTO k FROM keys WHERE client = p_client AND key = p_key;
  RETURN k;
END $$;

CREATE FUNCTION lock_key(p_client integer, p_key text) RETURNS keys
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$ SELECT lock_key(p_client, key_bytes(p_key)) $$;

-- Returns why a recorded key cannot be told again to a request with this hash; NULL where it can.
CREATE FUNCTION key_refusal(k keys, p_hash bytea) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN k.outcome = 'abandoned' THEN 'key-abandoned' WHEN k.request_hash <> substr(p_hash, 1, 16) THEN 'key-reused' END
$$;

-- Records a refusal by a rule of the books: it is the answer of its key for good, so that a straggling duplicate never
-- pays after a top-up.
CREATE FUNCTION record_refusal(p_client integer, p_key bytea, p_hash bytea, p_outcome text, p_facts jsonb) RETURNS jsonb
LANGUAGE sql AS $$
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, facts)
  VALUES (instant(), p_client, p_key, p_outcome, substr(p_hash, 1, 16), p_facts) RETURNING facts
$$;

CREATE FUNCTION record_refusal(p_client integer, p_key text, p_hash bytea, p_outcome text, p_facts jsonb) RETURNS jsonb
LANGUAGE sql AS $$ SELECT record_refusal(p_client, key_bytes(p_key), p_hash, p_outcome, p_facts) $$;

CREATE FUNCTION record_posting(
  p_client integer, p_key text, p_hash bytea, p_outcome text, p_book books, p_number bigint, p_facts jsonb
) RETURNS void LANGUAGE sql AS $$
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number, current_paise, held_paise, facts)
  VALUES (instant(), p_client, key_bytes(p_key), p_outcome, substr(p_hash, 1, 16), p_book.id, p_number,
          CASE WHEN p_outcome NOT IN ('captured', 'refunded') THEN p_book.current_paise END,
          nullif(p_book.held_paise, 0), p_facts)
$$;

-- Returns the debit answer that a key remembers: the balances after, and the debit's row.
CREATE FUNCTION debit_told_again(k keys, p_hash bytea) RETURNS debit_answer
LANGUAGE plpgsql AS $$
DECLARE a debit_answer; d debits;
BEGIN
  a.outcome := key_refusal(k, p_hash);
  IF a.outcome IS NOT NULL THEN
    a.replayed := false;
    RETURN a;
  END IF;
  IF k.outcome IN ('held', 'captured', 'voided') THEN
    SELECT * INTO d FROM debits WHERE book = k.book AND number = k.number;
    a.debit := d;
  END IF;
  a.replayed := true;
  a.outcome := k.outcome;
  a.current_paise := coalesce(k.current_paise, balance_after(k.book, d.entry_number));
  a.held_paise := CASE WHEN k.book IS NOT NULL THEN coalesce(k.held_paise, 0) END;
  a.facts := k.facts;
  RETURN a;
END $$;

-- Returns of a debit's whole answer what its request does not tell.
CREATE FUNCTION placed(a debit_answer) RETURNS placed_answer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (a.replayed, a.outcome, a.current_paise, a.held_paise, a.facts, (a.debit).number, (a.debit).entry_number,
          (a.debit).placed_at, (a.debit).business_day)::placed_answer
$$;

-- Returns the balance that an entry left in its wallet.
CREATE FUNCTION balance_after(p_book integer, p_number integer) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT balance_paise FROM entries WHERE book = p_book AND number = p_number
$$;

CREATE FUNCTION entry_id(p_book integer, p_number bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT b.code || '-' || lpad(p_number::text, greatest(6, length(p_number::text)), '0') FROM books b WHERE b.id = p_book
$$;
CREATE FUNCTION debit_id(p_code text, p_number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT p_code || '-D' || lpad(p_number::text, greatest(6, length(p_number::text)), '0') $$;
CREATE FUNCTION credit_id(p_code text, p_number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT p_code || '-C' || lpad(p_number::text, greatest(6, length(p_number::text)), '0') $$;
