-- A day closes in three steps: it begins to close, every book is lifted to the next day (a few hundred a transaction, the house
-- book last; each lift waits for that book's posting in flight), and then its sums are taken. Payments go on meanwhile.

CREATE FUNCTION begin_closing(p_day date, p_by text, OUT outcome text, OUT facts jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_next date;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('days'));
  v_next := coalesce((SELECT max(day) + 1 FROM days WHERE closed_at IS NOT NULL),
                     (SELECT min(business_day) FROM entries WHERE business_day <= p_day), p_day);
  facts := jsonb_build_object('day', v_next);
  IF p_day > india_today() THEN
    outcome := 'day-in-future';
    facts := jsonb_build_object('day', p_day);
  ELSIF p_day < v_next THEN
    outcome := 'day-closed';
    facts := jsonb_build_object('day', p_day);
  ELSIF p_day > v_next THEN
    outcome := 'earlier-day-open';
  ELSE
    INSERT INTO days (day, began_at, began_by) VALUES (p_day, instant(), p_by) ON CONFLICT (day) DO NOTHING;
  END IF;
END $$;

-- Lifts up to p_limit books, or the house book when no other is left, and returns how many it lifted: 0 when all are.
-- Books that a posting holds are passed over at first, and then waited for one at a time: whoever waits for a book that this
-- waits for holds no other book up.
CREATE FUNCTION lift_books(p_day date, p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_lifted integer;
  v_book integer;
BEGIN
  IF NOT EXISTS (SELECT FROM days WHERE day = p_day AND closed_at IS NULL) THEN
    RETURN 0;
  END IF;
  UPDATE books SET open_day = p_day + 1 WHERE open_day <= p_day AND id IN (
    SELECT id FROM books WHERE open_day <= p_day AND id <> 0 ORDER BY id LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_lifted = ROW_COUNT;
  WHILE v_lifted = 0 LOOP
    SELECT min(id) INTO v_book FROM books WHERE open_day <= p_day AND id <> 0;
    EXIT WHEN v_book IS NULL;
    UPDATE books SET open_day = p_day + 1 WHERE id = v_book AND open_day <= p_day;
    GET DIAGNOSTICS v_lifted = ROW_COUNT;  -- None where the posting that was waited for has lifted it itself.
  END LOOP;
  IF v_lifted = 0 THEN
    UPDATE books SET open_day = p_day + 1 WHERE id = 0 AND open_day <= p_day;
    GET DIAGNOSTICS v_lifted = ROW_COUNT;
  END IF;
  RETURN v_lifted;
END $$;

-- Takes the sums of a day whose books are all lifted, and closes it. Returns false where it is closed already.
CREATE FUNCTION finish_closing(p_day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM days WHERE day = p_day AND closed_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM books WHERE open_day <= p_day) THEN
    RAISE EXCEPTION 'a book still stands in %', p_day USING ERRCODE = 'restrict_violation';
  END IF;
  INSERT INTO day_books (book, day, number)
  SELECT book, p_day, max(number) FROM entries WHERE business_day = p_day GROUP BY book;
  INSERT INTO day_balances (account, day, balance_paise)
  SELECT d.book, p_day, e.balance_paise
  FROM day_books d JOIN entries e ON e.book = d.book AND e.number = d.number WHERE d.day = p_day AND d.book <> 0;
  INSERT INTO day_balances (account, day, balance_paise)
  SELECT m.account, p_day, coalesce(s.balance_paise, 0) + CASE a.normal_side WHEN 'debit' THEN m.net ELSE -m.net END
  FROM day_movements(p_day, p_day) m
  JOIN accounts a ON a.id = m.account
  LEFT JOIN LATERAL (SELECT balance_paise FROM day_balances WHERE account = m.account AND day < p_day
                     ORDER BY day DESC LIMIT 1) s ON true;
  UPDATE days SET closed_at = instant() WHERE day = p_day;
  RETURN true;
END $$;

-- Returns what the accounts without a balance row moved in business days from p_first to p_last: debits less credits.
CREATE FUNCTION day_movements(p_first date, p_last date) RETURNS TABLE (account integer, net bigint)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT moved.account, sum(moved.net)::bigint
  FROM entries e CROSS JOIN LATERAL (
    VALUES (e.debit_account, e.amount_paise), (e.credit_account, -e.amount_paise)) moved (account, net)
  WHERE e.business_day BETWEEN p_first AND p_last AND moved.account <> e.book
  GROUP BY moved.account
$$;

-- Returns the balance of every account without a balance row that ever moved, at the end of a business day (of all days
-- with 'infinity'), on its normal side: its snapshot of the last day closed by then, and what was posted since. It has no
-- settings of its own, so that the planner looks through it: asked for one account, it reads that account's rows alone.
CREATE FUNCTION house_balances(p_day date) RETURNS TABLE (account integer, code text, kind account_kind, balance_paise bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT a.id, a.code, a.kind,
    coalesce(s.balance_paise, 0) + CASE a.normal_side WHEN 'debit' THEN 1 ELSE -1 END * coalesce(m.net, 0)
  FROM accounts a
  LEFT JOIN LATERAL (SELECT b.balance_paise FROM day_balances b WHERE b.account = a.id AND b.day <= p_day
                     ORDER BY b.day DESC LIMIT 1) s ON true
  LEFT JOIN (
    SELECT moved.account, sum(moved.net)::bigint AS net FROM (
      SELECT e.debit_account AS account, e.amount_paise AS net, e.business_day FROM entries e WHERE e.debit_account <> e.book
      UNION ALL
      SELECT e.credit_account, -e.amount_paise, e.business_day FROM entries e WHERE e.credit_account <> e.book) moved
    WHERE moved.business_day <= p_day AND moved.business_day
      > coalesce((SELECT max(d.day) FROM days d WHERE d.closed_at IS NOT NULL AND d.day <= p_day), '-infinity')
    GROUP BY moved.account) m ON m.account = a.id
  WHERE a.id < 1000000 AND (s.balance_paise IS NOT NULL OR m.net IS NOT NULL)
$$;

-- Returns what all wallets have together at the end of a business day, likewise.
CREATE FUNCTION wallets_balance(p_day date) RETURNS TABLE (balance_paise bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT (coalesce((
    SELECT sum(s.balance_paise) FROM books b CROSS JOIN LATERAL (
      SELECT x.balance_paise FROM day_balances x WHERE x.account = b.id AND x.day <= p_day ORDER BY x.day DESC LIMIT 1) s
    WHERE b.id <> 0), 0) + coalesce((
    SELECT sum(CASE WHEN e.credit_account = e.book THEN e.amount_paise ELSE -e.amount_paise END) FROM entries e
    WHERE e.book <> 0 AND e.business_day <= p_day AND e.business_day
      > coalesce((SELECT max(d.day) FROM days d WHERE d.closed_at IS NOT NULL AND d.day <= p_day), '-infinity')), 0))::bigint
$$;
