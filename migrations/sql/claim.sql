-- Takes an operator's claim of a cash, machine or cheque deposit. A number on the line (the machine's and its sequence) decides at
-- once, in whatever order they come; a line in suspense that merely fits by amount, date and place is offered to a person.
-- Locks: the key, the deposit's number among the bank references, its amount and date, the wallet's book.
--   line in suspense, by its number     Dr suspense:bank-credits   Cr wallet
CREATE FUNCTION claim(
  p_client integer, p_key text, p_hash bytea, p_wallet text, p_amount bigint, p_deposited_on date,
  p_mode deposit_mode, p_branch text, p_cdm text, p_slip text, p_number text
) RETURNS claim_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  k keys; b books; r bank_references; c claims; e entries; a claim_answer; v_line bank_lines;
  v_state claim_state := 'open'; v_reason text := 'Waits for the bank''s line.'; v_fitting bigint[] := '{}';
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NOT NULL THEN
    RETURN claim_told_again(k, p_hash);
  END IF;
  a.replayed := false;
  IF NOT EXISTS (SELECT FROM books WHERE code = p_wallet AND id <> 0) THEN
    a.outcome := 'wallet-not-found';
    RETURN a;
  END IF;
  IF p_number IS NOT NULL THEN
    INSERT INTO bank_references (reference) VALUES (p_number) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT r FROM bank_references WHERE reference = p_number FOR UPDATE;
    r.line := coalesce(parked_line(p_number, '', p_amount, p_deposited_on), r.line);
    SELECT * INTO v_line FROM bank_lines WHERE id = r.line;
  END IF;
  PERFORM lock_deposits(ARRAY[p_amount], ARRAY[p_deposited_on]);

  SELECT * INTO b FROM books WHERE code = p_wallet FOR UPDATE;
  SELECT n.outcome, n.facts INTO a.outcome, a.facts
  FROM claim_refusal(b, r, v_line, p_amount, p_deposited_on, p_branch, p_cdm, p_slip) n;
  IF a.outcome IS NOT NULL THEN
    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
    RETURN a;
  END IF;

  IF EXISTS (SELECT FROM credits WHERE book = r.credit_book AND number = r.credit_number AND state = 'credited')
     OR EXISTS (SELECT FROM claims WHERE deposit_number = p_number AND state IN ('open', 'offered')) THEN
    v_line := NULL;  -- Credited at once with another amount, or contested by another claim: a person decides.
  END IF;
  UPDATE books SET claims = claims + 1, open_day = greatest(open_day, india_today()) WHERE id = b.id RETURNING * INTO b;
  IF v_line.id IS NOT NULL THEN
    v_state := 'tied';
    v_reason := 'The number of the deposit is that of bank line ' || v_line.id || '.';
    e := post_entry('suspense-cleared', account_id('suspense:bank-credits'), b.id, p_amount, NULL, 'claim', b.claims);
    PERFORM clear_suspense(v_line.id, e);
    PERFORM recover(b.id, 'claim', b.claims);
  ELSE
    SELECT coalesce(array_agg(l.id ORDER BY l.id), '{}') INTO v_fitting FROM (
      SELECT l.id FROM bank_lines l JOIN suspense_items i ON i.line = l.id AND i.cleared_paise = 0 AND i.ordered_back IS NULL
      WHERE l.direction = 'inflow' AND l.amount_paise = p_amount AND p_deposited_on IN (l.booked_on, l.value_date)
        AND (l.branch IS NULL OR p_branch IS NULL OR l.branch = p_branch)
        AND i.account = account_id('suspense:bank-credits') ORDER BY l.id LIMIT 20) l;
    IF v_fitting <> '{}' THEN
      v_state := 'offered';
      v_reason := 'Fits ' || cardinality(v_fitting) || ' line(s) that lie in suspense since before it: a person decides.';
    ELSIF line_naming(b.id, p_amount, p_deposited_on) IS NOT NULL THEN
      v_state := 'offered';
      v_reason := 'A line of this amount and date named the operator and was credited: a person decides.';
    END IF;
  END IF;
  INSERT INTO claims (book, number, client, amount_paise, line, claimed_at, business_day, deposited_on, state, claimed_as,
                      mode, branch_code, cdm_no, slip_no, deposit_number, reason, answered_reason, entry_book, entry_number)
  VALUES (b.id, b.claims, p_client, p_amount, v_line.id, instant(), b.open_day, p_deposited_on, v_state, v_state,
          p_mode, p_branch, p_cdm, p_slip, p_number, v_reason, v_reason, e.book, e.number)
  RETURNING * INTO c;
  IF v_state = 'tied' THEN
    PERFORM tie_twin_credit(b.id, c.number, v_line.id, e);
  END IF;
  INSERT INTO claim_offers (book, number, line, offered_at) SELECT b.id, c.number, line, instant() FROM unnest(v_fitting) line;
  SELECT * INTO b FROM books WHERE id = b.id;
  a.outcome := 'claimed';
  a.current_paise := b.current_paise;
  a.held_paise := b.held_paise;
  a.facts := CASE WHEN v_fitting <> '{}' THEN jsonb_build_object('offers', v_fitting) END;
  a.claim := c;
  PERFORM record_posting(p_client, p_key, p_hash, a.outcome, b, c.number, a.facts);
  RETURN a;
