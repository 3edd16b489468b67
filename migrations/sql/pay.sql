-- Pays a department from a wallet, at once or (with p_expires_in seconds) by a hold, in one round trip.
-- Locks: the key, the demand where a service takes one payment for each, the wallet's book. What other verbs call `lock_key` and
-- `record_posting` for stands here in full: this is the path of every payment, and each call of a function costs it a few hundredths of its time.
--   at once   Dr wallet   Cr department   p_amount
CREATE FUNCTION pay(
  p_client integer, p_key text, p_hash bytea, p_wallet text, p_department text, p_service text, p_amount bigint,
  p_ticket text, p_application text, p_consumer text, p_narration text, p_expires_in integer
) RETURNS debit_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  k keys; s services; b books; d debits; a debit_answer;
  v_now timestamptz; v_once text; v_held bigint := CASE WHEN p_expires_in IS NULL THEN 0 ELSE p_amount END;
  v_taken bigint := p_amount - v_held; v_key bytea := key_bytes(p_key);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_key, p_client));
  SELECT * INTO k FROM keys WHERE client = p_client AND key = v_key;
  IF FOUND THEN
    RETURN debit_told_again(k, p_hash);
  END IF;
  a.replayed := false;
  SELECT * INTO s FROM services WHERE department = p_department AND code = p_service;
  IF NOT FOUND THEN
    a.outcome := 'service-not-found';
    RETURN a;
  END IF;

  v_once := CASE s.once_per WHEN 'ticket' THEN p_ticket WHEN 'application' THEN p_application END;
  IF v_once IS NOT NULL THEN
    PERFORM lock_demand(s, v_once);
    a.facts := paid_already(s, v_once);
    IF a.facts IS NOT NULL AND EXISTS (SELECT FROM books WHERE code = p_wallet AND id <> 0) THEN
      a.outcome := 'already-paid';
      PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
      RETURN a;
    END IF;
    a.facts := NULL;
  END IF;

  LOOP
    UPDATE books SET
      number = number + CASE v_held WHEN 0 THEN 1 ELSE 0 END,
      debits = debits + 1,
      current_paise = current_paise - v_taken,
      held_paise = held_paise + v_held,
      open_day = greatest(open_day, india_today())
    WHERE code = p_wallet AND id <> 0 AND state = 'open' AND current_paise - held_paise - p_amount >= floor_paise
    RETURNING * INTO b;
    EXIT WHEN FOUND;

    SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
    IF NOT FOUND THEN
      a.outcome := 'wallet-not-found';
      RETURN a;
    END IF;
    CONTINUE WHEN b.state = 'open' AND b.current_paise - b.held_paise - p_amount >= b.floor_paise;
    CONTINUE WHEN b.state = 'open' AND release_lapsed(b.id) > 0;
    a.outcome := CASE b.state WHEN 'frozen' THEN 'wallet-frozen' WHEN 'closed' THEN 'wallet-closed' ELSE 'insufficient-funds' END;
    a.facts := jsonb_build_object('wallet', p_wallet) || CASE b.state WHEN 'open' THEN jsonb_build_object(
      'needed_paise', p_amount, 'available_paise', b.current_paise - b.held_paise, 'floor_paise', b.floor_paise) ELSE '{}' END;
    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
    RETURN a;
  END LOOP;

  v_now := instant();
  IF EXISTS (SELECT FROM debits WHERE service_ticket_no = p_ticket) THEN
    a.facts := same_ticket(p_client, p_ticket);
  END IF;
  INSERT INTO debits (book, number, client, department, service, amount_paise, captured_paise, entry_number, state, placed_at,
                      business_day, expires_at, service_ticket_no, application_no, consumer_no, narration)
  VALUES (b.id, b.debits, p_client, p_department, p_service, p_amount, v_taken,
          CASE v_held WHEN 0 THEN b.number END, CASE v_held WHEN 0 THEN 'captured' ELSE 'held' END::debit_state, v_now,
          b.open_day, v_now + make_interval(secs => p_expires_in), p_ticket, p_application, p_consumer, p_narration)
  RETURNING * INTO d;
  IF v_held = 0 THEN
    INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                         business_day, value_date, kind, source)
    VALUES (v_now, b.number, p_amount, b.current_paise, d.number, b.id, b.id, s.account,
            b.open_day, least(india_today(), b.open_day), 'payment', 'debit');
  END IF;
  a.outcome := d.state;
  a.current_paise := b.current_paise;
  a.held_paise := b.held_paise;
  a.debit := d;
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number, current_paise, held_paise, facts)
  VALUES (v_now, p_client, v_key, a.outcome, substr(p_hash, 1, 16), b.id, d.number,
          CASE v_held WHEN 0 THEN NULL ELSE b.current_paise END, nullif(b.held_paise, 0), a.facts);
  RETURN a;
END $$;

-- Returns a client's first debits for a ticket that are held, or captured and not refunded whole, as the facts of an answer; NULL
-- where there is none.
CREATE FUNCTION same_ticket(p_client integer, p_ticket text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN count(*) > 0 THEN jsonb_build_object('same_ticket', jsonb_agg(y.id ORDER BY y.placed_at, y.book, y.number)) END
  FROM (
    SELECT debit_id(o.code, x.number) AS id, x.placed_at, x.book, x.number FROM debits x JOIN books o ON o.id = x.book
    WHERE x.service_ticket_no = p_ticket AND x.client = p_client
      AND (x.state = 'held' OR (x.state = 'captured' AND x.refunded_paise < x.captured_paise))
    ORDER BY x.placed_at, x.book, x.number LIMIT 20) y
$$;

-- Returns the first debit that already pays a demand which is paid once, as the facts of a refusal; NULL where there is none.
CREATE FUNCTION paid_already(s services, p_once text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_build_object('debit', debit_id(o.code, d.number), 'state', d.state)
  FROM debits d JOIN books o ON o.id = d.book
  WHERE CASE s.once_per WHEN 'ticket' THEN d.service_ticket_no = p_once ELSE d.application_no = p_once END
    AND d.department = s.department AND d.service = s.code
    AND ((d.state = 'held' AND d.expires_at > instant())
      OR (d.state = 'captured' AND d.refunded_paise < d.captured_paise))
  ORDER BY d.placed_at LIMIT 1
$$;

-- Locks a demand that is paid once, so that two wallets do not pay it at the same moment.
CREATE FUNCTION lock_demand(s services, p_once text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(':', s.department, s.code, p_once), -1))
$$;
