-- Spends a key by which nothing was posted, so that no straggler can pay with it; otherwise tells what was posted.
CREATE FUNCTION abandon(p_client integer, p_key text) RETURNS debit_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE k keys; a debit_answer;
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NULL THEN
    PERFORM record_refusal(p_client, p_key, '', 'abandoned', NULL);
    a.replayed := false;
    a.outcome := 'abandoned';
    RETURN a;
  END IF;
  IF k.outcome = 'abandoned' THEN
    a.replayed := true;
    a.outcome := 'abandoned';
    RETURN a;
  END IF;
  RETURN debit_told_again(k, k.request_hash);
END $$;
