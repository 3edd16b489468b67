-- Takes back what had been credited: from the wallet as far as available reaches, the rest is owed by its operator. The caller
-- holds the wallet's book. Returns the first entry that it posted. Where both books take an entry, both stand in the later day of
-- the two: one event is of one day, also while that day is being closed and only the house book still stands in it.
--   Dr wallet                  Cr the other account   what available covers
--   Dr receivable:<operator>   Cr the other account   the rest
CREATE FUNCTION take_back(
  p_kind entry_kind, p_book integer, p_amount bigint, p_other integer, p_value_date date,
  p_source source_kind, p_source_number bigint, p_reason text
) RETURNS entries
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; e entries; f entries; v_taken bigint; v_receivable bigint; v_day date;
BEGIN
  PERFORM release_lapsed(p_book);
  SELECT * INTO STRICT b FROM books WHERE id = p_book FOR UPDATE;
  v_taken := least(p_amount, greatest(b.current_paise - b.held_paise - b.floor_paise, 0));
  IF v_taken BETWEEN 1 AND p_amount - 1 THEN
    SELECT greatest(open_day, b.open_day, india_today()) INTO STRICT v_day FROM books WHERE id = 0 FOR UPDATE;
    UPDATE books SET open_day = v_day WHERE id IN (0, p_book) AND open_day < v_day;
  END IF;
  IF v_taken > 0 THEN
    e := post_entry(p_kind, p_book, p_other, v_taken, p_value_date, p_source, p_source_number);
  END IF;
  IF v_taken < p_amount THEN
    INSERT INTO receivables (book, amount_paise, line, undoes, reason, opened_at)
    VALUES (p_book, p_amount - v_taken, CASE p_source WHEN 'bank-line' THEN p_source_number END,
            CASE p_source WHEN 'entry' THEN p_source_number END, p_reason, instant()) RETURNING id INTO v_receivable;
    UPDATE books SET owed_paise = owed_paise + p_amount - v_taken WHERE id = p_book;
    f := post_entry('owed', open_account('receivable:' || b.code), p_other, p_amount - v_taken, p_value_date,
                    'receivable', v_receivable);
  END IF;
  RETURN CASE WHEN v_taken > 0 THEN e ELSE f END;
END $$;

-- Repays what an operator owes from what a top-up made available, oldest first; posted right after the top-up, with its source.
--   Dr wallet   Cr receivable:<operator>
CREATE FUNCTION recover(p_book integer, p_source source_kind, p_source_number bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; v_amount bigint;
BEGIN
  SELECT * INTO STRICT b FROM books WHERE id = p_book;
  v_amount := least(b.owed_paise, greatest(b.current_paise - b.held_paise - b.floor_paise, 0));
  IF v_amount = 0 THEN
    RETURN;
  END IF;
  PERFORM post_entry('recovery', p_book, account_id('receivable:' || b.code), v_amount, NULL, p_source, p_source_number);
  UPDATE books SET owed_paise = owed_paise - v_amount WHERE id = p_book;
  UPDATE receivables r SET recovered_paise = r.recovered_paise + x.taken
  FROM (SELECT id, greatest(0, least(amount_paise - recovered_paise, v_amount
          - coalesce(sum(amount_paise - recovered_paise) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
        )) AS taken
        FROM receivables WHERE book = p_book AND recovered_paise < amount_paise) x
  WHERE r.id = x.id AND x.taken > 0;
END $$;
