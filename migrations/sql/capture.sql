-- Takes a hold, whole or in part, and gives the rest back; a hold is captured once. A lapsed hold is still taken, late, if
-- what is available covers it: the department has been told that it is paid. What the wallet's other lapsed holds keep is
-- available then, whether or not the minute's job has come by. Locks: the key, the wallet's book, which guards its holds;
-- where a demand is paid once, the demand before the book: it may have been paid by another debit meanwhile.
-- A rebate is the one that held on the day of the hold, on what is captured.
--   Dr wallet   Cr department   amount
CREATE FUNCTION capture(
  p_client integer, p_key text, p_hash bytea, p_wallet text, p_number bigint, p_amount bigint
) RETURNS debit_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  k keys; b books; d debits; e entries; a debit_answer;
  v_amount bigint; v_late boolean; v_once text; s services; v_rebate bigint := 0;
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NOT NULL THEN
    RETURN debit_told_again(k, p_hash);
  END IF;
  a.replayed := false;
  SELECT x.* INTO d FROM debits x JOIN books o ON o.id = x.book
  WHERE o.code = p_wallet AND x.number = p_number AND x.client = p_client;  -- For what never changes: its demand.
  SELECT * INTO s FROM services WHERE department = d.department AND code = d.service;
  v_once := CASE s.once_per WHEN 'ticket' THEN d.service_ticket_no WHEN 'application' THEN d.application_no END;
  IF v_once IS NOT NULL THEN
    PERFORM lock_demand(s, v_once);
  END IF;
  SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
  SELECT * INTO d FROM debits WHERE book = b.id AND number = p_number AND client = p_client;
  IF d.number IS NULL THEN
    a.outcome := 'debit-not-found';
    RETURN a;
  END IF;

  v_amount := coalesce(p_amount, d.amount_paise);
  IF s.has_rebate THEN
    v_rebate := rebate_on(d.department, d.service, v_amount, d.business_day);
  END IF;
  v_late := d.state = 'expired' OR d.expires_at <= instant();
  IF d.state IN ('captured', 'voided') THEN
    a.outcome := 'hold-closed';
    a.facts := jsonb_build_object('debit', debit_id(p_wallet, p_number), 'state', d.state);
  ELSIF v_amount > d.amount_paise THEN
    a.outcome := 'capture-exceeds-hold';
    a.facts := jsonb_build_object('debit', debit_id(p_wallet, p_number), 'asked_paise', v_amount, 'held_paise', d.amount_paise);
  ELSE
    IF d.state = 'held' THEN
      UPDATE books SET held_paise = held_paise - d.amount_paise WHERE id = b.id RETURNING * INTO b;
    END IF;
    IF v_late THEN
      UPDATE debits SET state = 'expired', released_paise = amount_paise, closed_at = coalesce(closed_at, instant())
      WHERE book = b.id AND number = p_number;
      PERFORM settle_unknown(b.id, p_number), release_lapsed(b.id);
      SELECT * INTO b FROM books WHERE id = b.id;
      a.facts := CASE WHEN v_once IS NOT NULL THEN paid_already(s, v_once, d) END;
      IF a.facts IS NOT NULL THEN
        a.outcome := 'already-paid';
      ELSIF b.current_paise - b.held_paise - v_amount + v_rebate < b.floor_paise THEN
        a.outcome := 'hold-expired';
        a.facts := jsonb_build_object('debit', debit_id(p_wallet, p_number), 'expired_at', d.expires_at,
          'needed_paise', v_amount - v_rebate, 'available_paise', b.current_paise - b.held_paise);
      END IF;
    END IF;
  END IF;
  IF a.outcome IS NOT NULL THEN
    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
    RETURN a;
  END IF;

  IF v_rebate > 0 THEN
    e := post_rebated_payment(b.id, s.account, v_amount, v_rebate, d.number);
    a.facts := jsonb_build_object('rebate_paise', v_rebate);
  ELSE
    e := post_entry('payment', b.id, service_account(d), v_amount, NULL, 'debit', d.number);
  END IF;
  UPDATE debits SET state = 'captured', captured_paise = v_amount, refunded_paise = v_rebate, released_paise = amount_paise - v_amount,
    entry_number = e.number, closed_at = e.posted_at, late = v_late
  WHERE book = b.id AND number = p_number RETURNING * INTO d;
  PERFORM settle_unknown(b.id, p_number);
  b.current_paise := e.balance_paise;
  a.outcome := 'captured';
  a.current_paise := b.current_paise;
  a.held_paise := b.held_paise;
  a.debit := d;
  PERFORM record_posting(p_client, p_key, p_hash, a.outcome, b, d.number, a.facts);
  RETURN a;
END $$;

CREATE FUNCTION service_account(d debits) RETURNS integer
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT account FROM services WHERE department = d.department AND code = d.service
$$;
