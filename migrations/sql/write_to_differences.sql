-- Writes money in suspense to the differences: the bank shows more than anybody can explain. What is written so is an item of its
-- own, of the age of its line, until it is explained or written off.
--   Dr suspense:bank-credits   Cr suspense:differences
CREATE FUNCTION write_to_differences(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE e entries; v_line bigint := (j ->> 'line')::bigint;
BEGIN
  e := post_entry('difference', account_id('suspense:bank-credits'), account_id('suspense:differences'), paise(j ->> 'amount'),
                  NULL, 'approval', p.id);
  PERFORM clear_suspense(v_line, e), note_executed(p.id, e);
  INSERT INTO surpluses (id, line, amount_paise, entry_number, reason) VALUES (p.id, v_line, e.amount_paise, e.number, j ->> 'reason');
END $$;

-- Credits a wallet with what had been written to the differences, in part or whole, once it is known whose it is.
--   Dr suspense:differences   Cr wallet
CREATE FUNCTION credit_surplus(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE e entries; v_book integer;
BEGIN
  SELECT id INTO STRICT v_book FROM books WHERE code = j ->> 'wallet';
  e := post_entry('difference-explained', account_id('suspense:differences'), v_book, paise(j ->> 'amount'), NULL, 'approval', p.id);
  PERFORM clear_surplus((j ->> 'surplus')::bigint, e), note_executed(p.id, e);
  PERFORM recover(v_book, 'approval', p.id);
END $$;

-- Explains what the bank took by what had been written to the differences: it was that money going back. It comes back to suspense,
-- and goes from there.
--   Dr suspense:differences    Cr suspense:bank-credits
--   Dr suspense:bank-credits   Cr suspense:differences
CREATE FUNCTION explain_by_surplus(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  e entries; v_suspense integer := account_id('suspense:bank-credits'); v_differences integer := account_id('suspense:differences');
BEGIN
  e := post_entry('suspense', v_differences, v_suspense, paise(j ->> 'amount'), NULL, 'approval', p.id);
  PERFORM clear_surplus((j ->> 'surplus')::bigint, e), note_executed(p.id, e);
  e := post_entry('difference-explained', v_suspense, v_differences, paise(j ->> 'amount'), NULL, 'approval', p.id);
  PERFORM clear_suspense((j ->> 'line')::bigint, e), note_executed(p.id, e);
END $$;

-- Gives up finding whose a difference is. What the bank took too much was a charge; what it gave too much is the scheme's owner's.
--   Dr bank:charges            Cr suspense:differences
--   Dr suspense:differences    Cr bank:interest
CREATE FUNCTION write_off(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE e entries; v_amount bigint := paise(j ->> 'amount');
BEGIN
  IF j ? 'surplus' THEN
    e := post_entry('write-off', account_id('suspense:differences'), account_id('bank:interest'), v_amount, NULL, 'approval', p.id);
    PERFORM clear_surplus((j ->> 'surplus')::bigint, e);
  ELSE
    e := post_entry('write-off', account_id('bank:charges'), account_id('suspense:differences'), v_amount, NULL, 'approval', p.id);
    PERFORM clear_suspense((j ->> 'line')::bigint, e);
  END IF;
  PERFORM note_executed(p.id, e);
END $$;

CREATE FUNCTION clear_surplus(p_surplus bigint, e entries) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  UPDATE surpluses SET cleared_paise = cleared_paise + e.amount_paise WHERE id = p_surplus;
  INSERT INTO surplus_clearings (surplus, book, entry_number, amount_paise) VALUES (p_surplus, e.book, e.number, e.amount_paise);
$$;

CREATE FUNCTION surplus_refusal(p_surplus bigint, p_amount bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_open bigint;
BEGIN
  SELECT amount_paise - cleared_paise INTO v_open FROM surpluses WHERE id = p_surplus;
  RETURN CASE WHEN v_open IS NULL THEN format('Nothing was written to the differences as %s.', p_surplus)
    WHEN v_open < p_amount THEN format('Of surplus %s no more than %s is open.', p_surplus, rupees(v_open)) END;
END $$;
