-- Pays what several requests of one client ask at the same moment, in one transaction: each gets the answer that
-- `place_by_token` would give it alone, and none has anything to do with another. The token is proved as there; where it is
-- no longer good every answer is 'unauthenticated'. Locks: those of a batch. A lock that somebody else has for longer than
-- a moment ends it, with nothing done, so that no request waits for another one's wallet: each is then posted alone.
-- What a plan for these very items would save is less than planning costs: they are few.
CREATE FUNCTION pay_together(
  p_token bytea, p_scope text, p_client integer,
  p_keys text[], p_hashes bytea[], p_wallets text[], p_departments text[], p_services text[], p_amounts bigint[],
  p_tickets text[], p_applications text[], p_consumers text[], p_narrations text[], p_expires_in integer[]
) RETURNS SETOF placed_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_items batch_item[];
BEGIN
  PERFORM set_config('lock_timeout', '200ms', true), set_config('plan_cache_mode', 'force_generic_plan', true);
  PERFORM FROM client_tokens t JOIN clients c ON c.id = t.client
  WHERE t.token_hash = p_token AND t.client = p_client AND t.revoked_at IS NULL AND t.expires_at > instant()
    AND p_scope = ANY (c.scopes);
  IF NOT FOUND THEN
    RETURN QUERY SELECT false, 'unauthenticated', NULL::bigint, NULL::bigint, NULL::jsonb, NULL::integer, NULL::integer,
      NULL::timestamptz, NULL::date FROM unnest(p_keys);
    RETURN;
  END IF;
  v_items := batch_items(p_keys, p_hashes, p_wallets, p_departments, p_services, p_amounts, p_tickets, p_applications,
                         p_consumers, p_narrations, p_expires_in);
  PERFORM lock_batch(p_client, NULL, v_items);
  RETURN QUERY SELECT * FROM unnest(pay_items(p_client, v_items));
END $$;
