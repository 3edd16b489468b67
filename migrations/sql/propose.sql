-- Keeps what somebody proposes, if it could be done as things stand. Returns its id, or why it cannot be done. Moves nothing.
CREATE FUNCTION propose(
  p_kind text, p_about text, p_payload text, p_by text, OUT outcome text, OUT facts jsonb, OUT approval bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_why text := proposal_refusal(p_kind, p_payload::jsonb);
BEGIN
  IF v_why IS NOT NULL THEN
    outcome := 'resolution-not-possible';
    facts := jsonb_build_object('reason', v_why);
    RETURN;
  END IF;
  INSERT INTO approvals (kind, about, payload, payload_hash, proposed_by, proposed_at)
  VALUES (p_kind, p_about, p_payload, sha256(convert_to(p_payload, 'UTF8')), p_by, instant()) RETURNING id INTO approval;
END $$;
