-- Posts one line of a released bank file as a rule decided, once. Returns whether it was posted: not where what the rule went by
-- no longer holds, in which case the line is matched again. The caller holds the locks of lock_for_lines.
--   tie            Dr bank                   Cr transit:top-ups (credited at once), or the wallet (it waited for the bank)
--   wallet         Dr bank                   Cr wallet
--   suspense       Dr bank                   Cr suspense:bank-credits
--   charge         Dr bank:charges           Cr bank
--   interest       Dr bank                   Cr bank:interest
--   difference     Dr suspense:differences   Cr bank
CREATE FUNCTION post_bank_line(
  p_line bigint, p_disposition text, p_rule text, p_version integer, p_candidates jsonb, p_reason text,
  p_book integer, p_number bigint
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  l bank_lines; c credits; e entries; v_inflow boolean; v_other integer; v_kind entry_kind;
BEGIN
  SELECT * INTO STRICT l FROM bank_lines WHERE id = p_line;
  IF EXISTS (SELECT FROM bank_line_postings WHERE line = p_line)
     OR NOT EXISTS (SELECT FROM bank_files WHERE id = l.file AND state = 'released') THEN
    RETURN false;
  END IF;
  v_inflow := l.direction = 'inflow';
  IF v_inflow <> (p_disposition NOT IN ('charge', 'difference')) THEN
    RAISE EXCEPTION 'an % cannot be posted as %', l.direction, p_disposition USING ERRCODE = 'check_violation';
  END IF;
  IF p_disposition = 'tie' THEN
    SELECT * INTO c FROM credits WHERE book = p_book AND number = p_number FOR UPDATE;
    IF c.state IS NULL OR c.state NOT IN ('credited', 'awaiting-bank') OR c.amount_paise <> l.amount_paise THEN
      RETURN false;
    END IF;
  END IF;
  IF (p_disposition = 'wallet' OR c.state = 'awaiting-bank')
     AND NOT EXISTS (SELECT FROM books WHERE id = p_book AND id <> 0 AND state <> 'closed') THEN
    RETURN false;
  END IF;

  SELECT x.kind, x.other INTO STRICT v_kind, v_other FROM (VALUES
    ('tie', CASE c.state WHEN 'credited' THEN 'top-up-seen' ELSE 'bank-credit' END,
            CASE c.state WHEN 'credited' THEN account_id('transit:top-ups') ELSE p_book END),
    ('wallet', 'bank-credit', p_book),
    ('suspense', 'suspense', account_id('suspense:bank-credits')),
    ('interest', 'interest', account_id('bank:interest')),
    ('charge', 'charge', account_id('bank:charges')),
    ('difference', 'difference', account_id('suspense:differences'))) AS x (disposition, kind, other)
  WHERE x.disposition = p_disposition;
  e := post_entry(v_kind, CASE WHEN v_inflow THEN l.bank_account ELSE v_other END,
    CASE WHEN v_inflow THEN v_other ELSE l.bank_account END, l.amount_paise, l.booked_on, 'bank-line', l.id);
  INSERT INTO bank_line_postings (line, disposition, rule, rule_version, candidates, reason, book, entry_number, posted_at)
  VALUES (p_line, p_disposition, p_rule, p_version, p_candidates, p_reason, e.book, e.number, e.posted_at);

  IF p_disposition = 'tie' THEN
    PERFORM tie_credit(c, p_line, e);
  ELSIF p_disposition IN ('suspense', 'difference') THEN
    INSERT INTO suspense_items (line, account, amount_paise, reason) VALUES (p_line, v_other, l.amount_paise, p_reason);
  END IF;
  IF v_inflow THEN
    UPDATE bank_references SET line = p_line WHERE reference = ANY (l.strong_references) AND line IS NULL;
  END IF;
  RETURN true;
END $$;

-- Notes on an advice that the bank's line was seen. What had been credited at once is no longer untied.
CREATE FUNCTION tie_credit(c credits, p_line bigint, e entries) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF c.state = 'credited' THEN
    UPDATE books SET untied_paise = untied_paise - c.amount_paise WHERE id = c.book;
    UPDATE limits SET used_paise = used_paise - c.amount_paise WHERE name = 'untied-in-all';
  END IF;
  UPDATE credits SET state = 'tied', line = p_line, entry_number = coalesce(entry_number, e.number)
  WHERE book = c.book AND number = c.number;
END $$;
