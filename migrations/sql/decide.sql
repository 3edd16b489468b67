-- Decides on a proposal, once: 'approved' and 'rejected' are another person's than who proposed it, 'withdrawn' is that person's
-- own. The hash is that of the payload that the person was shown. What is approved happens here, in one with the decision; where it
-- no longer can, the decision is 'stale' and nothing moves. Of a bulk each part is done or stale by itself, and what can be done is
-- done. Returns NULL when decided, else why not.
-- Locks: the proposal, then what it names, all parts of a bulk at once, in the order of all locks.
CREATE FUNCTION decide(
  p_approval bigint, p_hash bytea, p_decision text, p_reason text, p_by text, OUT outcome text, OUT facts jsonb
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p approvals; d decisions; v_decision decision := p_decision::decision; v_parts jsonb[];
BEGIN
  SELECT * INTO p FROM approvals WHERE id = p_approval FOR UPDATE;
  SELECT * INTO d FROM decisions WHERE approval = p_approval;
  facts := jsonb_build_object('approval', p_approval);
  IF p.id IS NULL THEN
    outcome := 'approval-not-found';
  ELSIF p.part_of IS NOT NULL THEN
    outcome := 'part-of-a-bulk';
    facts := facts || jsonb_build_object('part_of', p.part_of);
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

  SELECT array_agg(x.payload::jsonb) INTO v_parts FROM approvals x WHERE x.part_of = p.id;
  IF v_decision = 'approved' THEN
    PERFORM lock_what_is_named(coalesce(v_parts, ARRAY[p.payload::jsonb]));
  END IF;
  IF v_parts IS NULL THEN
    PERFORM decide_one(p, v_decision, p_reason, p_by);
  ELSE
    PERFORM decide_parts(p, v_decision, p_reason, p_by);
  END IF;
  facts := NULL;
END $$;

-- Writes the decision on one proposal, or part of a bulk, under its locks, and does what is approved. Returns what was decided.
CREATE FUNCTION decide_one(p approvals, p_decision decision, p_reason text, p_by text) RETURNS decision
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_stale text := CASE WHEN p_decision = 'approved' THEN proposal_refusal(p.kind, p.payload::jsonb) END;
  v_decision decision := CASE WHEN v_stale IS NULL THEN p_decision ELSE 'stale' END;
BEGIN
  INSERT INTO decisions (approval, payload_hash, proposed_by, decision, decided_by, decided_at, reason)
  VALUES (p.id, p.payload_hash, p.proposed_by, v_decision, p_by, instant(), coalesce(v_stale, p_reason));
  IF v_decision = 'approved' THEN
    PERFORM execute_proposal(p, p.payload::jsonb, p_by);
  END IF;
  RETURN v_decision;
END $$;

-- Decides on each part of a bulk, in the order shown, and then on the whole: 'stale' where no part could be done any more.
CREATE FUNCTION decide_parts(p approvals, p_decision decision, p_reason text, p_by text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x approvals; v_all integer := 0; v_stale integer := 0;
BEGIN
  FOR x IN SELECT * FROM approvals WHERE part_of = p.id ORDER BY id LOOP
    v_all := v_all + 1;
    IF decide_one(x, p_decision, p_reason, p_by) = 'stale' THEN
      v_stale := v_stale + 1;
    END IF;
  END LOOP;
  INSERT INTO decisions (approval, payload_hash, proposed_by, decision, decided_by, decided_at, reason)
  VALUES (p.id, p.payload_hash, p.proposed_by, CASE WHEN v_stale = v_all THEN 'stale' ELSE p_decision END, p_by, instant(),
          CASE WHEN v_stale > 0 THEN format('%s of %s could no longer be done.', v_stale, v_all) ELSE p_reason END);
END $$;

-- Locks what proposals name, in the order of all locks: bank references sorted, limits, deposits, settlements, items, the wallets'
-- books. What an order of a department or a limit changes is in the book's or the limit's own row.
CREATE FUNCTION lock_what_is_named(p_named jsonb[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_lines bigint[]; v_references text[]; v_codes text[];
BEGIN
  SELECT array_remove(array_agg((j ->> 'line')::bigint) || array_agg((j ->> 'deposit')::bigint) || array_agg((j ->> 'with_line')::bigint), NULL),
    array_agg(j ->> 'wallet') || array_agg(split_part(j ->> 'credit', '-', 1)) || array_agg(split_part(j ->> 'debit', '-', 1))
      || array_agg(split_part(j ->> 'claim', '-', 1)) || array_agg(split_part(j ->> 'entry', '-', 1))
  INTO v_lines, v_codes FROM unnest(p_named) j;
  SELECT array_agg(r) INTO v_references FROM (
    SELECT unnest(strong_references || deposit_number) FROM bank_lines WHERE id = ANY (v_lines)
    UNION SELECT c.strong_reference FROM unnest(p_named) j, in_book(j ->> 'credit', '-C') k
          JOIN credits c ON c.book = k.book AND c.number = k.number) x (r);
  PERFORM FROM (SELECT FROM bank_references WHERE reference = ANY (v_references) ORDER BY reference FOR UPDATE) locked;
  PERFORM FROM (SELECT FROM limits WHERE name IN (
                  SELECT j ->> 'limit' FROM unnest(p_named) j UNION SELECT 'untied-in-all' FROM unnest(p_named) j WHERE j ? 'credit')
                ORDER BY name FOR UPDATE) locked;
  PERFORM lock_deposits(array_agg(amount_paise), array_agg(day)) FROM (
    SELECT amount_paise, unnest(ARRAY[booked_on, value_date]) AS day FROM bank_lines WHERE id = ANY (v_lines)) x;
  PERFORM lock_settlements(p_named);
  PERFORM FROM (SELECT FROM suspense_items WHERE line = ANY (v_lines) ORDER BY line FOR UPDATE) locked;
  PERFORM FROM (SELECT FROM surpluses WHERE id IN (SELECT (j ->> 'surplus')::bigint FROM unnest(p_named) j)
                ORDER BY id FOR UPDATE) locked;
  PERFORM FROM (SELECT FROM books WHERE id <> 0 AND code = ANY (v_codes) ORDER BY id FOR UPDATE) locked;
END $$;
