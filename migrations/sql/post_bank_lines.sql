-- A line of a batch as a rule decided on it, with what its entry is made of. `offers` are claims to which a parked line is offered,
-- each a book and a number, and `credits` the advices that the line pays, together or as settlements; `holds` says whether what the rule went by still holds.
CREATE TYPE decided_line AS (
  n bigint, line bigint, disposition text, rule text, version integer, candidates jsonb, reason text, book integer,
  number bigint, offers jsonb, credits jsonb, parts jsonb, bank_account integer, inflow boolean, amount_paise bigint, booked_on date, numbers text[],
  credited boolean, by_cash boolean, kind entry_kind, other integer, entry_book integer, holds boolean
);

-- Posts the lines of one batch as the rules decided, in their order, in one call. Returns NULL when all are posted, else the first
-- line for which what its rule went by no longer holds: the caller then rolls back, and the batch is decided anew. The caller
-- holds the locks of lock_for_lines. Entries are those of post_bank_line, which does each line by itself wherever the lines
-- cannot be posted as sets: what the bank takes back, and what repays an operator's debt.
CREATE FUNCTION post_bank_lines(p_decisions jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_lines decided_line[] := decided_lines(p_decisions); x decided_line;
BEGIN
  IF lines_are_plain(v_lines) THEN
    BEGIN
      PERFORM post_plain_lines(v_lines);
      RETURN NULL;
    EXCEPTION WHEN SQLSTATE 'WB002' THEN
      NULL;  -- Two lines for one credit or claim: the careful way tells which.
    END;
  END IF;
  FOREACH x IN ARRAY v_lines LOOP
    IF NOT post_bank_line(x.line, x.disposition, x.rule, x.version, x.candidates, x.reason, x.book, x.number, x.credits,
      x.parts) THEN
      RETURN x.line;
    END IF;
    PERFORM offer_to_all(x);
  END LOOP;
  RETURN NULL;
END $$;

-- Returns a batch's decisions with the facts of their lines, in their order.
CREATE FUNCTION decided_lines(p_decisions jsonb) RETURNS decided_line[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_transit integer := account_id('transit:top-ups'); v_suspense integer := account_id('suspense:bank-credits');
  v_interest integer := account_id('bank:interest'); v_charges integer := account_id('bank:charges');
  v_differences integer := account_id('suspense:differences'); v_lines decided_line[];
BEGIN
  SELECT array_agg(ROW(z.n, z.line, z.disposition, z.rule, z.version, z.candidates, z.reason, z.book, z.number, z.offers, z.credits,
    z.parts, z.bank_account, z.inflow, z.amount_paise, z.booked_on, z.numbers, z.credited, z.by_cash, z.kind::entry_kind, z.other,
    CASE WHEN z.other >= 1000000 THEN z.other ELSE 0 END, z.holds)::decided_line ORDER BY z.n) INTO v_lines
  FROM (
    SELECT d.n, d.line, d.disposition, d.rule, d.version, d.candidates, d.reason, d.book, d.number, d.offers, d.credits, d.parts, l.bank_account,
      l.direction = 'inflow' AS inflow, l.amount_paise, l.booked_on, l.strong_references || l.deposit_number AS numbers,
      c.state = 'credited' AS credited, c.channel IN ('cash', 'cdm', 'cheque') AS by_cash,
      CASE d.disposition WHEN 'tie' THEN CASE c.state WHEN 'credited' THEN 'top-up-seen' ELSE 'bank-credit' END
        WHEN 'claim' THEN 'bank-credit' WHEN 'wallet' THEN 'bank-credit' WHEN 'together' THEN 'top-up-seen'
        WHEN 'undo' THEN 'return' WHEN 'parts' THEN 'suspense' ELSE d.disposition END AS kind,
      CASE d.disposition WHEN 'tie' THEN CASE c.state WHEN 'credited' THEN v_transit ELSE d.book END
        WHEN 'suspense' THEN v_suspense WHEN 'parts' THEN v_suspense WHEN 'interest' THEN v_interest WHEN 'charge' THEN v_charges
        WHEN 'difference' THEN v_differences ELSE d.book END AS other,
      f.state = 'released' AND NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = d.line)
        AND CASE d.disposition
          WHEN 'tie' THEN coalesce(c.amount_paise = l.amount_paise AND (c.state = 'credited'
            OR (c.state = 'awaiting-bank' AND b.state <> 'closed')), false)
          WHEN 'claim' THEN coalesce(k.amount_paise = l.amount_paise AND k.state IN ('open', 'offered')
            AND b.state <> 'closed', false)
          WHEN 'wallet' THEN coalesce(b.id <> 0 AND b.state <> 'closed', false)
          ELSE true END AS holds
    FROM ROWS FROM (jsonb_to_recordset(p_decisions) AS (line bigint, disposition text, rule text, version integer, candidates jsonb,
      reason text, book integer, number bigint, offers jsonb, credits jsonb, parts jsonb)) WITH ORDINALITY
      AS d (line, disposition, rule, version, candidates, reason, book, number, offers, credits, parts, n)
    JOIN bank_lines l ON l.id = d.line
    JOIN bank_files f ON f.id = l.file
    LEFT JOIN books b ON b.id = d.book
    LEFT JOIN credits c ON d.disposition IN ('tie', 'return') AND c.book = d.book AND c.number = d.number
    LEFT JOIN claims k ON d.disposition = 'claim' AND k.book = d.book AND k.number = d.number) z;
  RETURN coalesce(v_lines, '{}');
END $$;

-- Says whether a batch can be posted as sets: nothing is taken back, paid together or in parts, nobody is owed by, and what the rules went by holds.
CREATE FUNCTION lines_are_plain(p_lines decided_line[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT NOT EXISTS (
    SELECT FROM unnest(p_lines) x LEFT JOIN books b ON b.id = x.entry_book AND b.owed_paise > 0
    WHERE NOT x.holds OR x.disposition IN ('return', 'undo', 'together', 'parts', 'settlement') OR b.id IS NOT NULL
      OR x.inflow <> (x.disposition NOT IN ('charge', 'difference', 'return', 'settlement')))
$$;

-- Posts lines as sets. A credit or claim that two of them would take is an error, WB002, as is one that is taken already.
-- Advices by bank transfer are noted as seen with the entries; claims too, where no advice of cash and no offer is among the lines.
CREATE FUNCTION post_plain_lines(p_lines decided_line[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_now timestamptz := instant(); v_today date := india_today();
  v_ties integer; v_claims integer; v_seen_paise bigint; v_one_by_one boolean; v_tied integer; v_claimed integer;
BEGIN
  SELECT count(*) FILTER (WHERE disposition = 'tie' AND NOT by_cash), count(*) FILTER (WHERE disposition = 'claim'),
    coalesce(sum(amount_paise) FILTER (WHERE disposition = 'tie' AND credited), 0), coalesce(bool_or(by_cash OR offers <> '[]'), false)
  INTO v_ties, v_claims, v_seen_paise, v_one_by_one FROM unnest(p_lines);
  v_one_by_one := v_one_by_one OR v_claims > 0 AND claims_have_twins(p_lines);

  WITH x AS MATERIALIZED (SELECT * FROM unnest(p_lines)),
  moved AS (
    SELECT entry_book AS id, count(*) AS entries, sum(CASE entry_book WHEN 0 THEN 0 ELSE amount_paise END) AS paise
    FROM x GROUP BY entry_book),
  numbered AS (
    UPDATE books b SET number = b.number + m.entries, current_paise = b.current_paise + m.paise,
      open_day = greatest(b.open_day, v_today)
    FROM moved m WHERE b.id = m.id
    RETURNING b.id, b.number - m.entries AS number, b.current_paise - m.paise AS current_paise, b.open_day),
  posted AS (
    INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                         business_day, value_date, kind, source)
    SELECT v_now, b.number + row_number() OVER w, x.amount_paise,
      CASE WHEN b.id <> 0 THEN b.current_paise + sum(x.amount_paise) OVER w END, x.line, b.id,
      CASE WHEN x.inflow THEN x.bank_account ELSE x.other END, CASE WHEN x.inflow THEN x.other ELSE x.bank_account END,
      b.open_day, x.booked_on, x.kind, 'bank-line'
    FROM x JOIN numbered b ON b.id = x.entry_book
    WINDOW w AS (PARTITION BY b.id ORDER BY x.n) ORDER BY x.n
    RETURNING book, number, source_number),
  done AS (SELECT x.*, e.book AS posted_book, e.number AS posted_number FROM x JOIN posted e ON e.source_number = x.line),
  explained AS (
    INSERT INTO bank_line_postings (line, disposition, rule, rule_version, candidates, reason, book, entry_number, posted_at)
    SELECT line, disposition, rule, version, candidates, reason, posted_book, posted_number, v_now FROM done ORDER BY n),
  parked AS (
    INSERT INTO suspense_items (line, account, amount_paise, reason)
    SELECT line, other, amount_paise, reason FROM done WHERE disposition IN ('suspense', 'difference') ORDER BY n),
  tied AS (
    UPDATE credits c SET state = 'tied', line = x.line, entry_number = coalesce(c.entry_number, x.posted_number)
    FROM done x WHERE x.disposition = 'tie' AND NOT x.by_cash AND c.book = x.book AND c.number = x.number
      AND c.state IN ('credited', 'awaiting-bank')
    RETURNING c.number),
  claimed AS (
    UPDATE claims k SET state = 'tied', line = x.line, entry_book = x.posted_book, entry_number = x.posted_number, reason = x.reason
    FROM done x WHERE x.disposition = 'claim' AND NOT v_one_by_one AND k.book = x.book AND k.number = x.number
      AND k.state IN ('open', 'offered')
    RETURNING k.number),
  named AS (
    UPDATE bank_references r SET line = y.line FROM (  -- The last that credits somebody, else the first.
      SELECT DISTINCT ON (told) told, l.line, m.matched
      FROM x l, unnest(l.numbers) told, LATERAL (SELECT l.disposition IN ('tie', 'claim', 'wallet') AS matched) m
      WHERE l.inflow AND l.rule <> 'reversal' ORDER BY told, m.matched DESC, CASE WHEN m.matched THEN -l.n ELSE l.n END) y
    WHERE r.reference = y.told AND (r.line IS NULL OR y.matched))
  SELECT (SELECT count(*) FROM tied), (SELECT count(*) FROM claimed) INTO v_tied, v_claimed;

  IF v_tied <> v_ties THEN
    RAISE EXCEPTION 'an advice is tied twice' USING ERRCODE = 'WB002';
  END IF;
  IF v_claimed <> v_claims AND NOT v_one_by_one THEN
    RAISE EXCEPTION 'a claim is tied twice' USING ERRCODE = 'WB002';
  END IF;
  IF v_seen_paise > 0 THEN
    PERFORM no_longer_untied(p_lines, v_seen_paise);
  END IF;
  IF v_one_by_one THEN
    PERFORM tie_one_by_one(p_lines);
  END IF;
END $$;

-- Counts what had been credited at once, and was seen now, as untied no longer.
CREATE FUNCTION no_longer_untied(p_lines decided_line[], p_paise bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE books b SET untied_paise = untied_paise - x.paise FROM (
    SELECT book, sum(amount_paise) AS paise FROM unnest(p_lines) WHERE disposition = 'tie' AND credited GROUP BY book) x
  WHERE b.id = x.book;
  UPDATE limits SET used_paise = used_paise - p_paise WHERE name = 'untied-in-all';
END $$;

-- Says whether a wallet that is credited by its claim may have advised the same deposit.
CREATE FUNCTION claims_have_twins(p_lines decided_line[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM unnest(p_lines) x JOIN credits k ON k.book = x.book
    WHERE x.disposition = 'claim' AND k.state = 'awaiting-bank' AND k.channel IN ('cash', 'cdm', 'cheque'))
$$;

-- Notes on claims, and on advices of cash, that their lines were seen, and offers parked lines. An advice and a claim of one deposit
-- are tied together, and what one line ties another finds tied.
CREATE FUNCTION tie_one_by_one(p_lines decided_line[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE d decided_line; c credits; e entries;
BEGIN
  FOR d IN SELECT * FROM unnest(p_lines) y WHERE y.disposition = 'claim' OR y.by_cash OR y.offers <> '[]' ORDER BY y.n LOOP
    SELECT n.* INTO e FROM bank_line_postings p JOIN entries n ON n.book = p.book AND n.number = p.entry_number
    WHERE p.line = d.line;
    IF d.disposition = 'claim' THEN
      PERFORM FROM claims WHERE book = d.book AND number = d.number AND state IN ('open', 'offered');
      IF NOT FOUND THEN
        RAISE EXCEPTION 'a claim is tied twice' USING ERRCODE = 'WB002';
      END IF;
      PERFORM tie_claim(d.book, d.number, d.line, e, d.reason);
      PERFORM tie_twin_credit(d.book, d.number, d.line, e);
    ELSIF d.by_cash THEN
      SELECT * INTO c FROM credits WHERE book = d.book AND number = d.number AND state = 'awaiting-bank';
      IF NOT FOUND THEN
        RAISE EXCEPTION 'an advice is tied twice' USING ERRCODE = 'WB002';
      END IF;
      PERFORM tie_credit(c, d.line, e);
    END IF;
    PERFORM offer_to_all(d);
  END LOOP;
END $$;

-- Offers a parked line to each of the claims that it fits.
CREATE FUNCTION offer_to_all(x decided_line) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT offer_line((o.told ->> 0)::integer, (o.told ->> 1)::bigint, x.line, x.reason)
  FROM jsonb_array_elements(x.offers) WITH ORDINALITY o (told, n) ORDER BY o.n
$$;
