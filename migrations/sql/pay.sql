-- Pays a department from a wallet at once, or (with p_expires_in seconds) sets the money aside by a hold, in one round trip. The key
-- comes as `key_bytes` stores it. Locks: the key, the demand where a service takes one payment for each, the wallet's book.
-- This is the path of every payment, and each statement and expression of a function costs it a hundredth of its time. So
-- what is nearly always so is asked where it costs least: the lock on the key goes with the look-up of the service, whatever was
-- committed while it was waited for; and that the key is new is asked by the UPDATE, which begins behind the lock and sees it.
-- Whatever stands in the way, and a hold, is `pay_with_care`'s. What the request tells by itself is not answered. No condition is
-- decided by the arguments alone: a plan made for a hold would be so cheap that one for all calls were never kept.
--   at once   Dr wallet   Cr department   p_amount
CREATE FUNCTION pay(
  p_client integer, p_key bytea, p_hash bytea, p_wallet text, p_department text, p_service text, p_amount bigint,
  p_ticket text, p_application text, p_consumer text, p_narration text, p_expires_in integer
) RETURNS placed_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_account integer; v_book integer; v_number integer; v_debit integer; v_current bigint; v_held bigint; v_day date;
  v_now timestamptz; a placed_answer;
BEGIN
  SELECT s.account INTO v_account FROM services s, pg_advisory_xact_lock(hashbyteaextended(p_key, p_client))
  WHERE s.department = p_department AND s.code = p_service AND num_nonnulls(s.once_per, s.has_rebate, p_expires_in) = 0;
  LOOP
    IF FOUND THEN
      UPDATE books SET
        number = number + 1,
        debits = debits + 1,
        current_paise = current_paise - p_amount,
        open_day = greatest(open_day, india_today())
      WHERE code = p_wallet AND id <> 0 AND state = 'open' AND current_paise - held_paise - p_amount >= floor_paise
        AND NOT EXISTS (SELECT FROM keys WHERE client = p_client AND key = p_key)
      RETURNING id, number, debits, current_paise, held_paise, open_day, instant()
      INTO v_book, v_number, v_debit, v_current, v_held, v_day, v_now;
    END IF;
    EXIT WHEN FOUND;

    a := pay_with_care(p_client, p_key, p_hash, p_wallet, p_department, p_service, p_amount, p_ticket, p_application, p_consumer,
                       p_narration, p_expires_in);
    IF a.outcome IS NOT NULL THEN
      RETURN a;
    END IF;
    SELECT account INTO STRICT v_account FROM services WHERE department = p_department AND code = p_service;
  END LOOP;

  WITH debited AS (
    INSERT INTO debits (book, number, client, department, service, amount_paise, captured_paise, entry_number, state, placed_at,
                        business_day, service_ticket_no, application_no, consumer_no, narration)
    VALUES (v_book, v_debit, p_client, p_department, p_service, p_amount, p_amount, v_number, 'captured', v_now,
            v_day, p_ticket, p_application, p_consumer, p_narration)),
  entered AS (
    INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                         business_day, value_date, kind, source)
    VALUES (v_now, v_number, p_amount, v_current, v_debit, v_book, v_book, v_account,
            v_day, least(india_today(), v_day), 'payment', 'debit')),
  kept AS (
    INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number, held_paise, facts)
    VALUES (v_now, p_client, p_key, 'captured', substr(p_hash, 1, 16), v_book, v_debit, nullif(v_held, 0),
            CASE WHEN EXISTS (SELECT FROM debits WHERE service_ticket_no = p_ticket) THEN same_ticket(p_client, p_ticket) END)
    RETURNING facts)
  SELECT false, 'captured', v_current, v_held, facts, v_debit, v_number, v_now, v_day INTO a FROM kept;
  RETURN a;
END $$;