END $$;

-- Returns why a claim is refused: the wallet, another claim of the same deposit, or its money being dealt with already.
CREATE FUNCTION claim_refusal(
  b books, r bank_references, l bank_lines, p_amount bigint, p_deposited_on date, p_branch text, p_cdm text, p_slip text
) RETURNS TABLE (outcome text, facts jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x claims; c credits; v_entry text;
BEGIN
  IF b.state = 'closed' THEN
    RETURN QUERY SELECT 'wallet-closed', jsonb_build_object('wallet', b.code);
    RETURN;
  END IF;
  IF p_deposited_on > india_today() THEN
    RETURN QUERY SELECT 'deposit-in-future', jsonb_build_object('deposited_on', p_deposited_on);
    RETURN;
  END IF;
  SELECT * INTO x FROM claims y WHERE y.book = b.id AND y.amount_paise = p_amount AND y.deposited_on = p_deposited_on
    AND y.state <> 'withdrawn' AND y.branch_code IS NOT DISTINCT FROM p_branch AND y.cdm_no IS NOT DISTINCT FROM p_cdm
    AND (y.slip_no IS NULL OR p_slip IS NULL OR y.slip_no = p_slip) ORDER BY y.number LIMIT 1;
  IF x.number IS NOT NULL THEN
    RETURN QUERY SELECT 'already-claimed', jsonb_build_object('claim', claim_id(b.code, x.number), 'state', x.state);
    RETURN;
  END IF;
  SELECT * INTO c FROM credits WHERE book = r.credit_book AND number = r.credit_number;
  IF c.state = 'tied' OR (l.id IS NOT NULL AND NOT EXISTS (
       SELECT FROM suspense_items i WHERE i.line = l.id AND i.cleared_paise = 0
         AND i.account = account_id('suspense:bank-credits'))) THEN
    SELECT entry_id(p.book, p.entry_number) INTO v_entry FROM bank_line_postings p WHERE p.line = coalesce(c.line, l.id);
    RETURN QUERY SELECT 'already-credited', jsonb_build_object('entry', v_entry);
  ELSIF EXISTS (SELECT FROM suspense_items i WHERE i.line = l.id AND i.ordered_back IS NOT NULL) THEN
    RETURN QUERY SELECT 'being-returned', jsonb_build_object('bank_reference', r.reference);
  ELSIF l.id IS NOT NULL AND (l.amount_paise <> p_amount OR p_deposited_on NOT IN (l.booked_on, l.value_date)) THEN
    RETURN QUERY SELECT 'bank-line-differs', jsonb_build_object('bank_reference', r.reference);
  END IF;
END $$;

-- Locks deposits that only amount and date tell apart, in one order, so that a claim and the posting of a file see each other.
CREATE FUNCTION lock_deposits(p_amounts bigint[], p_days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT hashtextextended(concat_ws(':', 'deposit', amount, day), -2) AS h
    FROM unnest(p_amounts, p_days) AS deposit (amount, day) ORDER BY h) locks;
END $$;

-- Notes on a claim, under its book's lock, that the bank's line was credited to its wallet by an entry.
CREATE FUNCTION tie_claim(p_book integer, p_number bigint, p_line bigint, e entries, p_reason text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE claims SET state = 'tied', line = p_line, entry_book = e.book, entry_number = e.number, reason = p_reason
  WHERE book = p_book AND number = p_number AND state IN ('open', 'offered')
$$;

-- Offers a line in suspense to a claim that fits it but may not take it: a person decides.
CREATE FUNCTION offer_line(p_book integer, p_number bigint, p_line bigint, p_reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE claims SET state = 'offered', reason = p_reason
  WHERE book = p_book AND number = p_number AND state IN ('open', 'offered');
  IF FOUND THEN
    INSERT INTO claim_offers (book, number, line, offered_at)
    SELECT p_book, p_number, i.line, instant() FROM suspense_items i WHERE i.line = p_line AND i.cleared_paise = 0
    ON CONFLICT DO NOTHING;
  END IF;
END $$;

CREATE FUNCTION claim_told_again(k keys, p_hash bytea) RETURNS claim_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a claim_answer; c claims;
BEGIN
  a.outcome := key_refusal(k, p_hash);
  a.replayed := a.outcome IS NULL;
  IF a.replayed THEN
    SELECT * INTO c FROM claims WHERE book = k.book AND number = k.number AND k.outcome = 'claimed';
    a.claim := c;
    a.outcome := k.outcome;
    a.current_paise := k.current_paise;
    a.held_paise := CASE WHEN k.book IS NOT NULL THEN coalesce(k.held_paise, 0) END;
    a.facts := k.facts;
  END IF;
  RETURN a;
END $$;

CREATE FUNCTION claim_id(p_code text, p_number bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT p_code || '-L' || lpad(p_number::text, greatest(6, length(p_number::text)), '0') $$;
