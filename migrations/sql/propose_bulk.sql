-- Keeps what somebody proposes for several breaks at once, if each of them could be done as things stand. The whole list is in the
-- payload that is hashed and shown; each part is a proposal of its own too, decided on with the whole and by nobody alone. Returns
-- the id of the whole, or why which part cannot be done. Moves nothing.
CREATE FUNCTION propose_bulk(
  p_kind text, p_abouts text[], p_parts text[], p_payload text, p_by text, OUT outcome text, OUT facts jsonb, OUT approval bigint
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_why text;
BEGIN
  IF cardinality(p_parts) NOT BETWEEN 1 AND 200 OR cardinality(p_abouts) <> cardinality(p_parts)
     OR p_payload::jsonb -> 'parts' IS DISTINCT FROM (
       SELECT jsonb_agg(part::jsonb ORDER BY n) FROM unnest(p_parts) WITH ORDINALITY x (part, n)) THEN
    RAISE EXCEPTION 'what is shown of a bulk is not what its 1 to 200 parts are' USING ERRCODE = 'check_violation';
  END IF;
  FOR n IN 1..cardinality(p_parts) LOOP
    v_why := proposal_refusal(p_kind, p_parts[n]::jsonb);
    IF v_why IS NOT NULL THEN
      outcome := 'resolution-not-possible';
      facts := jsonb_build_object('reason', v_why, 'break', p_abouts[n]);
      RETURN;
    END IF;
  END LOOP;
  INSERT INTO approvals (kind, payload, payload_hash, proposed_by, proposed_at)
  VALUES (p_kind, p_payload, sha256(convert_to(p_payload, 'UTF8')), p_by, instant()) RETURNING id INTO approval;
  INSERT INTO approvals (kind, about, payload, payload_hash, proposed_by, proposed_at, part_of)
  SELECT p_kind, about, part, sha256(convert_to(part, 'UTF8')), p_by, instant(), approval
  FROM unnest(p_abouts, p_parts) WITH ORDINALITY x (about, part, n) ORDER BY n;
END $$;
