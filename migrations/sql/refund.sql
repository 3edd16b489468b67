-- Refunds a captured debit, in full or in part, together never above what was captured, less its rebate. A client refunds what the
-- department did not take ('failed') within seven days and while the payment's day is in no advice of settlement; the rest is
-- finance's. Locks: the key, the advices of its department (none is made meanwhile), the wallet's book.
--   Dr department   Cr wallet   p_amount
CREATE FUNCTION refund(
  p_client integer, p_key text, p_hash bytea, p_wallet text, p_number bigint, p_amount bigint, p_cause text, p_reason text
) RETURNS refund_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE k keys; b books; d debits; e entries; r refunds; a refund_answer; v_rebate bigint;
BEGIN
  k := lock_key(p_client, p_key);
  IF k.key IS NOT NULL THEN
    RETURN refund_told_again(k, p_hash);
  END IF;
  a.replayed := false;
  PERFORM pg_advisory_xact_lock_shared(hashtext('settlements advised'), hashtext(x.department))
  FROM books o JOIN debits x ON x.book = o.id AND x.number = p_number WHERE o.code = p_wallet AND x.client = p_client;
  SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
  SELECT * INTO d FROM debits WHERE book = b.id AND number = p_number AND client = p_client;
  IF d.number IS NULL THEN
    a.outcome := 'debit-not-found';
    RETURN a;
  END IF;

  a.facts := jsonb_build_object('debit', debit_id(p_wallet, p_number));
  IF d.state <> 'captured' THEN
    a.outcome := 'debit-not-captured';
    a.facts := a.facts || jsonb_build_object('state', d.state);
  ELSIF d.refunded_paise + p_amount > d.captured_paise THEN
    a.outcome := 'refund-exceeds-capture';
    v_rebate := (SELECT amount_paise FROM rebates WHERE book = b.id AND number = p_number);
    a.facts := a.facts || jsonb_strip_nulls(jsonb_build_object('asked_paise', p_amount, 'captured_paise', d.captured_paise,
      'refunded_paise', d.refunded_paise - coalesce(v_rebate, 0), 'rebate_paise', v_rebate));
  ELSIF p_cause = 'paid' OR payment_day(d) < india_today() - 7 OR advice_of(d) IS NOT NULL THEN
    a.outcome := 'refund-needs-approval';
    a.facts := a.facts || jsonb_strip_nulls(jsonb_build_object('cause', p_cause, 'paid_on', payment_day(d), 'settled_by', advice_of(d)));
  ELSIF b.state = 'closed' THEN
    a.outcome := 'wallet-closed';
    a.facts := a.facts || jsonb_build_object('wallet', p_wallet);
  END IF;
  IF a.outcome IS NOT NULL THEN
    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);
    RETURN a;
  END IF;

  e := post_entry('refund', service_account(d), b.id, p_amount, NULL, 'debit', d.number);
  UPDATE debits SET refunded_paise = refunded_paise + p_amount WHERE book = b.id AND number = p_number;
  INSERT INTO refunds (book, entry_number, debit_number, amount_paise, cause, reason, refunded_at)
  VALUES (b.id, e.number, d.number, p_amount, p_cause, p_reason, e.posted_at) RETURNING * INTO r;
  PERFORM settle_unknown(b.id, p_number);
  b.current_paise := e.balance_paise;
  a.outcome := 'refunded';
  a.current_paise := b.current_paise;
  a.held_paise := b.held_paise;
  a.facts := NULL;
  a.refund := r;
  a.business_day := e.business_day;
  PERFORM record_posting(p_client, p_key, p_hash, a.outcome, b, e.number, NULL);
  RETURN a;
END $$;

CREATE FUNCTION payment_day(d debits) RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT business_day FROM entries WHERE book = d.book AND number = d.entry_number
$$;

-- Returns the number of the advice in which a payment's day is settled with its department, paid out or not; NULL where it is in none.
CREATE FUNCTION advice_of(d debits) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT a.number FROM settlements s JOIN advised_settlements i ON i.settlement = s.id AND i.is_live
          JOIN settlement_advices a ON a.id = i.advice WHERE s.account = service_account(d) AND s.day = payment_day(d));
END $$;

CREATE FUNCTION refund_told_again(k keys, p_hash bytea) RETURNS refund_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a refund_answer; r refunds;
BEGIN
  a.outcome := key_refusal(k, p_hash);
  a.replayed := a.outcome IS NULL;
  IF a.replayed THEN
    SELECT * INTO r FROM refunds WHERE book = k.book AND entry_number = k.number;
    a.refund := r;
    a.business_day := (SELECT business_day FROM entries WHERE book = k.book AND number = k.number);
    a.outcome := k.outcome;
    a.current_paise := coalesce(k.current_paise, balance_after(k.book, r.entry_number::integer));
    a.held_paise := CASE WHEN k.book IS NOT NULL THEN coalesce(k.held_paise, 0) END;
    a.facts := k.facts;
  END IF;
  RETURN a;
END $$;
