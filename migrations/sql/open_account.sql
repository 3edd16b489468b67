-- Opens one of the house's accounts, whose kind its code tells, and returns its id; it may be open already.
CREATE FUNCTION open_account(p_code text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_kind account_kind := CASE
    WHEN p_code ~ '^department:[A-Z]{3}:[0-9]{3}$' THEN 'department'
    WHEN p_code ~ '^receivable:[A-Z][A-Z0-9]{3,19}$' THEN 'receivable'
    WHEN p_code ~ '^bank:[a-z0-9]+(:[a-z0-9-]+)*$' AND p_code NOT IN ('bank:charges', 'bank:interest') THEN 'bank' END;
  v_id integer;
BEGIN
  IF v_kind IS NULL THEN
    RAISE EXCEPTION 'no account of the house is called %', p_code USING ERRCODE = 'check_violation';
  END IF;
  INSERT INTO accounts (id, code, kind, normal_side)
  SELECT nextval('house_account_ids'), p_code, v_kind, CASE v_kind WHEN 'department' THEN 'credit' ELSE 'debit' END::side
  WHERE NOT EXISTS (SELECT FROM accounts WHERE code = p_code)
  ON CONFLICT (code) DO NOTHING;
  SELECT id INTO STRICT v_id FROM accounts WHERE code = p_code;
  RETURN v_id;
END $$;
