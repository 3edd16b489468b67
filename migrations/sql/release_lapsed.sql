-- Gives back what a wallet's lapsed holds still hold, under the book's lock, which the caller has. Returns the paise freed.
CREATE FUNCTION release_lapsed(p_book integer) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_freed bigint;
BEGIN
  WITH lapsed AS (
    UPDATE debits SET state = 'expired', released_paise = amount_paise, closed_at = instant()
    WHERE book = p_book AND state = 'held' AND expires_at <= instant()
    RETURNING amount_paise)
  SELECT coalesce(sum(amount_paise), 0) INTO v_freed FROM lapsed;
  IF v_freed > 0 THEN
    UPDATE books SET held_paise = held_paise - v_freed WHERE id = p_book;
    PERFORM settle_unknown(p_book, number) FROM unknown_payments WHERE book = p_book AND resolved_at IS NULL;
  END IF;
  RETURN v_freed;
END $$;
