-- Decides on a proposal, once: 'approved' and 'rejected' are another person's than who proposed it, 'withdrawn' is that person's
-- own. The hash is that of the payload that the person was shown. What is approved happens here, in one with the decision; where it
-- no longer can, the decision is 'stale' and nothing moves. Returns NULL when decided, else why not.
-- Locks: the proposal, then what it names in the order of all locks.
CREATE FUNCTION decide(
  p_approval bigint, p_hash bytea, p_decision text, p_reason text, p_by text, OUT outcome text, OUT facts jsonb
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p approvals; d decisions; v_decision decision := p_decision::decision; v_reason text := p_reason; v_stale text;
BEGIN
  SELECT * INTO p FROM approvals WHERE id = p_approval FOR UPDATE;
  SELECT * INTO d FROM decisions WHERE approval = p_approval;
  facts := jsonb_build_object('approval', p_approval);
  IF p.id IS NULL THEN
    outcome := 'approval-not-found';
  ELSIF d.approval IS NOT NULL THEN
    outcome := 'already-decided';
    facts := facts || jsonb_build_object('state', d.decision, 'decided_by', d.decided_by, 'decided_at', d.decided_at);
  ELSIF p.payload_hash IS DISTINCT FROM p_hash THEN
    outcome := 'proposal-changed';
    facts := facts || jsonb_build_object('payload_sha256', encode(p.payload_hash, 'hex'));
  ELSIF v_decision = 'withdrawn' AND lower(p_by) <> lower(p.proposed_by) THEN
    outcome := 'not-your-proposal';
    facts := facts || jsonb_build_object('proposed_by', p.proposed_by);
  ELSIF v_decision <> 'withdrawn' AND lower(p_by) = lower(p.proposed_by) THEN
    outcome := 'same-person';
    facts := facts || jsonb_build_object('person', p.proposed_by);
  END IF;
  IF outcome IS NOT NULL THEN
    RETURN;
  END IF;

  IF v_decision = 'approved' THEN
    PERFORM lock_what_is_named(p.payload::jsonb);
    v_stale := proposal_refusal(p.kind, p.payload::jsonb);
    IF v_stale IS NOT NULL THEN
      v_decision := 'stale';
      v_reason := v_stale;
    END IF;
  END IF;
  INSERT INTO decisions (approval, payload_hash, proposed_by, decision, decided_by, decided_at, reason)
  VALUES (p.id, p_hash, p.proposed_by, v_decision, p_by, instant(), v_reason);
  IF v_decision = 'approved' THEN
    PERFORM execute_proposal(p, p.payload::jsonb, p_by);
  END IF;
  facts := NULL;
END $$;

-- Locks what a proposal names, in the order of all locks: bank references sorted, limits, deposits, items, the wallet's book. What an
-- order of a department or a limit changes is in the book's or the limit's own row.
CREATE FUNCTION lock_what_is_named(j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_lines bigint[] := array_remove(ARRAY[(j ->> 'line')::bigint, (j ->> 'deposit')::bigint], NULL); v_references text[];
BEGIN
  SELECT array_agg(r) INTO v_references FROM (
    SELECT unnest(strong_references || deposit_number) FROM bank_lines WHERE id = ANY (v_lines)
    UNION SELECT c.strong_reference FROM credits c WHERE (c.book, c.number) = (SELECT * FROM in_book(j ->> 'credit', '-C'))) x (r);
  PERFORM FROM (SELECT FROM bank_references WHERE reference = ANY (v_references) ORDER BY reference FOR UPDATE) locked;
  PERFORM FROM (SELECT FROM limits WHERE name = j ->> 'limit' OR (j ? 'credit' AND name = 'untied-in-all')
                ORDER BY name FOR UPDATE) locked;
  PERFORM lock_deposits(array_agg(amount_paise), array_agg(day)) FROM (
    SELECT amount_paise, unnest(ARRAY[booked_on, value_date]) AS day FROM bank_lines WHERE id = ANY (v_lines)) x;
  PERFORM FROM (SELECT FROM suspense_items WHERE line = ANY (v_lines) ORDER BY line FOR UPDATE) locked;
  PERFORM FROM (SELECT FROM books WHERE id <> 0 AND code IN (j ->> 'wallet', split_part(j ->> 'credit', '-', 1),
    split_part(j ->> 'debit', '-', 1), split_part(j ->> 'claim', '-', 1)) ORDER BY id FOR UPDATE) locked;
END $$;
