-- Keys of requests that move no money: the answer itself is kept. Both are called in the transaction that does the work.
CREATE FUNCTION recorded_answer(p_client integer, p_key text, p_hash bytea) RETURNS TABLE (outcome text, facts jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE k keys;
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NOT NULL THEN
    RETURN QUERY SELECT coalesce(key_refusal(k, p_hash), k.outcome), CASE WHEN key_refusal(k, p_hash) IS NULL THEN k.facts END;
  END IF;
END $$;

CREATE FUNCTION record_answer(p_client integer, p_key text, p_hash bytea, p_facts jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, facts)
  VALUES (instant(), p_client, key_bytes(p_key), 'answered', substr(p_hash, 1, 16), p_facts)
$$;
