-- Withdraws an advice that the bank never saw: what it credited is taken back. Returns NULL when done, else why not.
-- Locks: the bank reference, the sum of what is untied, the wallet's book, the house book.
--   Dr wallet, the rest receivable:<operator>   Cr transit:top-ups
CREATE FUNCTION withdraw_advice(
  p_wallet text, p_number bigint, p_reason text, p_by text, OUT outcome text, OUT facts jsonb
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; c credits;
BEGIN
  SELECT x.* INTO c FROM credits x JOIN books o ON o.id = x.book WHERE o.code = p_wallet AND x.number = p_number;
  facts := jsonb_build_object('credit', credit_id(p_wallet, p_number), 'state', c.state);
  IF c.number IS NULL THEN
    outcome := 'credit-not-found';
    RETURN;
  END IF;
  PERFORM FROM bank_references WHERE reference = c.strong_reference FOR UPDATE;
  PERFORM FROM limits WHERE name = 'untied-in-all' FOR UPDATE;
  SELECT * INTO b FROM books WHERE id = c.book FOR UPDATE;
  SELECT * INTO c FROM credits WHERE book = c.book AND number = c.number;
  IF c.state NOT IN ('credited', 'awaiting-bank') THEN
    outcome := 'credit-not-open';
    facts := facts || jsonb_build_object('state', c.state);
    RETURN;
  END IF;
  IF c.state = 'credited' THEN
    PERFORM take_back('return', c.book, c.amount_paise, account_id('transit:top-ups'), NULL, 'credit', c.number,
                      'the credit ' || credit_id(p_wallet, p_number) || ' was withdrawn: ' || p_reason);
    UPDATE books SET untied_paise = untied_paise - c.amount_paise WHERE id = c.book;
    UPDATE limits SET used_paise = used_paise - c.amount_paise WHERE name = 'untied-in-all';
  END IF;
  UPDATE credits SET state = 'withdrawn', reason = p_reason, withdrawn_on = india_today()
  WHERE book = c.book AND number = c.number;
  INSERT INTO audit (by_whom, act, subject, facts)
  VALUES (p_by, 'withdraw-advice', credit_id(p_wallet, p_number), jsonb_build_object('reason', p_reason));
END $$;
