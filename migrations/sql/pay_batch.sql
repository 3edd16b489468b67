-- Pays a batch of debits in one transaction, with an answer an item, in their order: the answers of `pay` one by one. An atomic batch
-- in which one is refused posts nothing: an item that alone would have passed is then 'not-posted', and only the batch's own
-- key remembers. Locks, in the order of all locks: every key, every demand that is paid once, every wallet's book.
CREATE FUNCTION pay_batch(p_client integer, p_key text, p_hash bytea, p_items jsonb, p_atomic boolean)
RETURNS SETOF debit_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  k keys; a debit_answer; i jsonb; v_answers debit_answer[] := '{}'; v_refused boolean := false;
BEGIN
  PERFORM lock_batch(p_client, p_key, p_items);
  SELECT * INTO k FROM keys WHERE client = p_client AND key = p_key;
  IF k.key IS NOT NULL THEN
    RETURN QUERY SELECT * FROM batch_told_again(k, p_hash);
    RETURN;
  END IF;

  BEGIN
    FOR i IN SELECT value FROM jsonb_array_elements(p_items) LOOP
      a := pay(p_client, i ->> 'key', decode(i ->> 'hash', 'hex'), i ->> 'wallet', i ->> 'department', i ->> 'service',
               (i ->> 'amount')::bigint, i ->> 'ticket', i ->> 'application', i ->> 'consumer', i ->> 'narration',
               (i ->> 'expires_in')::integer);
      v_refused := v_refused OR a.outcome NOT IN ('held', 'captured');
      v_answers := v_answers || a;
    END LOOP;
    IF p_atomic AND v_refused THEN
      RAISE EXCEPTION 'an item was refused' USING ERRCODE = 'WB001';
    END IF;
  EXCEPTION WHEN SQLSTATE 'WB001' THEN
    FOR n IN 1 .. cardinality(v_answers) LOOP
      IF (v_answers[n]).outcome IN ('held', 'captured') AND NOT (v_answers[n]).replayed THEN
        a := NULL;
        a.replayed := false;
        a.outcome := 'not-posted';
        v_answers[n] := a;
      END IF;
    END LOOP;
  END;
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, facts)
  SELECT instant(), p_client, p_key, 'batch', p_hash, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
    'key', item ->> 'key', 'outcome', (v_answers[n]).outcome,
    'facts', CASE WHEN (v_answers[n]).outcome NOT IN ('held', 'captured') THEN (v_answers[n]).facts END)) ORDER BY n)
  FROM jsonb_array_elements(p_items) WITH ORDINALITY AS x (item, n);
  RETURN QUERY SELECT * FROM unnest(v_answers);
END $$;

-- Takes every lock of a batch, so that two batches that share keys, demands or wallets queue instead of deadlocking.
CREATE FUNCTION lock_batch(p_client integer, p_key text, p_items jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT hashtextextended(each, p_client) AS h FROM (
      SELECT p_key AS each UNION SELECT value ->> 'key' FROM jsonb_array_elements(p_items)) keys ORDER BY h) locks;
  PERFORM pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT hashtextextended(concat_ws(':', s.department, s.code,
      CASE s.once_per WHEN 'ticket' THEN value ->> 'ticket' ELSE value ->> 'application' END), -1) AS h
    FROM jsonb_array_elements(p_items) JOIN services s
      ON s.department = value ->> 'department' AND s.code = value ->> 'service' AND s.once_per IS NOT NULL
    WHERE CASE s.once_per WHEN 'ticket' THEN value ->> 'ticket' ELSE value ->> 'application' END IS NOT NULL
    ORDER BY h) locks;
  PERFORM FROM (SELECT FROM books
    WHERE id <> 0 AND code IN (SELECT value ->> 'wallet' FROM jsonb_array_elements(p_items)) ORDER BY id FOR UPDATE) locked;
END $$;

-- Returns a batch's answers as they were given first.
CREATE FUNCTION batch_told_again(k keys, p_hash bytea) RETURNS SETOF debit_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a debit_answer; i jsonb; x keys;
BEGIN
  IF k.outcome <> 'batch' OR k.request_hash <> p_hash THEN
    a.replayed := false;
    a.outcome := CASE k.outcome WHEN 'abandoned' THEN 'key-abandoned' ELSE 'key-reused' END;
    a.facts := '{"batch": true}';
    RETURN NEXT a;
    RETURN;
  END IF;
  FOR i IN SELECT value FROM jsonb_array_elements(k.facts) LOOP
    IF i ->> 'outcome' IN ('held', 'captured') THEN
      SELECT * INTO x FROM keys WHERE client = k.client AND key = i ->> 'key';
      a := debit_told_again(x, x.request_hash);
    ELSE
      a := (true, i ->> 'outcome', NULL, NULL, i -> 'facts', NULL)::debit_answer;
    END IF;
    a.replayed := true;
    RETURN NEXT a;
  END LOOP;
END $$;
