-- Returns the paise that a service allows off a demand of p_amount on a day, 0 where it allows nothing: so many basis points of it,
-- rounded down to whole paise; or so many paise off each demand that is larger.
CREATE FUNCTION rebate_on(p_department text, p_service text, p_amount bigint, p_day date) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(sum(CASE WHEN amount_paise IS NULL THEN div(p_amount::numeric * basis_points, 10000)
                           WHEN amount_paise < p_amount THEN amount_paise END), 0)::bigint
  FROM service_rebates
  WHERE department = p_department AND service = p_service AND p_day BETWEEN first_day AND coalesce(last_day, 'infinity')
$$;

-- Posts a demand on which the department allows a rebate, and returns the payment's entry. The rebate stands before it, at the same
-- instant and of the same day, so that the wallet is nowhere lower than it ends. The caller holds the book and keeps its floor.
--   Dr department   Cr wallet       p_rebate
--   Dr wallet       Cr department   p_demand
CREATE FUNCTION post_rebated_payment(p_book integer, p_account integer, p_demand bigint, p_rebate bigint, p_debit bigint)
RETURNS entries
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; e entries; v_now timestamptz := instant();
BEGIN
  UPDATE books SET number = number + 2, current_paise = current_paise + p_rebate - p_demand,
    open_day = greatest(open_day, india_today())
  WHERE id = p_book RETURNING * INTO STRICT b;
  INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                       business_day, value_date, kind, source)
  VALUES (v_now, b.number - 1, p_rebate, b.current_paise + p_demand, p_debit, p_book, p_account, p_book,
          b.open_day, least(india_today(), b.open_day), 'rebate', 'debit'),
         (v_now, b.number, p_demand, b.current_paise, p_debit, p_book, p_book, p_account,
          b.open_day, least(india_today(), b.open_day), 'payment', 'debit');
  INSERT INTO rebates (book, number, entry_number, amount_paise) VALUES (p_book, p_debit, b.number - 1, p_rebate);
  SELECT * INTO STRICT e FROM entries WHERE book = p_book AND number = b.number;
  RETURN e;
END $$;

-- Pays a demand at once with the rebate that `pay_with_care` found, which holds the wallet's book and has looked at everything else.
CREATE FUNCTION pay_rebated(
  p_client integer, p_key bytea, p_hash bytea, b books, s services, p_amount bigint, p_rebate bigint,
  p_ticket text, p_application text, p_consumer text, p_narration text
) RETURNS placed_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE e entries; a placed_answer; v_debit integer := b.debits + 1;
BEGIN
  a.facts := coalesce(same_ticket(p_client, p_ticket), '{}') || jsonb_build_object('rebate_paise', p_rebate);
  UPDATE books SET debits = v_debit WHERE id = b.id;
  e := post_rebated_payment(b.id, s.account, p_amount, p_rebate, v_debit);
  INSERT INTO debits (book, number, client, department, service, amount_paise, captured_paise, refunded_paise, entry_number, state,
                      placed_at, business_day, service_ticket_no, application_no, consumer_no, narration)
  VALUES (b.id, v_debit, p_client, s.department, s.code, p_amount, p_amount, p_rebate, e.number, 'captured',
          e.posted_at, e.business_day, p_ticket, p_application, p_consumer, p_narration);
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number, held_paise, facts)
  VALUES (e.posted_at, p_client, p_key, 'captured', substr(p_hash, 1, 16), b.id, v_debit, nullif(b.held_paise, 0), a.facts);
  RETURN (false, 'captured', e.balance_paise, b.held_paise, a.facts, v_debit, e.number, e.posted_at, e.business_day)::placed_answer;
END $$;
