-- Explains what the bank took: it was a deposit going back that a wallet has had. The wallet gives it back as far as available
-- reaches; the rest is owed by its operator. An advice of it is returned with it, also where it was a part of one: what is left of
-- that is for persons to take, no longer for a rule.
--   Dr wallet, the rest receivable:<operator>   Cr suspense:differences
CREATE FUNCTION take_from_wallet(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  b books; e entries; v_house bigint; v_amount bigint := paise(j ->> 'amount'); v_line bigint := (j ->> 'line')::bigint;
  v_deposit bigint := (j ->> 'deposit')::bigint;
BEGIN
  SELECT * INTO STRICT b FROM books WHERE code = j ->> 'wallet';
  SELECT h.number INTO STRICT v_house FROM books h WHERE h.id = 0 FOR UPDATE;
  PERFORM note_taken_back(v_deposit, b.id, v_amount);
  UPDATE credits SET state = 'withdrawn', reason = 'returned by the bank' WHERE book = b.id AND number = (
    SELECT number FROM advices_of_deposit(v_deposit, b.id) WHERE is_split OR amount_paise = v_amount ORDER BY number LIMIT 1);
  PERFORM take_back('return', b.id, v_amount, account_id('suspense:differences'), NULL, 'approval', p.id,
                    format('the bank took bank line %s back by bank line %s: %s', v_deposit, v_line, j ->> 'reason'));
  FOR e IN SELECT * FROM entries x WHERE (x.book = b.id AND x.number > b.number) OR (x.book = 0 AND x.number > v_house)
           ORDER BY x.book = 0 LOOP
    PERFORM clear_suspense(v_line, e), note_executed(p.id, e);
  END LOOP;
END $$;

CREATE FUNCTION taken_back_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; v_left bigint; v_deposit bigint := (j ->> 'deposit')::bigint; v_amount bigint := paise(j ->> 'amount'); v_advised text;
BEGIN
  SELECT * INTO b FROM books WHERE code = j ->> 'wallet' AND id <> 0;
  v_left := had_of_deposit(v_deposit, b.id)
    - coalesce((SELECT taken_paise FROM deposits_taken_back WHERE line = v_deposit AND book = b.id), 0);
  SELECT string_agg(rupees(amount_paise), ', ' ORDER BY number) INTO v_advised FROM advices_of_deposit(v_deposit, b.id)
  HAVING NOT bool_or(is_split OR amount_paise = v_amount);
  RETURN CASE WHEN b.id IS NULL THEN 'There is no such wallet.'
    WHEN v_left = 0 THEN format('Nothing of bank line %s was credited to the wallet and not taken back.', v_deposit)
    WHEN v_left < v_amount THEN
      format('Of bank line %s no more than %s was credited to the wallet and not taken back.', v_deposit, rupees(v_left))
    WHEN v_advised IS NOT NULL THEN format('It was advised as %s: an advice goes back whole.', v_advised) END;
END $$;

-- Returns a wallet's tied advices of a deposit: those of which it is the line, and the one of which it is a part.
CREATE FUNCTION advices_of_deposit(p_line bigint, p_book integer)
RETURNS TABLE (number bigint, amount_paise bigint, is_split boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.number, c.amount_paise, s.number IS NOT NULL
  FROM credits c LEFT JOIN split_credits s ON s.book = c.book AND s.number = c.number
  WHERE c.book = p_book AND c.state = 'tied' AND c.number IN (
    SELECT k.number FROM credits k WHERE k.line = p_line AND k.book = p_book
    UNION SELECT q.number FROM credit_parts q WHERE q.line = p_line AND q.book = p_book)
$$;

-- Returns what a wallet has had of a deposit, however often and in whatever way, in paise: out of suspense, as parts of an advice that
-- had credited it at once, out of the differences, by the deposit's line itself, or by an advice that the line tied.
CREATE FUNCTION had_of_deposit(p_line bigint, p_book integer) RETURNS bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(sum(x.amount_paise), 0)::bigint FROM (
    SELECT c.amount_paise FROM suspense_clearings c JOIN entries e ON e.book = c.book AND e.number = c.entry_number
    WHERE c.line = p_line AND c.book = p_book AND e.kind = 'suspense-cleared' AND e.credit_account = p_book
    UNION ALL
    SELECT c.amount_paise FROM credit_parts q JOIN suspense_clearings c ON c.line = q.line AND c.book = q.entry_book
      AND c.entry_number = q.entry_number
    WHERE q.line = p_line AND q.book = p_book AND q.entry_book = 0
    UNION ALL
    SELECT c.amount_paise FROM surpluses s JOIN surplus_clearings c ON c.surplus = s.id
    WHERE s.line = p_line AND c.book = p_book
    UNION ALL
    SELECT l.amount_paise FROM bank_line_postings p JOIN bank_lines l ON l.id = p.line
    WHERE p.line = p_line AND p.book = p_book AND p.disposition IN ('claim', 'wallet')
    UNION ALL
    SELECT k.amount_paise FROM bank_line_postings p JOIN credits k ON k.line = p.line
    WHERE p.line = p_line AND k.book = p_book AND p.disposition IN ('tie', 'together')) x
$$;

-- Counts what a wallet has given back of a deposit, which cannot be more than it has had of it.
CREATE FUNCTION note_taken_back(p_line bigint, p_book integer, p_amount bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO deposits_taken_back AS t (line, book, credited_paise, taken_paise)
  VALUES (p_line, p_book, had_of_deposit(p_line, p_book), p_amount)
  ON CONFLICT (line, book) DO UPDATE SET credited_paise = excluded.credited_paise,
    taken_paise = t.taken_paise + excluded.taken_paise
$$;

-- Counts what a line of the bank took back of a wallet's deposits by itself: their lines, and paise of each.
CREATE FUNCTION note_returned(p_by_line bigint, p_book integer, p_lines bigint[], p_paise bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT note_taken_back(x.line, p_book, x.paise) FROM unnest(p_lines, p_paise) AS x (line, paise);
  INSERT INTO deposits_returned (by_line, line, book, amount_paise)
  SELECT p_by_line, x.line, p_book, x.paise FROM unnest(p_lines, p_paise) AS x (line, paise)
$$;

-- Counts that a line of the bank took back an advice: by the lines that made it together, else by its own.
CREATE FUNCTION note_advice_returned(c credits, p_by_line bigint) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT note_returned(p_by_line, c.book, coalesce(array_agg(l.id), ARRAY[c.line]),
                       coalesce(array_agg(l.amount_paise), ARRAY[c.amount_paise]))
  FROM credit_parts q JOIN bank_lines l ON l.id = q.line WHERE q.book = c.book AND q.number = c.number
$$;
