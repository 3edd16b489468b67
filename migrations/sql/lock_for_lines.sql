-- The locks under which bank lines are posted, in the order of all locks: references sorted, the sum of what is untied, books by
-- id, the house book last. What is decided under them is read by statements of its own, after the wait.
CREATE FUNCTION lock_bank_references(p_references text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO bank_references (reference) SELECT DISTINCT r FROM unnest(p_references) r ORDER BY r ON CONFLICT DO NOTHING;
  PERFORM FROM (SELECT FROM bank_references WHERE reference = ANY (p_references) ORDER BY reference FOR UPDATE) locked;
  PERFORM FROM limits WHERE name = 'untied-in-all' FOR UPDATE;
END $$;

CREATE FUNCTION lock_books_and_house(p_books integer[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM (SELECT FROM books WHERE id = ANY (p_books) AND id <> 0 ORDER BY id FOR UPDATE) locked;
  PERFORM FROM books WHERE id = 0 FOR UPDATE;
END $$;

-- Returns every number of the lines that lie in suspense under one of some references which an advice has. Rarely there is any: the
-- references' own rows tell, before the lines are looked for.
CREATE FUNCTION numbers_of_parts(p_references text[]) RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_shown text[] := ARRAY(SELECT reference FROM bank_references
                          WHERE reference = ANY (p_references) AND line IS NOT NULL AND credit_number IS NOT NULL);
BEGIN
  RETURN CASE WHEN v_shown = '{}' THEN '{}' ELSE ARRAY(
    SELECT DISTINCT n.number FROM bank_lines l JOIN suspense_items i ON i.line = l.id AND i.cleared_paise = 0
    CROSS JOIN LATERAL unnest(array_append(l.strong_references, l.deposit_number)) AS n (number)
    WHERE array_append(l.strong_references, l.deposit_number) && v_shown AND n.number IS NOT NULL) END;
END $$;

-- Takes all locks under which a batch of lines is posted: of their references, of the amounts and days of deposits, and of the books
-- of everybody to whom a rule may give one of them, or from whom the bank may take back what it credited under the numbers p_going;
-- under these settlements may be paid out too. Whose advice or claim it is cannot change under the first two; so the books found
-- here are those that will be found again. A line in suspense that may be a part of an advice is locked by all of its numbers, as
-- whoever else may take it does.
CREATE FUNCTION lock_for_lines(p_references text[], p_amounts bigint[], p_days date[], p_tokens text[], p_going text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_books integer[]; v_references text[] := p_references || numbers_of_parts(p_references);
BEGIN
  PERFORM lock_bank_references(v_references);
  IF NOT numbers_of_parts(p_references) <@ v_references THEN
    RAISE EXCEPTION 'a part of an advice was parked meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  PERFORM lock_deposits(p_amounts, p_days);
  SELECT array_agg(book) INTO v_books FROM (
    SELECT credit_book AS book FROM bank_references WHERE reference = ANY (p_references) AND credit_book IS NOT NULL
    UNION ALL
    SELECT book FROM claims WHERE state IN ('open', 'offered') AND deposit_number = ANY (p_references)
    UNION ALL
    SELECT c.book FROM unnest(p_amounts, p_days) AS x (amount, day)
    JOIN claims c ON c.amount_paise = x.amount AND c.deposited_on = x.day AND c.state IN ('open', 'offered')
    UNION ALL
    SELECT c.book FROM unnest(p_amounts, p_days) AS x (amount, day)
    JOIN credits c ON c.amount_paise = x.amount AND c.booked_on = x.day AND c.state = 'awaiting-bank'
      AND c.channel IN ('cash', 'cdm', 'cheque')
    UNION ALL
    SELECT id FROM books WHERE code = ANY (p_tokens)) found;
  IF p_going <> '{}' THEN  -- Rare, and planned by itself: what few lines ask for must not cost every batch.
    PERFORM FROM (SELECT FROM settlement_advices WHERE number = ANY (p_going) OR strong_utr = ANY (p_going)
                  ORDER BY id FOR UPDATE) locked;
    v_books := v_books || ARRAY(
      SELECT p.book FROM bank_lines l JOIN bank_line_postings p ON p.line = l.id AND p.disposition IN ('claim', 'wallet')
      WHERE array_append(l.strong_references, l.deposit_number) && p_going);
  END IF;
  PERFORM lock_books_and_house(coalesce(v_books, '{}'));
END $$;
