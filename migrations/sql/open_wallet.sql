-- Opens a wallet: its account and its book under one id. Returns the id, NULL where the code is taken.
-- Opening waits while a day begins to close, so that no book is ever opened in a day whose books were lifted already.
CREATE FUNCTION open_wallet(
  p_code text, p_centre_code text, p_centre_name text, p_centre_name_bn text, p_district text, p_floor bigint, p_by text
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_id integer;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtext('days'));
  INSERT INTO accounts (id, code, kind, normal_side)
  SELECT nextval('wallet_account_ids'), 'wallet:' || p_code, 'wallet', 'credit'
  WHERE NOT EXISTS (SELECT FROM accounts WHERE code = 'wallet:' || p_code)
  ON CONFLICT (code) DO NOTHING RETURNING id INTO v_id;
  IF v_id IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO books (id, code, floor_paise, open_day)
  VALUES (v_id, p_code, p_floor, greatest(india_today(), (SELECT max(day) + 1 FROM days)));
  INSERT INTO wallets (book, centre_code, centre_name, centre_name_bn, district)
  VALUES (v_id, p_centre_code, p_centre_name, p_centre_name_bn, p_district);
  INSERT INTO wallet_events (book, event, by_whom) VALUES (v_id, 'open', p_by);
  RETURN v_id;
END $$;
