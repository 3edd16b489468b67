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
--   together       Dr bank                   Cr transit:top-ups (several advices, p_credits, all credited at once)
--   parts          Dr bank                   Cr suspense:bank-credits, from where it goes on with the lines p_parts: see tie_parts
--   settlement     Dr department             Cr bank (the advices of settlement p_credits): see pay_advices
--   undo           what became of the line p_number, the other way round: see undo_line
CREATE FUNCTION post_bank_line(
  p_line bigint, p_disposition text, p_rule text, p_version integer, p_candidates jsonb, p_reason text,
  p_book integer, p_number bigint, p_credits jsonb, p_parts jsonb
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  l bank_lines; c credits; e entries; v_inflow boolean; v_other integer; v_kind entry_kind;
  v_parts bigint[] := ARRAY(SELECT x::bigint FROM jsonb_array_elements_text(p_parts) x);
BEGIN
  SELECT * INTO STRICT l FROM bank_lines WHERE id = p_line;
  v_inflow := l.direction = 'inflow';
  IF p_disposition <> 'undo' AND v_inflow <> (p_disposition NOT IN ('charge', 'difference', 'return', 'settlement')) THEN
    RAISE EXCEPTION 'an % cannot be posted as %', l.direction, p_disposition USING ERRCODE = 'check_violation';
  END IF;
  IF p_disposition IN ('tie', 'return', 'parts') THEN
    SELECT * INTO c FROM credits WHERE book = p_book AND number = p_number FOR UPDATE;
  END IF;
  PERFORM FROM credits x JOIN jsonb_array_elements(p_credits) t ON x.book = (t ->> 0)::integer AND x.number = (t ->> 1)::bigint
  ORDER BY x.book, x.number FOR UPDATE OF x;
  IF NOT line_can_be_posted(l, p_disposition, c, p_book, p_number, p_credits, v_parts) THEN
    RETURN false;
  END IF;

  SELECT x.kind, x.other INTO STRICT v_kind, v_other FROM (VALUES
    ('tie', CASE c.state WHEN 'credited' THEN 'top-up-seen' ELSE 'bank-credit' END,
            CASE c.state WHEN 'credited' THEN account_id('transit:top-ups') ELSE p_book END),
    ('together', 'top-up-seen', account_id('transit:top-ups')),
    ('undo', 'return', NULL),
    ('settlement', 'settlement', NULL),
    ('claim', 'bank-credit', p_book),
    ('wallet', 'bank-credit', p_book),
    ('suspense', 'suspense', account_id('suspense:bank-credits')),
    ('parts', 'suspense', account_id('suspense:bank-credits')),
    ('interest', 'interest', account_id('bank:interest')),
    ('charge', 'charge', account_id('bank:charges')),
    ('difference', 'difference', account_id('suspense:differences')),
    ('return', 'return', p_book)) AS x (disposition, kind, other)
  WHERE x.disposition = p_disposition;
  IF p_disposition = 'return' THEN
    e := take_back(v_kind, p_book, l.amount_paise, l.bank_account, l.booked_on, 'bank-line', l.id, p_reason);
  ELSIF p_disposition = 'undo' THEN
    e := undo_line(l, p_number, p_reason);
  ELSIF p_disposition = 'settlement' THEN
    e := pay_advices(l, p_credits);
  ELSE
    IF p_disposition = 'parts' THEN
      PERFORM lift_to_one_day(c);
    END IF;
    e := post_entry(v_kind, CASE WHEN v_inflow THEN l.bank_account ELSE v_other END,
      CASE WHEN v_inflow THEN v_other ELSE l.bank_account END, l.amount_paise, l.booked_on, 'bank-line', l.id);
  END IF;
  INSERT INTO bank_line_postings (line, disposition, rule, rule_version, candidates, reason, book, entry_number, posted_at)
  VALUES (p_line, p_disposition, p_rule, p_version, p_candidates, p_reason, e.book, e.number, e.posted_at);

  CASE p_disposition
    WHEN 'tie' THEN PERFORM tie_credit(c, p_line, e);
    WHEN 'together' THEN PERFORM tie_credits_together(l, p_credits, e);
    WHEN 'undo' THEN
      INSERT INTO undone_lines (line, by_line) VALUES (p_number, p_line);
      PERFORM note_returned(p_line, d.book, ARRAY[d.line], ARRAY[l.amount_paise]) FROM bank_line_postings d
      WHERE d.line = p_number AND d.disposition IN ('claim', 'wallet');
      UPDATE credits SET state = 'withdrawn', reason = 'returned by the bank', line = NULL WHERE line = p_number;
    WHEN 'claim' THEN
      PERFORM tie_claim(p_book, p_number, p_line, e, p_reason);
      PERFORM tie_twin_credit(p_book, p_number, p_line, e);
    WHEN 'suspense', 'difference', 'parts' THEN
      INSERT INTO suspense_items (line, account, amount_paise, reason) VALUES (p_line, v_other, l.amount_paise, p_reason);
      IF p_disposition = 'parts' THEN
        PERFORM tie_parts(c, p_line, v_parts);
      END IF;
    WHEN 'return' THEN
      PERFORM note_advice_returned(c, p_line);
      UPDATE credits SET state = 'withdrawn', reason = 'returned by the bank' WHERE book = c.book AND number = c.number;
    ELSE NULL;
  END CASE;
  IF v_kind = 'bank-credit' THEN
    PERFORM recover(p_book, 'bank-line', p_line);
  END IF;
  IF v_inflow AND p_rule <> 'reversal' THEN  -- What the bank takes back is no deposit of anybody's.
    UPDATE bank_references SET line = p_line
    WHERE reference = ANY (l.strong_references || l.deposit_number)
      AND (line IS NULL OR p_disposition IN ('tie', 'together', 'parts', 'claim', 'wallet'));
  END IF;
  RETURN true;
END $$;

-- Says whether what a rule went by still holds, under the locks of the batch.
CREATE FUNCTION line_can_be_posted(
  l bank_lines, p_disposition text, c credits, p_book integer, p_number bigint, p_credits jsonb, p_parts bigint[]
) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM bank_line_postings WHERE line = l.id)
     OR NOT EXISTS (SELECT FROM bank_files WHERE id = l.file AND state = 'released') THEN
    RETURN false;
  END IF;
  IF p_disposition = 'undo' THEN
    RETURN EXISTS (
      SELECT FROM bank_lines o JOIN bank_line_postings p ON p.line = o.id LEFT JOIN suspense_items i ON i.line = o.id
      WHERE o.id = p_number AND o.direction <> l.direction AND o.amount_paise = l.amount_paise
        AND NOT EXISTS (SELECT FROM credits k WHERE k.line = o.id AND k.state = 'withdrawn')
        AND (o.strong_references || o.deposit_number) && (l.strong_references || l.deposit_number)
        AND (p.disposition IN ('suspense', 'difference') AND i.cleared_paise = 0
          OR p.disposition IN ('claim', 'wallet') AND is_told_to_take_back(l, o))
        AND NOT EXISTS (SELECT FROM undone_lines u WHERE u.line = o.id)
        AND NOT EXISTS (SELECT FROM deposits_taken_back t WHERE t.line = o.id));
  END IF;
  IF p_disposition = 'settlement' THEN
    RETURN advices_are_paid_by(l, p_credits);
  END IF;
  IF p_disposition = 'together' THEN
    RETURN coalesce((
      SELECT count(x.number) BETWEEN 2 AND 8 AND count(*) = count(x.number) AND sum(x.amount_paise) = l.amount_paise
        AND bool_and(x.state = 'credited')
      FROM (SELECT DISTINCT (t ->> 0)::integer AS book, (t ->> 1)::bigint AS number FROM jsonb_array_elements(p_credits) t) t
      LEFT JOIN credits x USING (book, number)), false);
  END IF;
  IF p_disposition = 'parts' THEN
    RETURN parts_make_the_credit(l, c, p_parts);
  END IF;
  IF p_disposition = 'return' THEN
    RETURN coalesce(c.state = 'tied' AND c.amount_paise = l.amount_paise, false)
      AND NOT EXISTS (SELECT FROM undone_lines u WHERE u.line = c.line);
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

