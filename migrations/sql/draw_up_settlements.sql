-- Draws up what is due to each department's service for every closed day up to p_day that is not drawn up yet, in one; returns
-- for how many days. An entry on a service's account counts by its side, so that refunds and rebates net by themselves; what was
-- paid out is no collection. A settlement is never negative: with S, the sum of all days so far, what is due in all is the highest
-- that S has been, and what S lacks of that is the shortfall carried over. So any number of days come out as they do one by one.
CREATE FUNCTION draw_up_settlements(p_day date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_after date; v_last date;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('settlements'));
  v_after := coalesce((SELECT max(day) FROM settlement_days), '-infinity');
  v_last := (SELECT max(day) FROM days WHERE closed_at IS NOT NULL AND day > v_after AND day <= p_day);
  IF v_last IS NULL THEN
    RETURN 0;
  END IF;
  INSERT INTO settlement_days (day, drawn_up_at)
  SELECT day, instant() FROM days WHERE day > v_after AND day <= v_last ORDER BY day;

  INSERT INTO settlements (account, day, payments, collected_paise, refunds, refunded_paise, rebated_paise, brought_paise,
                           due_paise, carried_paise)
  WITH day_sums AS (
    SELECT account, day, count(*) FILTER (WHERE kind = 'payment') AS payments,
      coalesce(sum(paise) FILTER (WHERE is_credit), 0) AS collected,
      count(*) FILTER (WHERE kind = 'refund') AS refunds,
      coalesce(sum(paise) FILTER (WHERE NOT is_credit AND kind <> 'rebate'), 0) AS refunded,
      coalesce(sum(paise) FILTER (WHERE NOT is_credit AND kind = 'rebate'), 0) AS rebated
    FROM collections_moved(v_after, v_last) GROUP BY account, day),
  left_over AS (SELECT DISTINCT ON (account) account, carried_paise FROM settlements ORDER BY account, day DESC),
  added_up AS (
    SELECT d.*, d.collected - d.refunded - d.rebated AS net,
      sum(d.collected - d.refunded - d.rebated) OVER (PARTITION BY d.account ORDER BY d.day) - coalesce(l.carried_paise, 0)
        AS so_far
    FROM day_sums d LEFT JOIN left_over l ON l.account = d.account),
  highest AS (
    SELECT a.*, greatest(0, max(a.so_far) OVER (PARTITION BY a.account ORDER BY a.day)) AS due_so_far FROM added_up a),
  before AS (
    SELECT h.*, coalesce(lag(h.due_so_far) OVER (PARTITION BY h.account ORDER BY h.day), 0) AS due_before FROM highest h)
  SELECT account, day, payments, collected, refunds, refunded, rebated, due_before - (so_far - net), due_so_far - due_before,
    due_so_far - so_far
  FROM before ORDER BY day, account;
  RETURN (SELECT count(*) FROM settlement_days WHERE day > v_after);
END $$;

-- Returns what moved the departments' accounts in business days after p_after, up to p_last, payouts and their returns apart.
CREATE FUNCTION collections_moved(p_after date, p_last date)
RETURNS TABLE (account integer, day date, kind entry_kind, is_credit boolean, paise bigint)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT v.account, e.business_day, e.kind, true, e.amount_paise::bigint
  FROM services v JOIN entries e ON e.credit_account = v.account AND e.credit_account <> e.book
  WHERE e.business_day > p_after AND e.business_day <= p_last AND e.kind NOT IN ('settlement', 'return')
  UNION ALL
  SELECT v.account, e.business_day, e.kind, false, e.amount_paise
  FROM services v JOIN entries e ON e.debit_account = v.account AND e.debit_account <> e.book
  WHERE e.business_day > p_after AND e.business_day <= p_last AND e.kind NOT IN ('settlement', 'return')
$$;

-- Returns of each department's account its balance and what that is made of: due and not advised, and apart from that what of it
-- is in tie-out; advised and not paid; less the shortfall carried over; and what was collected in days not drawn up yet.
CREATE FUNCTION payable_to_departments()
RETURNS TABLE (
  account integer, balance_paise bigint, due_paise bigint, in_tie_out_paise bigint, advised_paise bigint, carried_paise bigint,
  collecting_paise bigint
)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  WITH open AS (
    SELECT s.account, sum(s.due_paise) FILTER (WHERE i.id IS NULL) AS due,
      sum(s.due_paise) FILTER (WHERE i.entry_number IS NULL AND i.id IS NOT NULL) AS advised
    FROM settlements s LEFT JOIN advised_settlements i ON i.settlement = s.id AND i.is_live
    WHERE s.due_paise > 0 AND i.entry_number IS NULL GROUP BY s.account),
  contested AS (SELECT t.account, sum(t.paise) AS paise FROM settlements_in_tie_out t GROUP BY t.account),
  collecting AS (
    SELECT m.account, sum(CASE WHEN m.is_credit THEN m.paise ELSE -m.paise END) AS net
    FROM collections_moved(coalesce((SELECT max(day) FROM settlement_days), '-infinity'), 'infinity') m GROUP BY m.account)
  SELECT v.account, coalesce(h.balance_paise, 0), (coalesce(o.due, 0) - coalesce(t.paise, 0))::bigint,
    coalesce(t.paise, 0)::bigint, coalesce(o.advised, 0)::bigint, coalesce(l.carried_paise, 0)::bigint,
    coalesce(c.net, 0)::bigint
  FROM services v
  LEFT JOIN house_balances('infinity') h ON h.account = v.account
  LEFT JOIN open o ON o.account = v.account
  LEFT JOIN contested t ON t.account = v.account
  LEFT JOIN collecting c ON c.account = v.account
  LEFT JOIN LATERAL (SELECT s.carried_paise FROM settlements s WHERE s.account = v.account ORDER BY s.day DESC LIMIT 1) l ON true
$$;
