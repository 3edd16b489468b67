"""The same request twice is one entry: a key has one answer, a refusal included, for good."""

from wallet_service.migrating import execute

revision = "0003"
down_revision = "0002"

ENCODING = """
-- A key as it is stored. Most keys are UUIDs, or begin with one (an item of a batch): 36 characters become 17 bytes, of
-- which the first, 0, is in no key. Every key has bytes of its own.
-- Immutable to the letter and not declared strict, so that it is inlined where it is called.
CREATE FUNCTION key_bytes(p_key text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p_key ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
    THEN '\\x00'::bytea || uuid_send(left(p_key, 36)::uuid)
      || decode(replace(substr(p_key, 37), '\\', '\\\\'), 'escape')
    ELSE decode(replace(p_key, '\\', '\\\\'), 'escape') END
$$;
CREATE FUNCTION key_text(p_key bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE get_byte(p_key, 0) WHEN 0
    THEN encode(substr(p_key, 2, 16), 'hex')::uuid || convert_from(substr(p_key, 18), 'UTF8')
    ELSE convert_from(p_key, 'UTF8') END
$$;
GRANT EXECUTE ON FUNCTION key_bytes, key_text TO wallet_service, wallet_reader;
"""

KEYS = """
CREATE DOMAIN stored_key AS bytea CONSTRAINT key_has_one_to_140_bytes CHECK (length(VALUE) BETWEEN 1 AND 140);
CREATE DOMAIN short_hash AS bytea CONSTRAINT hash_has_sixteen_bytes_at_most CHECK (length(VALUE) <= 16);
CREATE TABLE keys (
  recorded_at timestamptz NOT NULL,
  current_paise bigint,
  held_paise amount,
  client integer NOT NULL,
  book integer,
  number integer,
  key stored_key NOT NULL,
  outcome text NOT NULL,
  request_hash short_hash NOT NULL,
  facts jsonb,
  CONSTRAINT a_key_has_one_answer PRIMARY KEY (client, key)
);
COMMENT ON COLUMN keys.outcome IS
  'held, captured, voided, refunded, credited (with book and number), abandoned, answered, or a refusal''s name';
COMMENT ON COLUMN keys.key IS 'key_bytes of the text; key_text gives it back';
COMMENT ON COLUMN keys.request_hash IS 'the first 16 bytes of the SHA-256 of a request: enough to tell two requests of
one client under one key apart; a collision takes 2^64 trials and deceives only the client that made it';
COMMENT ON COLUMN keys.current_paise IS 'the balance after; NULL where the entry of a payment or refund tells it';
COMMENT ON COLUMN keys.held_paise IS 'what was held after; NULL is nothing';
CALL make_append_only('keys');
"""


def upgrade() -> None:
    """Make it so."""
    execute(ENCODING)
    execute(KEYS)
