-- Undoes an entry with its mirror image, once. Entries that belong to a payment, an advice or a bank line are undone by their own
-- verbs, which keep the open items right. Locks the wallet's book.
CREATE FUNCTION reverse_entry(
  p_wallet text, p_number bigint, p_reason text, p_by text, OUT outcome text, OUT facts jsonb, OUT entry text
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; e entries; v_by entries; v_mirror entries;
BEGIN
  SELECT * INTO b FROM books WHERE code = p_wallet FOR UPDATE;
  SELECT * INTO e FROM entries WHERE book = b.id AND number = p_number;
  SELECT * INTO v_by FROM entries WHERE book = b.id AND source_number = p_number AND source = 'entry' AND kind = 'reversal';
  IF e.number IS NULL THEN
    outcome := 'entry-not-found';
  ELSIF v_by.number IS NOT NULL THEN
    outcome := 'already-reversed';
    facts := jsonb_build_object('entry', entry_id(v_by.book, v_by.number));
  ELSIF e.kind <> 'opening' OR e.book = 0 THEN
    outcome := 'entry-not-reversible';
    facts := jsonb_build_object('entry', entry_id(e.book, e.number), 'kind', e.kind);
  ELSIF e.credit_account = b.id AND b.current_paise - b.held_paise - e.amount_paise < b.floor_paise THEN
    outcome := 'insufficient-funds';
    facts := jsonb_build_object('wallet', p_wallet, 'needed_paise', e.amount_paise,
      'available_paise', b.current_paise - b.held_paise, 'floor_paise', b.floor_paise);
  ELSE
    v_mirror := post_entry('reversal', e.credit_account, e.debit_account, e.amount_paise, NULL, 'entry', e.number);
    entry := entry_id(v_mirror.book, v_mirror.number);
    INSERT INTO audit (by_whom, act, subject, facts)
    VALUES (p_by, 'reverse', entry_id(e.book, e.number), jsonb_build_object('reason', p_reason, 'entry', entry));
  END IF;
END $$;
