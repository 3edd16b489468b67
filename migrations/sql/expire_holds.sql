-- Gives back a wallet's lapsed holds; the minute job's work, a book at a time. Returns the paise freed.
CREATE FUNCTION expire_holds(p_book integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM FROM books WHERE id = p_book FOR UPDATE;
  RETURN release_lapsed(p_book);
END $$;
