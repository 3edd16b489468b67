-- Undoes an entry with its mirror image, once; what the wallet cannot bear is owed by its operator. Entries that belong to a
-- payment, an advice or a bank line are undone by their own verbs, which keep the open items right. Locks the wallet's book.
CREATE FUNCTION reverse_entry(
  p_wallet text, p_number bigint, p_reason text, p_by text, OUT outcome text, OUT facts jsonb, OUT entry text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; e entries; v_by entries; v_mirror entries;
BEGIN
  SELECT * INTO b FROM books WHERE code = p_wallet FOR UPDATE;
  SELECT * INTO e FROM entries WHERE book = b.id AND number = p_number;
  SELECT * INTO v_by FROM reversal_of(b.id, p_number);
  IF e.number IS NULL THEN
    outcome := 'entry-not-found';
  ELSIF v_by.number IS NOT NULL THEN
    outcome := 'already-reversed';
    facts := jsonb_build_object('entry', entry_id(v_by.book, v_by.number));
  ELSIF e.kind <> 'opening' OR e.book = 0 THEN
    outcome := 'entry-not-reversible';
    facts := jsonb_build_object('entry', entry_id(e.book, e.number), 'kind', e.kind);
  ELSE
    v_mirror := take_back('reversal', b.id, e.amount_paise, e.debit_account, NULL, 'entry', e.number,
                          'entry ' || entry_id(e.book, e.number) || ' was reversed: ' || p_reason);
    entry := entry_id(v_mirror.book, v_mirror.number);
    INSERT INTO audit (by_whom, act, subject, facts)
    VALUES (p_by, 'reverse', entry_id(e.book, e.number), jsonb_build_object('reason', p_reason, 'entry', entry));
  END IF;
END $$;

-- Returns the entry that undoes another: its mirror image in the wallet's book or, where the wallet had nothing, what is owed.
CREATE FUNCTION reversal_of(p_book integer, p_number bigint) RETURNS SETOF entries
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT e.* FROM entries e
  WHERE e.book = p_book AND e.source_number = p_number AND e.source = 'entry' AND e.kind = 'reversal'
  UNION ALL
  SELECT e.* FROM receivables r JOIN entries e ON e.book = 0 AND e.source = 'receivable' AND e.source_number = r.id
  WHERE r.book = p_book AND r.undoes = p_number
  LIMIT 1
$$;
