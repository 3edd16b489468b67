-- Returns the days, from p_first to p_last, whose payments to some departments' accounts fill a page of p_most, beginning on the first
-- day behind an entry. A day without a payment is passed over by the index, and no more is counted than the page has room for.
CREATE FUNCTION department_days(
  p_accounts integer[], p_first date, p_last date, p_book integer, p_number integer, p_most bigint
) RETURNS SETOF date
LANGUAGE plpgsql STABLE ROWS 4 SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_day date := p_first; v_room bigint := p_most;
BEGIN
  WHILE v_room > 0 LOOP
    v_day := (SELECT min(x.business_day) FROM unnest(p_accounts) AS account CROSS JOIN LATERAL (
      SELECT business_day FROM entries
      WHERE credit_account = account AND credit_account <> book AND business_day BETWEEN v_day AND p_last
      ORDER BY business_day LIMIT 1) x);
    EXIT WHEN v_day IS NULL;
    RETURN NEXT v_day;
    v_room := v_room - (SELECT count(*) FROM (
      SELECT FROM entries
      WHERE credit_account = ANY (p_accounts) AND credit_account <> book AND business_day = v_day AND kind = 'payment'
        AND (v_day > p_first OR (book, number) > (p_book, p_number))
      LIMIT v_room) counted);
    v_day := v_day + 1;
  END LOOP;
END $$;