-- Answers for `pay` what is no plain payment: a key that is known, a demand that is paid already, a refusal by a rule of the books, a
-- hold, a demand on which there is a rebate. The outcome is NULL where nothing stands in the way of a payment at once: everything that it needs is locked then.
CREATE FUNCTION pay_with_care(
  p_client integer, p_key bytea, p_hash bytea, p_wallet text, p_department text, p_service text, p_amount bigint,
  p_ticket text, p_application text, p_consumer text, p_narration text, p_expires_in integer
) RETURNS placed_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE k keys; s services; b books; d debits; a placed_answer; v_once text; v_now timestamptz; v_rebate bigint := 0;
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NOT NULL THEN
    RETURN placed(debit_told_again(k, p_hash));
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
    SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
    IF NOT FOUND THEN
      a.outcome := 'wallet-not-found';
      RETURN a;
    END IF;
    IF s.has_rebate AND p_expires_in IS NULL THEN
      v_rebate := rebate_on(p_department, p_service, p_amount, greatest(b.open_day, india_today()));
    END IF;
    EXIT WHEN b.state = 'open' AND b.current_paise - b.held_paise - p_amount + v_rebate >= b.floor_paise;
    CONTINUE WHEN b.state = 'open' AND release_lapsed(b.id) > 0;
    a.outcome := CASE b.state WHEN 'frozen' THEN 'wallet-frozen' WHEN 'closed' THEN 'wallet-closed' ELSE 'insufficient-funds' END;
    a.facts := jsonb_build_object('wallet', p_wallet) || CASE b.state WHEN 'open' THEN jsonb_build_object(
      'needed_paise', p_amount - v_rebate, 'available_paise', b.current_paise - b.held_paise, 'floor_paise', b.floor_paise) ELSE '{}' END;
    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
    RETURN a;
  END LOOP;
  IF v_rebate > 0 THEN
    RETURN pay_rebated(p_client, p_key, p_hash, b, s, p_amount, v_rebate, p_ticket, p_application, p_consumer, p_narration);
  ELSIF p_expires_in IS NULL THEN
    RETURN a;
  END IF;

  UPDATE books SET debits = debits + 1, held_paise = held_paise + p_amount, open_day = greatest(open_day, india_today())
  WHERE id = b.id RETURNING * INTO b;
  v_now := instant();
  a.facts := same_ticket(p_client, p_ticket);
  INSERT INTO debits (book, number, client, department, service, amount_paise, state, placed_at, business_day, expires_at,
                      service_ticket_no, application_no, consumer_no, narration)
  VALUES (b.id, b.debits, p_client, p_department, p_service, p_amount, 'held', v_now, b.open_day,
          v_now + make_interval(secs => p_expires_in), p_ticket, p_application, p_consumer, p_narration)
  RETURNING * INTO d;
  a := placed((false, 'held', b.current_paise, b.held_paise, a.facts, d)::debit_answer);
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number, current_paise, held_paise, facts)
  VALUES (v_now, p_client, p_key, a.outcome, substr(p_hash, 1, 16), b.id, d.number, b.current_paise, b.held_paise, a.facts);
  RETURN a;
END $$;

-- Says whether a department has not answered yet whether it took a debit, also where its hold has lapsed meanwhile.
CREATE FUNCTION is_unknown(p_book integer, p_number integer) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT FROM unknown_payments WHERE book = p_book AND number = p_number AND resolved_at IS NULL);
END $$;

-- Returns a client's first debits for a ticket that are held, or captured and not refunded whole, or lapsed and unknown, as the
-- facts of an answer; NULL where there is none.
CREATE FUNCTION same_ticket(p_client integer, p_ticket text) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN count(*) > 0 THEN jsonb_build_object('same_ticket', jsonb_agg(y.id ORDER BY y.placed_at, y.book, y.number)) END
  FROM (
    SELECT debit_id(o.code, x.number) AS id, x.placed_at, x.book, x.number FROM debits x JOIN books o ON o.id = x.book
    WHERE x.service_ticket_no = p_ticket AND x.client = p_client
      AND (x.state = 'held' OR (x.state = 'captured' AND x.refunded_paise < x.captured_paise)
        OR (x.state = 'expired' AND is_unknown(x.book, x.number)))
    ORDER BY x.placed_at, x.book, x.number LIMIT 20) y
$$;

-- Returns the first debit, other than p_but, that already pays a demand which is paid once, as the facts of a refusal; NULL where
-- there is none. A lapsed hold whose department has not answered may have paid it.
CREATE FUNCTION paid_already(s services, p_once text, p_but debits DEFAULT NULL) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_build_object('debit', debit_id(o.code, d.number), 'state', d.state)
  FROM debits d JOIN books o ON o.id = d.book
  WHERE CASE s.once_per WHEN 'ticket' THEN d.service_ticket_no = p_once ELSE d.application_no = p_once END
    AND d.department = s.department AND d.service = s.code
    AND (d.book, d.number) IS DISTINCT FROM (p_but.book, p_but.number)
    AND ((d.state = 'held' AND d.expires_at > instant())
      OR (d.state = 'captured' AND d.refunded_paise < d.captured_paise)
      OR (d.state IN ('held', 'expired') AND is_unknown(d.book, d.number)))
  ORDER BY d.placed_at LIMIT 1
$$;

-- Locks a demand that is paid once, so that two wallets do not pay it at the same moment.
CREATE FUNCTION lock_demand(s services, p_once text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(':', s.department, s.code, p_once), -1))
$$;
