-- Writes one entry into its book: takes the number and the day from the book's row, which this locks. The wallet that the
-- entry moves is the book; an entry that moves none stands in the house book. A wallet's floor is kept by the book's own
-- constraints. Not offered to the service's role: verbs call it.
CREATE FUNCTION post_entry(
  p_kind entry_kind, p_debit integer, p_credit integer, p_amount bigint, p_value_date date,
  p_source source_kind, p_source_number bigint
) RETURNS entries
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_book integer := CASE WHEN p_debit >= 1000000 THEN p_debit WHEN p_credit >= 1000000 THEN p_credit ELSE 0 END;
  b books;
  e entries;
BEGIN
  UPDATE books SET
    number = number + 1,
    current_paise = current_paise + CASE v_book WHEN 0 THEN 0 WHEN p_credit THEN p_amount ELSE -p_amount END,
    open_day = greatest(open_day, india_today())
  WHERE id = v_book RETURNING * INTO STRICT b;
  INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                       business_day, value_date, kind, source)
  VALUES (instant(), b.number, p_amount, CASE v_book WHEN 0 THEN NULL ELSE b.current_paise END, p_source_number, v_book,
          p_debit, p_credit, b.open_day, coalesce(p_value_date, least(india_today(), b.open_day)), p_kind, p_source)
  RETURNING * INTO e;
  RETURN e;
END $$;

CREATE FUNCTION account_id(p_code text) RETURNS integer
LANGUAGE sql STABLE AS $$ SELECT id FROM accounts WHERE code = p_code $$;
