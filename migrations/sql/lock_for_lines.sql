-- The locks under which bank lines are posted, in the order of all locks: references sorted, the sum of what is untied, books by
-- id, the house book last. What is decided between the two calls is read by statements of its own, after the wait.
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
