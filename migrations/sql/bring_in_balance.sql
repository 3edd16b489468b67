-- Brings in a balance from before. A bank account's, with which its chain begins, whichever of its released files is posted
-- first; a wallet's, once unless reversed.
--   bank     Dr bank               Cr opening:balances   (the other way round where the account was overdrawn)
--   wallet   Dr opening:balances   Cr wallet
CREATE FUNCTION bring_in_bank_balance(p_file bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE f bank_files; e entries; v_opening integer := account_id('opening:balances');
BEGIN
  SELECT * INTO STRICT f FROM bank_files WHERE id = p_file AND state = 'released';
  PERFORM FROM bank_accounts WHERE account = f.bank_account AND opening_entry IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT * INTO STRICT f FROM bank_files WHERE bank_account = f.bank_account AND state = 'released'
  ORDER BY period_first, id LIMIT 1;
  IF f.opening_paise <> 0 THEN
    e := post_entry('opening', CASE WHEN f.opening_paise > 0 THEN f.bank_account ELSE v_opening END,
      CASE WHEN f.opening_paise > 0 THEN v_opening ELSE f.bank_account END,
      abs(f.opening_paise), f.period_first, 'bank-file', f.id);
  END IF;
  UPDATE bank_accounts SET opening_entry = coalesce(e.number, 0) WHERE account = f.bank_account;
END $$;

CREATE FUNCTION bring_in_wallet_balance(p_wallet text, p_amount bigint, p_by text, OUT outcome text, OUT entry text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; e entries;
BEGIN
  SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
  outcome := CASE WHEN b.id IS NULL THEN 'wallet-not-found' WHEN b.state = 'closed' THEN 'wallet-closed'
    WHEN EXISTS (SELECT FROM entries x WHERE x.book = b.id AND x.kind = 'opening'
                 AND NOT EXISTS (SELECT FROM reversal_of(b.id, x.number)))
    THEN 'balance-brought-in' END;
  IF outcome IS NULL THEN
    e := post_entry('opening', account_id('opening:balances'), b.id, p_amount, NULL, 'wallet', b.number + 1);
    INSERT INTO audit (by_whom, act, subject) VALUES (p_by, 'bring-in-balance', entry_id(e.book, e.number));
    entry := entry_id(e.book, e.number);
  END IF;
END $$;
