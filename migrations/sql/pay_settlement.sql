-- A settlement is paid when the bank shows its payout: an entry for each settlement that the advice took, once each.
--   Dr department   Cr bank

-- Says whether a line that went out pays these advices: all of one department, none paid or called off, together its amount.
CREATE FUNCTION advices_are_paid_by(l bank_lines, p_advices jsonb) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(count(*) = jsonb_array_length(p_advices) AND sum(a.amount_paise) = l.amount_paise
    AND count(DISTINCT a.department) = 1 AND bool_and(a.line IS NULL AND a.called_off IS NULL), false)
  FROM settlement_advices a
  WHERE a.id IN (SELECT (t ->> 1)::bigint FROM jsonb_array_elements(p_advices) t)
$$;

-- Posts the payout of advices by a line of the bank; the caller holds their rows. Returns the first entry.
CREATE FUNCTION pay_advices(l bank_lines, p_advices jsonb) RETURNS entries
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x record; e entries; v_first entries;
BEGIN
  FOR x IN SELECT i.id, i.amount_paise, s.account FROM advised_settlements i JOIN settlements s ON s.id = i.settlement
    WHERE i.is_live AND i.advice IN (SELECT (t ->> 1)::bigint FROM jsonb_array_elements(p_advices) t) ORDER BY i.id LOOP
    e := post_entry('settlement', x.account, l.bank_account, x.amount_paise, l.booked_on, 'settlement', x.id);
    UPDATE advised_settlements SET entry_number = e.number WHERE id = x.id;
    IF v_first.number IS NULL THEN
      v_first := e;
    END IF;
  END LOOP;
  UPDATE settlement_advices SET line = l.id, paid_at = instant()
  WHERE id IN (SELECT (t ->> 1)::bigint FROM jsonb_array_elements(p_advices) t);
  RETURN v_first;
END $$;

-- Pays an advice by debits that nobody could explain, as two persons decided: what was parked is cleared, the first line first.
--   Dr department   Cr suspense:differences
CREATE FUNCTION tie_settlement(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a settlement_advices; x record; e entries; v_line bigint; v_left bigint; v_part bigint;
BEGIN
  SELECT * INTO STRICT a FROM settlement_advices WHERE number = j ->> 'advice';
  FOR x IN SELECT i.id, i.amount_paise, s.account FROM advised_settlements i JOIN settlements s ON s.id = i.settlement
    WHERE i.is_live AND i.advice = a.id ORDER BY i.id LOOP
    e := post_entry('settlement', x.account, account_id('suspense:differences'), x.amount_paise, NULL, 'settlement', x.id);
    UPDATE advised_settlements SET entry_number = e.number WHERE id = x.id;
    PERFORM note_executed(p.id, e);
    v_left := x.amount_paise;
    FOREACH v_line IN ARRAY settling_lines(j) LOOP
      SELECT least(v_left, amount_paise - cleared_paise) INTO v_part FROM suspense_items WHERE line = v_line;
      IF v_part > 0 THEN
        UPDATE suspense_items SET cleared_paise = cleared_paise + v_part WHERE line = v_line;
        INSERT INTO suspense_clearings (line, book, entry_number, amount_paise) VALUES (v_line, e.book, e.number, v_part);
        v_left := v_left - v_part;
      END IF;
    END LOOP;
    IF v_left > 0 THEN
      RAISE EXCEPTION 'lines under lock do not cover the advice %', a.number USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  UPDATE settlement_advices SET line = (j ->> 'line')::bigint, paid_at = instant() WHERE id = a.id;
END $$;

-- Notes that a payout came back, as two persons decided: what it paid is due again, for another advice.
--   Dr suspense:bank-credits   Cr department
CREATE FUNCTION return_settlement(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x record; e entries;
BEGIN
  FOR x IN SELECT i.id, i.amount_paise, s.account FROM settlement_advices a JOIN advised_settlements i ON i.advice = a.id
    JOIN settlements s ON s.id = i.settlement WHERE a.number = j ->> 'advice' AND i.is_live ORDER BY i.id LOOP
    e := post_entry('return', account_id('suspense:bank-credits'), x.account, x.amount_paise, NULL, 'settlement', x.id);
    UPDATE advised_settlements SET is_live = false, returned_entry = e.number WHERE id = x.id;
    PERFORM clear_suspense((j ->> 'line')::bigint, e), note_executed(p.id, e);
  END LOOP;
  UPDATE settlement_advices SET returned = p.id WHERE number = j ->> 'advice';
END $$;

-- Returns the advices that an unexplained debit names and does not pay: how the bank's amount differs from what of the advice's own
-- department was named, and what was found; that may name other departments' advices.
CREATE FUNCTION settlements_differing() RETURNS TABLE (advice bigint, line bigint, state text, words text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT DISTINCT ON (a.id) a.id, i.line,
    CASE WHEN i.amount_paise < x.advised THEN 'short' WHEN i.amount_paise > x.advised THEN 'excess' END, i.reason
  FROM suspense_items i JOIN bank_line_postings p ON p.line = i.line
  JOIN settlement_advices a ON p.candidates ? a.number
  CROSS JOIN LATERAL (SELECT sum(n.amount_paise) AS advised FROM settlement_advices n
    WHERE p.candidates ? n.number AND n.department = a.department) x
  WHERE i.account = account_id('suspense:differences') AND i.cleared_paise < i.amount_paise AND p.rule = 'settled'
    AND a.line IS NULL AND a.called_off IS NULL ORDER BY a.id, i.line
$$;

-- Says why an advice cannot be called off though it waits: the bank paid something for it, which would be paid once more.
CREATE FUNCTION begun_advice_refusal(p_number text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT format('Bank line %s names the advice, and paid something for it: tie it to the advice, or explain it otherwise first.', x.line)
  FROM settlements_differing() x JOIN settlement_advices a ON a.id = x.advice WHERE a.number = p_number
$$;
