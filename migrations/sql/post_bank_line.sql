-- Posts one line of a released bank file as a rule decided, once. Returns whether it was posted: not where what the rule went by
-- no longer holds, in which case the line is matched again. The caller holds the locks of lock_for_lines.
--   tie            Dr bank                   Cr transit:top-ups (credited at once), or the wallet (it waited for the bank)
--   claim          Dr bank                   Cr wallet
--   wallet         Dr bank                   Cr wallet
--   suspense       Dr bank                   Cr suspense:bank-credits
--   charge         Dr bank:charges           Cr bank
--   interest       Dr bank                   Cr bank:interest
--   difference     Dr suspense:differences   Cr bank
--   return         Dr wallet, the rest receivable:<operator>   Cr bank
CREATE FUNCTION post_bank_line(
  p_line bigint, p_disposition text, p_rule text, p_version integer, p_candidates jsonb, p_reason text,
  p_book integer, p_number bigint
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  l bank_lines; c credits; e entries; v_inflow boolean; v_other integer; v_kind entry_kind;
BEGIN
  SELECT * INTO STRICT l FROM bank_lines WHERE id = p_line;
  v_inflow := l.direction = 'inflow';
  IF v_inflow <> (p_disposition NOT IN ('charge', 'difference', 'return')) THEN
    RAISE EXCEPTION 'an % cannot be posted as %', l.direction, p_disposition USING ERRCODE = 'check_violation';
  END IF;
  IF p_disposition IN ('tie', 'return') THEN
    SELECT * INTO c FROM credits WHERE book = p_book AND number = p_number FOR UPDATE;
  END IF;
  IF NOT line_can_be_posted(l, p_disposition, c, p_book, p_number) THEN
    RETURN false;
  END IF;

  SELECT x.kind, x.other INTO STRICT v_kind, v_other FROM (VALUES
    ('tie', CASE c.state WHEN 'credited' THEN 'top-up-seen' ELSE 'bank-credit' END,
            CASE c.state WHEN 'credited' THEN account_id('transit:top-ups') ELSE p_book END),
    ('claim', 'bank-credit', p_book),
    ('wallet', 'bank-credit', p_book),
    ('suspense', 'suspense', account_id('suspense:bank-credits')),
    ('interest', 'interest', account_id('bank:interest')),
    ('charge', 'charge', account_id('bank:charges')),
    ('difference', 'difference', account_id('suspense:differences')),
    ('return', 'return', p_book)) AS x (disposition, kind, other)
  WHERE x.disposition = p_disposition;
  IF p_disposition = 'return' THEN
    e := take_back(v_kind, p_book, l.amount_paise, l.bank_account, l.booked_on, 'bank-line', l.id, p_reason);
  ELSE
    e := post_entry(v_kind, CASE WHEN v_inflow THEN l.bank_account ELSE v_other END,
      CASE WHEN v_inflow THEN v_other ELSE l.bank_account END, l.amount_paise, l.booked_on, 'bank-line', l.id);
  END IF;
  INSERT INTO bank_line_postings (line, disposition, rule, rule_version, candidates, reason, book, entry_number, posted_at)
  VALUES (p_line, p_disposition, p_rule, p_version, p_candidates, p_reason, e.book, e.number, e.posted_at);

  CASE p_disposition
    WHEN 'tie' THEN PERFORM tie_credit(c, p_line, e);
    WHEN 'claim' THEN
      PERFORM tie_claim(p_book, p_number, p_line, e, p_reason);
      PERFORM tie_twin_credit(p_book, p_number, p_line, e);
    WHEN 'suspense', 'difference' THEN
      INSERT INTO suspense_items (line, account, amount_paise, reason) VALUES (p_line, v_other, l.amount_paise, p_reason);
    WHEN 'return' THEN
      UPDATE credits SET state = 'withdrawn', reason = 'returned by the bank' WHERE book = c.book AND number = c.number;
    ELSE NULL;
  END CASE;
  IF v_kind = 'bank-credit' THEN
    PERFORM recover(p_book, 'bank-line', p_line);
  END IF;
  IF v_inflow AND p_rule <> 'reversal' THEN  -- What the bank takes back is no deposit of anybody's.
    UPDATE bank_references SET line = p_line
    WHERE reference = ANY (l.strong_references || l.deposit_number) AND line IS NULL;
  END IF;
  RETURN true;
END $$;

-- Says whether what a rule went by still holds, under the locks of the batch.
CREATE FUNCTION line_can_be_posted(l bank_lines, p_disposition text, c credits, p_book integer, p_number bigint)
RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM bank_line_postings WHERE line = l.id)
     OR NOT EXISTS (SELECT FROM bank_files WHERE id = l.file AND state = 'released') THEN
    RETURN false;
  END IF;
  IF p_disposition = 'return' THEN
    RETURN coalesce(c.state = 'tied' AND c.amount_paise = l.amount_paise, false);
  END IF;
  IF p_disposition = 'tie' AND NOT coalesce(c.state IN ('credited', 'awaiting-bank') AND c.amount_paise = l.amount_paise, false)
  THEN
    RETURN false;
  END IF;
  IF p_disposition = 'claim' AND NOT EXISTS (SELECT FROM claims x WHERE x.book = p_book AND x.number = p_number
       AND x.state IN ('open', 'offered') AND x.amount_paise = l.amount_paise) THEN
    RETURN false;
  END IF;
  RETURN p_disposition NOT IN ('wallet', 'claim') AND c.state IS DISTINCT FROM 'awaiting-bank'
    OR EXISTS (SELECT FROM books WHERE id = p_book AND id <> 0 AND state <> 'closed');
END $$;

-- Notes on an advice that the bank's line was seen. What had been credited at once is no longer untied. The operator's claim
-- of the same deposit, if there is one, is tied with it: they are one.
CREATE FUNCTION tie_credit(c credits, p_line bigint, e entries) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF c.state = 'credited' THEN
    UPDATE books SET untied_paise = untied_paise - c.amount_paise WHERE id = c.book;
    UPDATE limits SET used_paise = used_paise - c.amount_paise WHERE name = 'untied-in-all';
  END IF;
  UPDATE credits SET state = 'tied', line = p_line, entry_number = coalesce(entry_number, e.number)
  WHERE book = c.book AND number = c.number;
  PERFORM tie_twin_claim(c, p_line, e);
END $$;

-- An advice and a claim of the same wallet, amount and date are one candidate: what ties the one ties the other.
CREATE FUNCTION tie_twin_claim(c credits, p_line bigint, e entries) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT tie_claim(x.book, x.number, p_line, e, 'Advised as well, and tied with that credit.') FROM claims x
  WHERE x.book = c.book AND x.amount_paise = c.amount_paise AND x.deposited_on = c.booked_on
    AND x.state IN ('open', 'offered') AND c.channel IN ('cash', 'cdm', 'cheque')
  ORDER BY x.number LIMIT 1
$$;

CREATE FUNCTION tie_twin_credit(p_book integer, p_claim bigint, p_line bigint, e entries) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE credits SET state = 'tied', line = p_line, entry_number = e.number
  WHERE book = p_book AND number = (
    SELECT c.number FROM credits c JOIN claims x ON x.book = p_book AND x.number = p_claim
    WHERE c.book = p_book AND c.amount_paise = x.amount_paise AND c.booked_on = x.deposited_on
      AND c.state = 'awaiting-bank' AND c.channel IN ('cash', 'cdm', 'cheque') ORDER BY c.number LIMIT 1)
$$;