-- Says whether a line may take another back from a wallet: the descriptions of both show one number, or its own words say that the
-- bank takes back. Where the words were not read when the line was stored, the rule alone has read them.
CREATE FUNCTION is_told_to_take_back(l bank_lines, o bank_lines) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT l.kind IS NULL OR o.kind IS NULL OR l.is_reversal OR coalesce(l.own_number = o.own_number, false)
$$;

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

-- Notes on several advices, all credited at once, that one line of the bank paid them together. What each of them takes of the line
-- is counted in the line's own row, which cannot count more than the line has.
CREATE FUNCTION tie_credits_together(l bank_lines, p_credits jsonb, e entries) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x record;
BEGIN
  INSERT INTO shared_lines (line, amount_paise) VALUES (l.id, l.amount_paise);
  FOR x IN SELECT k.*, row_number() OVER (ORDER BY k.book, k.number) AS place FROM credits k
    JOIN jsonb_array_elements(p_credits) t ON k.book = (t ->> 0)::integer AND k.number = (t ->> 1)::bigint LOOP
    UPDATE shared_lines SET tied_paise = tied_paise + x.amount_paise WHERE line = l.id;
    UPDATE books SET untied_paise = untied_paise - x.amount_paise WHERE id = x.book;
    UPDATE limits SET used_paise = used_paise - x.amount_paise WHERE name = 'untied-in-all';
    UPDATE credits SET state = 'tied', line = l.id, share = x.place WHERE book = x.book AND number = x.number;
  END LOOP;
END $$;

-- Posts that the bank took or gave back another line, which is undone by that. Returns the first entry.
--   a deposit in suspense           Dr suspense:bank-credits                    Cr bank
--   a deposit in a wallet           Dr wallet, the rest receivable:<operator>   Cr bank
--   a debit that was unexplained    Dr bank                                     Cr suspense:differences
CREATE FUNCTION undo_line(l bank_lines, p_line bigint, p_reason text) RETURNS entries
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p bank_line_postings; e entries;
BEGIN
  SELECT * INTO STRICT p FROM bank_line_postings WHERE line = p_line;
  IF p.disposition IN ('claim', 'wallet') THEN
    RETURN take_back('return', p.book, l.amount_paise, l.bank_account, l.booked_on, 'bank-line', l.id, p_reason);
  ELSIF p.disposition = 'suspense' THEN
    e := post_entry('suspense-cleared', account_id('suspense:bank-credits'), l.bank_account, l.amount_paise, l.booked_on,
                    'bank-line', l.id);
  ELSE
    e := post_entry('difference-explained', l.bank_account, account_id('suspense:differences'), l.amount_paise, l.booked_on,
                    'bank-line', l.id);
  END IF;
  PERFORM clear_suspense(p_line, e);
  RETURN e;
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
