-- Pays as `pay` does, for the client whose token has this hash, if at this moment the token is good and its client has the
-- scope: 'unauthenticated' otherwise, and nothing was done. So a request is authenticated and posted in one round trip, and
-- a token that was revoked, or has expired, before the request came does not pay. It runs with its caller's rights.
CREATE FUNCTION place_by_token(
  p_token bytea, p_scope text, p_client integer, p_key bytea, p_hash bytea, p_wallet text, p_department text, p_service text,
  p_amount bigint, p_ticket text, p_application text, p_consumer text, p_narration text, p_expires_in integer
) RETURNS placed_answer
LANGUAGE plpgsql AS $$
DECLARE a placed_answer;
BEGIN
  PERFORM FROM client_tokens t JOIN clients c ON c.id = t.client
  WHERE t.token_hash = p_token AND t.client = p_client AND t.revoked_at IS NULL AND t.expires_at > instant()
    AND p_scope = ANY (c.scopes);
  IF NOT FOUND THEN
    a.replayed := false;
    a.outcome := 'unauthenticated';
    RETURN a;
  END IF;
  RETURN pay(p_client, p_key, p_hash, p_wallet, p_department, p_service, p_amount, p_ticket, p_application, p_consumer,
             p_narration, p_expires_in);
END $$;
