-- Gives a hold back whole. Locks: the key, the wallet's book.
CREATE FUNCTION void(p_client integer, p_key text, p_hash bytea, p_wallet text, p_number bigint) RETURNS debit_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE k keys; b books; d debits; a debit_answer;
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NOT NULL THEN
    RETURN debit_told_again(k, p_hash);
  END IF;
  a.replayed := false;
  SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
  SELECT * INTO d FROM debits WHERE book = b.id AND number = p_number AND client = p_client;
  IF d.number IS NULL THEN
    a.outcome := 'debit-not-found';
    RETURN a;
  END IF;
  IF d.state <> 'held' THEN
    a.outcome := 'hold-closed';
    a.facts := jsonb_build_object('debit', debit_id(p_wallet, p_number), 'state', d.state);
    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
    RETURN a;
  END IF;

  UPDATE books SET held_paise = held_paise - d.amount_paise WHERE id = b.id RETURNING * INTO b;
  UPDATE debits SET state = 'voided', released_paise = amount_paise, closed_at = instant()
  WHERE book = b.id AND number = p_number RETURNING * INTO d;
  PERFORM settle_unknown(b.id, p_number);
  a.outcome := 'voided';
  a.current_paise := b.current_paise;
  a.held_paise := b.held_paise;
  a.debit := d;
  PERFORM record_posting(p_client, p_key, p_hash, a.outcome, b, d.number, NULL);
  RETURN a;
END $$;
