-- Takes an advice that money was paid into the bank for a wallet. It credits at once only by traceable channels, with a full
-- reference and within limits; else it waits for the bank's line. If the line lies in suspense already, it is cleared to
-- the wallet, unless another wallet claims it by its number, or the bank announced it for another: then a person decides. What
-- another bank numbered alike is another reference. Locks: the key, the bank reference, the sum of what is untied, the wallet's book.
--   at once              Dr transit:top-ups         Cr wallet
--   line in suspense     Dr suspense:bank-credits   Cr wallet      each of several that are all of the reference: see tie_parts
CREATE FUNCTION advise(
  p_client integer, p_key text, p_hash bytea, p_wallet text, p_amount bigint,
  p_reference text, p_strong text, p_booked_on date, p_channel channel
) RETURNS credit_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  k keys; b books; r bank_references; c credits; e entries; a credit_answer; v_line bank_lines;
  v_strong text := p_strong; v_reason text; v_line_id bigint; v_counted boolean := false; v_parts bigint[];
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NOT NULL THEN
    RETURN credit_told_again(k, p_hash);
  END IF;
  a.replayed := false;
  SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0;
  IF NOT FOUND THEN
    a.outcome := 'wallet-not-found';
    RETURN a;
  END IF;

  IF p_strong IS NOT NULL THEN
    INSERT INTO bank_references (reference) VALUES (p_strong) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT r FROM bank_references WHERE reference = p_strong FOR UPDATE;
    v_line_id := parked_line(p_strong, p_reference, p_amount, p_booked_on);
    IF v_line_id IS NULL AND r.line IS NOT NULL AND r.credit_number IS NULL THEN
      v_parts := parked_parts(p_strong, p_reference, p_amount, p_booked_on, p_channel);
    END IF;
    r.line := CASE WHEN v_parts IS NULL THEN coalesce(v_line_id, r.line) END;
    v_line_id := NULL;
    IF is_of_another_bank(r, p_reference) THEN
      v_reason := 'contested';
      v_strong := p_reference;
      INSERT INTO bank_references (reference) VALUES (v_strong) ON CONFLICT DO NOTHING;
      SELECT * INTO STRICT r FROM bank_references WHERE reference = v_strong FOR UPDATE;
    ELSIF EXISTS (SELECT FROM announcements x JOIN bank_files f ON f.id = x.file AND f.state = 'released'
                  WHERE x.reference = p_strong AND x.operator <> p_wallet) THEN
      v_reason := 'contested';
    END IF;
    SELECT * INTO v_line FROM bank_lines WHERE id = r.line;
    SELECT n.outcome, n.facts INTO a.outcome, a.facts FROM advice_refusal(r, v_line, p_amount, p_booked_on) n;
  END IF;
  IF a.outcome IS NULL AND r.line IS NULL AND v_parts IS NULL THEN
    v_reason := coalesce(v_reason, waiting_reason(b.id, p_amount, p_reference, p_strong, p_booked_on, p_channel));
    IF v_reason IS NULL THEN
      UPDATE limits SET used_paise = used_paise + p_amount
      WHERE name = 'untied-in-all' AND used_paise + p_amount <= limit_paise;
      v_counted := FOUND;
      v_reason := CASE WHEN NOT v_counted THEN 'limit-in-all' END;
    END IF;
  END IF;

  SELECT * INTO b FROM books WHERE id = b.id FOR UPDATE;
  IF a.outcome IS NULL AND b.state = 'closed' THEN
    a.outcome := 'wallet-closed';
    a.facts := jsonb_build_object('wallet', p_wallet);
  ELSIF a.outcome IS NULL AND p_strong IS NULL THEN
    SELECT 'already-advised', jsonb_build_object('credit', credit_id(p_wallet, x.number)) INTO a.outcome, a.facts
    FROM credits x WHERE x.book = b.id AND x.bank_reference = p_reference AND x.amount_paise = p_amount
      AND x.booked_on = p_booked_on AND x.state <> 'withdrawn' LIMIT 1;
  END IF;
  IF v_counted AND b.untied_paise + p_amount > (SELECT limit_paise FROM limits WHERE name = 'untied-per-wallet') THEN
    v_reason := 'limit-of-the-wallet';
  ELSIF v_counted AND line_naming(b.id, p_amount, p_booked_on) IS NOT NULL THEN
    v_reason := 'deposit-seen';
  END IF;
  IF v_counted AND (a.outcome IS NOT NULL OR v_reason IS NOT NULL) THEN
    UPDATE limits SET used_paise = used_paise - p_amount WHERE name = 'untied-in-all';
  END IF;
  IF a.outcome IS NOT NULL THEN
    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
    RETURN a;
  END IF;
  IF (r.line IS NOT NULL OR v_parts IS NOT NULL) AND EXISTS (SELECT FROM claims WHERE deposit_number = p_strong AND book <> b.id
                                    AND state IN ('open', 'offered')) THEN
    v_reason := 'contested';
  END IF;

  UPDATE books SET credits = credits + 1, open_day = greatest(open_day, india_today()),
    untied_paise = untied_paise + CASE WHEN coalesce(v_reason, r.line::text, v_parts::text) IS NULL THEN p_amount ELSE 0 END
  WHERE id = b.id RETURNING * INTO b;
  IF r.line IS NOT NULL AND v_reason IS NULL THEN
    v_line_id := r.line;
    e := post_entry('suspense-cleared', account_id('suspense:bank-credits'), b.id, p_amount, NULL, 'credit', b.credits);
    PERFORM clear_suspense(r.line, e);
    PERFORM recover(b.id, 'credit', b.credits);
  ELSIF v_reason IS NULL AND v_parts IS NULL THEN
    e := post_entry('top-up', account_id('transit:top-ups'), b.id, p_amount, NULL, 'credit', b.credits);
    PERFORM recover(b.id, 'credit', b.credits);
  END IF;
  SELECT * INTO b FROM books WHERE id = b.id;
  INSERT INTO credits (book, number, client, amount_paise, entry_number, line, advised_at, business_day, booked_on, state,
                       advised_as, channel, bank_reference, strong_reference, reason, answered_reason)
  SELECT b.id, b.credits, p_client, p_amount, e.number, v_line_id, instant(), b.open_day, p_booked_on,
         CASE WHEN v_parts IS NULL THEN x.state ELSE 'awaiting-bank' END, x.state, p_channel, p_reference, v_strong, v_reason, v_reason
  FROM (SELECT CASE WHEN v_reason IS NOT NULL THEN 'awaiting-bank' WHEN v_line_id IS NOT NULL OR v_parts IS NOT NULL THEN 'tied'
                    ELSE 'credited' END::credit_state AS state) x
  RETURNING * INTO c;
  IF c.state <> c.advised_as THEN
    PERFORM tie_parts(c, v_parts[cardinality(v_parts)], v_parts[:cardinality(v_parts) - 1]);
    SELECT * INTO c FROM credits WHERE book = c.book AND number = c.number;
    SELECT * INTO b FROM books WHERE id = b.id;
  END IF;
  IF p_strong IS NOT NULL THEN
    UPDATE bank_references SET credit_book = b.id, credit_number = c.number WHERE reference = v_strong;
  END IF;
  IF v_line_id IS NOT NULL THEN
    PERFORM tie_twin_claim(c, v_line_id, e);
  END IF;
  a.outcome := 'credited';
  a.current_paise := b.current_paise;
  a.held_paise := b.held_paise;
  a.facts := NULL;
  a.credit := c;
  PERFORM record_posting(p_client, p_key, p_hash, a.outcome, b, c.number, NULL);
  RETURN a;
