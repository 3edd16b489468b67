-- An advice of settlement: an instruction to pay a department what is due, by two persons, with a number of its financial year.

-- Returns what may still be advised of each service's account: what is due and in no advice, less the shortfall carried over and
-- what went back today beyond what came in. What is advised and not paid never exceeds what the account owes.
CREATE FUNCTION room_for_advices(p_department text) RETURNS TABLE (service text, paise bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT v.code,
    (coalesce((SELECT sum(s.due_paise) FROM settlements s WHERE s.account = v.account AND s.due_paise > 0
       AND NOT EXISTS (SELECT FROM advised_settlements i WHERE i.settlement = s.id AND i.is_live)), 0)
    - coalesce((SELECT s.carried_paise FROM settlements s WHERE s.account = v.account ORDER BY s.day DESC LIMIT 1), 0)
    + least((SELECT sum(CASE WHEN m.is_credit THEN m.paise ELSE -m.paise END)
       FROM collections_moved(coalesce((SELECT max(day) FROM settlement_days), '-infinity'), 'infinity') m
       WHERE m.account = v.account), 0))::bigint
  FROM services v WHERE v.department = p_department
$$;

-- Says why these settlements cannot be advised: each must be due as it was shown, whole, and in no other advice, and what is
-- advised of a service together no more than its account owes; nor may the department's lists contradict more of it in all
-- than was shown.
CREATE FUNCTION settlement_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_gone text; v_sum bigint; v_lacks text; v_contested bigint;
BEGIN
  SELECT format('The settlement of service %s for %s is advised already, or is another than was shown.', x.told ->> 'service',
                x.told ->> 'day') INTO v_gone
  FROM jsonb_array_elements(j -> 'settlements') x (told)
  LEFT JOIN (settlements s JOIN services v ON v.account = s.account) ON s.id = (x.told ->> 'settlement')::bigint
    AND v.department = j ->> 'department' AND v.code = x.told ->> 'service' AND s.day = (x.told ->> 'day')::date
    AND s.due_paise = paise(x.told ->> 'amount')
  WHERE s.id IS NULL OR EXISTS (SELECT FROM advised_settlements i WHERE i.settlement = s.id AND i.is_live)
  ORDER BY x.told ->> 'day', x.told ->> 'service' LIMIT 1;
  SELECT sum(paise(told ->> 'amount')) INTO v_sum FROM jsonb_array_elements(j -> 'settlements') x (told);
  SELECT format('Service %s went back in part since: its account owes no more than %s for an advice, and this takes %s.',
                x.service, rupees(greatest(r.paise, 0)), rupees(x.paise)) INTO v_lacks
  FROM (SELECT told ->> 'service' AS service, sum(paise(told ->> 'amount'))::bigint AS paise
        FROM jsonb_array_elements(j -> 'settlements') y (told) GROUP BY 1) x
  JOIN room_for_advices(j ->> 'department') r ON r.service = x.service AND x.paise > r.paise ORDER BY x.service LIMIT 1;
  SELECT coalesce(sum(t.paise), 0) INTO v_contested FROM jsonb_array_elements(j -> 'settlements') x (told)
  CROSS JOIN LATERAL (SELECT c.paise FROM settlements_in_tie_out c WHERE c.settlement = (told ->> 'settlement')::bigint OFFSET 0) t;
  RETURN coalesce(v_gone, v_lacks,
    CASE WHEN v_contested > paise(j ->> 'in_tie_out')
      THEN format('The department''s lists contradict %s of it by now, and %s when it was proposed.', rupees(v_contested),
                  j ->> 'in_tie_out') END,
    CASE WHEN v_sum IS DISTINCT FROM paise(j ->> 'amount') THEN 'The settlements do not make the amount.' END);
END $$;

-- Says why an advice of this number does not wait for its payout any more.
CREATE FUNCTION open_advice_refusal(p_number text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN count(*) = 0 THEN 'There is no such advice of settlement.'
    WHEN bool_or(line IS NOT NULL) THEN 'The advice was paid.'
    WHEN bool_or(called_off IS NOT NULL) THEN 'The advice was called off.' END
  FROM settlement_advices WHERE number = p_number
$$;

-- Says why debits that nobody could explain are not the payout of an advice: what is open of the one or two lines must cover it.
CREATE FUNCTION tie_settlement_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_open bigint; v_amount bigint; v_lines bigint[] := settling_lines(j);
BEGIN
  SELECT sum(i.amount_paise - i.cleared_paise) INTO v_open FROM suspense_items i
  WHERE i.line = ANY (v_lines) AND i.account = account_id('suspense:differences');
  SELECT amount_paise INTO v_amount FROM settlement_advices WHERE number = j ->> 'advice';
  RETURN coalesce(open_advice_refusal(j ->> 'advice'),
    (SELECT line_refusal(line, 'suspense:differences', 1) AS why FROM unnest(v_lines) line ORDER BY why LIMIT 1),
    CASE WHEN v_amount IS DISTINCT FROM paise(j ->> 'amount') THEN 'The advice is of another amount than was shown.'
      WHEN v_open < v_amount
      THEN format('The advice is of %s, and no more than %s is open.', rupees(v_amount), rupees(v_open)) END);
END $$;

-- Says why money in suspense is not the payout of an advice that came back: the advice must be paid, and the line cover it.
CREATE FUNCTION returned_settlement_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a settlement_advices; v_line bigint := (j ->> 'line')::bigint;
BEGIN
  SELECT * INTO a FROM settlement_advices WHERE number = j ->> 'advice';
  RETURN CASE WHEN a.id IS NULL THEN 'There is no such advice of settlement.'
    WHEN a.line IS NULL THEN 'The advice was not paid.'
    WHEN a.returned IS NOT NULL THEN 'The payout of the advice came back already.'
    WHEN a.amount_paise IS DISTINCT FROM paise(j ->> 'amount') THEN 'The advice is of another amount than was shown.'
    ELSE coalesce(line_refusal(v_line, 'suspense:bank-credits', a.amount_paise), ordered_back_refusal(v_line)) END;
END $$;

CREATE FUNCTION settling_lines(j jsonb) RETURNS bigint[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN j ->> 'with_line' IS NULL OR j ->> 'with_line' = j ->> 'line' THEN ARRAY[(j ->> 'line')::bigint]
    ELSE ARRAY[(j ->> 'line')::bigint, (j ->> 'with_line')::bigint] END
$$;

-- Locks the settlements and the advice that a proposal names; first the departments, whose advices together are bounded.
CREATE FUNCTION lock_settlements(p_named jsonb[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('settlements advised'), hashtext(x.department))
  FROM (SELECT DISTINCT j ->> 'department' AS department FROM unnest(p_named) j WHERE j ? 'settlements' ORDER BY 1) x;
  PERFORM FROM (SELECT FROM settlements WHERE id IN (
    SELECT (told ->> 'settlement')::bigint FROM unnest(p_named) j, jsonb_array_elements(j -> 'settlements') x (told))
    ORDER BY id FOR UPDATE) locked;
  PERFORM FROM (SELECT FROM settlement_advices WHERE number IN (SELECT j ->> 'advice' FROM unnest(p_named) j)
                ORDER BY id FOR UPDATE) locked;
END $$;

-- Writes the advice of what was approved. Moves nothing: the bank's line does.
CREATE FUNCTION advise_settlement(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_year text := to_char(india_today() - interval '3 months', 'YY'); v_number text; v_advice bigint;
BEGIN
  v_year := v_year || lpad(((v_year::integer + 1) % 100)::text, 2, '0');
  INSERT INTO settlement_series AS s (financial_year, last) VALUES (v_year, 1)
  ON CONFLICT (financial_year) DO UPDATE SET last = s.last + 1
  RETURNING 'SA' || s.financial_year || lpad(s.last::text, 6, '0') INTO v_number;
  INSERT INTO settlement_advices (number, department, amount_paise, approval, advised_at)
  VALUES (v_number, j ->> 'department', paise(j ->> 'amount'), p.id, instant()) RETURNING id INTO v_advice;
  INSERT INTO advised_settlements (advice, settlement, amount_paise)
  SELECT v_advice, (told ->> 'settlement')::bigint, paise(told ->> 'amount')
  FROM jsonb_array_elements(j -> 'settlements') x (told) ORDER BY (told ->> 'settlement')::bigint;
END $$;

-- Takes an advice back that was not paid: what it advised is due again.
CREATE FUNCTION call_off_settlement(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_advice bigint;
BEGIN
  UPDATE settlement_advices SET called_off = p.id WHERE number = j ->> 'advice' RETURNING id INTO STRICT v_advice;
  UPDATE advised_settlements SET is_live = false WHERE advice = v_advice;
END $$;

-- Notes under which reference the bank carried a payout out, while it has not shown it. Returns why it cannot be noted.
CREATE FUNCTION record_utr(p_number text, p_utr text, p_strong text, OUT outcome text, OUT facts jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a settlement_advices;
BEGIN
  SELECT * INTO a FROM settlement_advices WHERE number = p_number FOR UPDATE;
  facts := jsonb_build_object('advice', p_number);
  IF a.id IS NULL THEN
    outcome := 'advice-not-found';
  ELSIF a.line IS NOT NULL OR a.called_off IS NOT NULL THEN
    outcome := 'advice-not-open';
    facts := facts || jsonb_build_object('state', CASE WHEN a.line IS NULL THEN 'called-off' ELSE 'paid' END);
  ELSE
    UPDATE settlement_advices SET utr = p_utr, strong_utr = p_strong WHERE id = a.id;
    facts := NULL;
  END IF;
END $$;
