-- Explains what the bank took: it was a deposit going back that had lain in suspense and was credited to a wallet since. The wallet
-- gives it back as far as available reaches; the rest is owed by its operator. An advice of it is returned with it.
--   Dr wallet, the rest receivable:<operator>   Cr suspense:differences
CREATE FUNCTION take_from_wallet(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  b books; e entries; v_house bigint; v_amount bigint := paise(j ->> 'amount'); v_line bigint := (j ->> 'line')::bigint;
  v_deposit bigint := (j ->> 'deposit')::bigint;
BEGIN
  SELECT * INTO STRICT b FROM books WHERE code = j ->> 'wallet';
  SELECT h.number INTO STRICT v_house FROM books h WHERE h.id = 0 FOR UPDATE;
  INSERT INTO deposits_taken_back AS t (line, book, credited_paise, taken_paise)
  VALUES (v_deposit, b.id, credited_from_suspense(v_deposit, b.id), v_amount)
  ON CONFLICT (line, book) DO UPDATE SET credited_paise = excluded.credited_paise, taken_paise = t.taken_paise + v_amount;
  UPDATE credits SET state = 'withdrawn', reason = 'returned by the bank' WHERE line = v_deposit AND book = b.id AND state = 'tied';
  PERFORM take_back('return', b.id, v_amount, account_id('suspense:differences'), NULL, 'approval', p.id,
                    format('the bank took bank line %s back by bank line %s: %s', v_deposit, v_line, j ->> 'reason'));
  FOR e IN SELECT * FROM entries x WHERE (x.book = b.id AND x.number > b.number) OR (x.book = 0 AND x.number > v_house)
           ORDER BY x.book = 0 LOOP
    PERFORM clear_suspense(v_line, e), note_executed(p.id, e);
  END LOOP;
END $$;

CREATE FUNCTION taken_back_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; v_left bigint; v_deposit bigint := (j ->> 'deposit')::bigint; v_advised bigint;
BEGIN
  SELECT * INTO b FROM books WHERE code = j ->> 'wallet' AND id <> 0;
  v_left := credited_from_suspense(v_deposit, b.id)
    - coalesce((SELECT taken_paise FROM deposits_taken_back WHERE line = v_deposit AND book = b.id), 0);
  SELECT amount_paise INTO v_advised FROM credits WHERE line = v_deposit AND book = b.id AND state = 'tied';
  RETURN CASE WHEN b.id IS NULL THEN 'There is no such wallet.'
    WHEN v_left = 0 THEN format('Nothing of bank line %s was credited to the wallet out of suspense and not taken back.', v_deposit)
    WHEN v_left < paise(j ->> 'amount') THEN
      format('Of bank line %s no more than %s was credited to the wallet and not taken back.', v_deposit, rupees(v_left))
    WHEN v_advised <> paise(j ->> 'amount') THEN
      format('It was advised as %s: the advice goes back whole.', rupees(v_advised)) END;
END $$;

-- Returns what of a deposit in suspense was credited to a wallet, however often, in paise.
CREATE FUNCTION credited_from_suspense(p_line bigint, p_book integer) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(sum(c.amount_paise), 0)::bigint FROM suspense_clearings c
  JOIN entries e ON e.book = c.book AND e.number = c.entry_number
  WHERE c.line = p_line AND c.book = p_book AND e.kind = 'suspense-cleared' AND e.credit_account = p_book
$$;