END $$;

-- Returns the banks whose letters stand before digits in a text; NULL where none do.
CREATE FUNCTION banks_of(p_digits text, p_text text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT array_agg(found[1]) FROM regexp_matches(
    upper(replace(p_text, E'\n', '')), '(?<![A-Z0-9])([A-Z]{4})[A-Z]?' || p_digits || '(?![0-9])', 'g') AS found
$$;

-- Says whether two texts show the same digits behind the letters of two banks. Sources drop these letters: a text without them may
-- be either's. Source: domain facts A7 (a UTR is the bank's four letters, one more or none, and digits).
CREATE FUNCTION banks_differ(p_digits text, p_one text, p_other text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(p_digits ~ '^[0-9]+$' AND NOT banks_of(p_digits, p_one) && banks_of(p_digits, p_other), false)
$$;

-- Says whether what has a reference, a credit or a line of the bank, bears another bank's name before its digits than p_written.
CREATE FUNCTION is_of_another_bank(r bank_references, p_written text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM credits c WHERE c.book = r.credit_book AND c.number = r.credit_number
                 AND banks_differ(r.reference, p_written, c.bank_reference))
    OR EXISTS (SELECT FROM bank_lines l WHERE l.id = r.line
               AND banks_differ(r.reference, p_written, l.description || ' ' || l.reference))
$$;

-- Returns the one line with a number, amount and day, where it lies whole in suspense and is not of another bank than the written
-- reference: what else has the number is no reason to doubt it. NULL where there is none, or the bank shows it again.
CREATE FUNCTION parked_line(p_number text, p_written text, p_amount bigint, p_day date) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE count(*) WHEN 1 THEN min(i.line) END
  FROM bank_lines l LEFT JOIN bank_line_postings p ON p.line = l.id
  LEFT JOIN suspense_items i ON i.line = l.id AND i.cleared_paise = 0 AND i.account = account_id('suspense:bank-credits')
  WHERE array_append(l.strong_references, l.deposit_number) && ARRAY[p_number] AND l.direction = 'inflow'
    AND l.amount_paise = p_amount AND p_day IN (l.booked_on, l.value_date) AND p.rule IS DISTINCT FROM 'reversal'
    AND NOT banks_differ(p_number, p_written, l.description || ' ' || l.reference)
$$;

-- Returns why a reference, now locked, takes no further advice: it has one, or its line was dealt with, or tells otherwise.
CREATE FUNCTION advice_refusal(r bank_references, l bank_lines, p_amount bigint, p_booked_on date)
RETURNS TABLE (outcome text, facts jsonb)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c credits; i suspense_items; p bank_line_postings;
BEGIN
  IF r.credit_number IS NOT NULL THEN
    SELECT * INTO STRICT c FROM credits WHERE book = r.credit_book AND number = r.credit_number;
    RETURN QUERY SELECT CASE WHEN c.entry_number IS NULL THEN 'already-advised' ELSE 'already-credited' END,
      jsonb_strip_nulls(jsonb_build_object('entry', entry_id(c.book, c.entry_number), 'credit', credit_id(o.code, c.number),
        'state', c.state)) FROM books o WHERE o.id = c.book;
  ELSIF r.line IS NOT NULL THEN
    SELECT * INTO i FROM suspense_items WHERE line = r.line;
    SELECT * INTO STRICT p FROM bank_line_postings WHERE line = r.line;
    IF i.line IS NULL OR i.cleared_paise > 0 OR i.account <> account_id('suspense:bank-credits') THEN
      RETURN QUERY SELECT 'already-credited', jsonb_build_object('entry', entry_id(p.book, p.entry_number));
    ELSIF i.ordered_back IS NOT NULL THEN
      RETURN QUERY SELECT 'being-returned', jsonb_build_object('bank_reference', r.reference);
    ELSIF l.amount_paise <> p_amount OR p_booked_on NOT IN (l.booked_on, l.value_date) THEN
      RETURN QUERY SELECT 'bank-line-differs', jsonb_build_object('bank_reference', r.reference);
    END IF;
  END IF;
END $$;

-- Returns why an advice has to wait for the bank's line; NULL where it may credit at once, as far as the advice itself tells.
CREATE FUNCTION waiting_reason(
  p_book integer, p_amount bigint, p_reference text, p_strong text, p_booked_on date, p_channel channel
) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE
    WHEN p_channel NOT IN ('neft', 'rtgs', 'imps', 'upi', 'van') THEN 'channel'
    WHEN p_strong IS NULL OR p_reference !~ '^[A-Z0-9]{12,35}$' THEN 'reference'
    WHEN p_booked_on > india_today() THEN 'date-in-future'
    WHEN p_amount > (SELECT limit_paise FROM limits WHERE name = 'advice') THEN 'limit-of-an-advice'
    WHEN EXISTS (SELECT FROM credits WHERE book = p_book AND state = 'credited'
                 AND business_day < bank_days_before(india_today(), 2)) THEN 'untied-too-long' END
$$;

-- Returns a bank line that named the operator and was credited to the wallet, of this amount and day: what is advised or claimed
-- later may be the same deposit.
CREATE FUNCTION line_naming(p_book integer, p_amount bigint, p_day date) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT l.id FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line
  WHERE p.book = p_book AND p.disposition = 'wallet' AND l.amount_paise = p_amount
    AND p_day IN (l.booked_on, l.value_date) LIMIT 1
$$;

-- Notes on a suspense item, whose bank reference is locked, that an entry cleared it in part or whole.
CREATE FUNCTION clear_suspense(p_line bigint, e entries) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE suspense_items SET cleared_paise = cleared_paise + e.amount_paise WHERE line = p_line;
  INSERT INTO suspense_clearings (line, book, entry_number, amount_paise) VALUES (p_line, e.book, e.number, e.amount_paise);
$$;

CREATE FUNCTION credit_told_again(k keys, p_hash bytea) RETURNS credit_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a credit_answer; c credits;
BEGIN
  a.outcome := key_refusal(k, p_hash);
  a.replayed := a.outcome IS NULL;
  IF a.replayed THEN
    SELECT * INTO c FROM credits WHERE book = k.book AND number = k.number AND k.outcome = 'credited';
    a.credit := c;
    a.outcome := k.outcome;
    a.current_paise := k.current_paise;
    a.held_paise := CASE WHEN k.book IS NOT NULL THEN coalesce(k.held_paise, 0) END;
    a.facts := k.facts;
  END IF;
  RETURN a;
END $$;
