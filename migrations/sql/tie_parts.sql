-- Notes that several lines of one reference paid one advice together, the last of them p_line, the others lying in suspense: each is
-- cleared whole, by an entry of its own. What the lines take of the advice is counted beside it, and cannot be more than it tells.
--   credited at once             Dr suspense:bank-credits   Cr transit:top-ups
--   it waited for the bank       Dr suspense:bank-credits   Cr wallet
CREATE FUNCTION tie_parts(c credits, p_line bigint, p_parts bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  i suspense_items; e entries; v_entry bigint := c.entry_number;
  v_other integer := CASE c.state WHEN 'credited' THEN account_id('transit:top-ups') ELSE c.book END;
BEGIN
  INSERT INTO split_credits (book, number, amount_paise) VALUES (c.book, c.number, c.amount_paise);
  FOR i IN SELECT * FROM suspense_items WHERE line = ANY (p_parts || p_line) ORDER BY line LOOP
    e := post_entry('suspense-cleared', i.account, v_other, i.amount_paise, NULL, 'bank-line', i.line);
    PERFORM clear_suspense(i.line, e);
    INSERT INTO credit_parts (line, book, number, entry_book, entry_number) VALUES (i.line, c.book, c.number, e.book, e.number);
    UPDATE split_credits SET seen_paise = seen_paise + i.amount_paise WHERE book = c.book AND number = c.number;
    v_entry := coalesce(v_entry, e.number);
  END LOOP;
  IF c.state = 'credited' THEN
    UPDATE books SET untied_paise = untied_paise - c.amount_paise WHERE id = c.book;
    UPDATE limits SET used_paise = used_paise - c.amount_paise WHERE name = 'untied-in-all';
  END IF;
  UPDATE credits SET state = 'tied', line = p_line, entry_number = v_entry WHERE book = c.book AND number = c.number;
  IF c.state <> 'credited' THEN
    PERFORM recover(c.book, 'bank-line', p_line);
  END IF;
END $$;

-- Says whether a line and others, each whole in suspense and promised to nobody, have the reference and day of an open advice of a bank
-- transfer, and are its amount together.
CREATE FUNCTION parts_make_the_credit(l bank_lines, c credits, p_parts bigint[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(c.state IN ('credited', 'awaiting-bank') AND c.channel NOT IN ('cash', 'cdm', 'cheque')
    AND cardinality(p_parts) BETWEEN 1 AND 7 AND l.id <> ALL (p_parts)
    AND c.strong_reference = ANY (l.strong_references || l.deposit_number) AND c.booked_on IN (l.booked_on, l.value_date)
    AND (c.state = 'credited' OR EXISTS (SELECT FROM books WHERE id = c.book AND state <> 'closed'))
    AND (SELECT count(*) = cardinality(p_parts) AND sum(o.amount_paise) + l.amount_paise = c.amount_paise
         FROM suspense_items i JOIN bank_lines o ON o.id = i.line
         WHERE i.line = ANY (p_parts) AND i.cleared_paise = 0 AND i.ordered_back IS NULL
           AND i.account = account_id('suspense:bank-credits') AND c.strong_reference = ANY (o.strong_references || o.deposit_number)
           AND c.booked_on IN (o.booked_on, o.value_date)), false)
$$;

-- Returns the lines that make an advice of a bank transfer together: all that came under its number and day, where each lies whole in
-- suspense, promised to nobody, and shows no other number, and no two may be one. All are the only choice: each has something. NULL
-- where there is none.
CREATE FUNCTION parked_parts(p_number text, p_written text, p_amount bigint, p_day date, p_channel channel) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN p_channel NOT IN ('cash', 'cdm', 'cheque') AND count(*) BETWEEN 2 AND 8 AND sum(l.amount_paise) = p_amount
    AND count(DISTINCT (l.booked_on, l.amount_paise)) = count(*)
    AND bool_and(i.line IS NOT NULL AND p_day IN (l.booked_on, l.value_date) AND l.kind IS NOT NULL
      AND coalesce(l.own_number, p_number) = p_number AND array_remove(l.strong_references || l.deposit_number, NULL) = ARRAY[p_number]
      AND p.rule NOT IN ('reversal', 'twice-credited')) THEN array_agg(l.id ORDER BY l.id) END
  FROM bank_lines l LEFT JOIN bank_line_postings p ON p.line = l.id
  LEFT JOIN suspense_items i ON i.line = l.id AND i.cleared_paise = 0 AND i.ordered_back IS NULL
    AND i.account = account_id('suspense:bank-credits')
  WHERE array_append(l.strong_references, l.deposit_number) && ARRAY[p_number] AND l.direction = 'inflow'
    AND NOT banks_differ(p_number, p_written, l.description || ' ' || l.reference)
$$;

-- One event is of one day, also while that day is being closed: where an advice waited for the bank, its wallet's book and the house
-- book both stand in the later day of the two. The caller holds both.
CREATE FUNCTION lift_to_one_day(c credits) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE books SET open_day = d.day
  FROM (SELECT greatest(max(open_day), india_today()) AS day FROM books WHERE id IN (0, c.book)) d
  WHERE id IN (0, c.book) AND open_day < d.day AND c.state = 'awaiting-bank'
$$;
