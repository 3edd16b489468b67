-- Pays a batch of debits in one transaction, with an answer an item, in their order: the answers of `pay` one by one. An atomic batch
-- in which one is refused posts nothing: an item that alone would have passed is then 'not-posted', and only the batch's own
-- key remembers. Locks, in the order of all locks: every key, every demand that is paid once, every wallet's book.
CREATE TYPE batch_item AS (
  n integer, key text, hash bytea, wallet text, department text, service text, amount bigint, ticket text, application text,
  consumer text, narration text, expires_in integer
);

CREATE FUNCTION pay_batch(
  p_client integer, p_key text, p_hash bytea, p_atomic boolean,
  p_keys text[], p_hashes bytea[], p_wallets text[], p_departments text[], p_services text[], p_amounts bigint[],
  p_tickets text[], p_applications text[], p_consumers text[], p_narrations text[], p_expires_in integer[]
) RETURNS SETOF debit_answer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  k keys; v_items batch_item[]; v_answers placed_answer[];
BEGIN
  v_items := batch_items(p_keys, p_hashes, p_wallets, p_departments, p_services, p_amounts, p_tickets, p_applications,
                         p_consumers, p_narrations, p_expires_in);
  PERFORM lock_batch(p_client, p_key, v_items);
  SELECT * INTO k FROM keys WHERE client = p_client AND key = key_bytes(p_key);
  IF k.key IS NOT NULL THEN
    RETURN QUERY SELECT * FROM batch_told_again(k, p_hash);
    RETURN;
  END IF;

  BEGIN
    v_answers := pay_items(p_client, v_items);
    IF p_atomic AND EXISTS (SELECT FROM unnest(v_answers) x WHERE x.outcome NOT IN ('held', 'captured')) THEN
      RAISE EXCEPTION 'an item was refused' USING ERRCODE = 'WB001';
    END IF;
  EXCEPTION WHEN SQLSTATE 'WB001' THEN
    v_answers := answers_of_nothing_posted(p_client, v_items, v_answers);
  END;
  INSERT INTO keys (recorded_at, client, key, outcome, request_hash, facts)
  SELECT instant(), p_client, key_bytes(p_key), 'batch', substr(p_hash, 1, 16), jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
    'key', p_keys[x.n], 'outcome', x.outcome,
    'facts', CASE WHEN x.outcome NOT IN ('held', 'captured') THEN x.facts END)) ORDER BY x.n)
  FROM unnest(v_answers) WITH ORDINALITY
    AS x (replayed, outcome, current_paise, held_paise, facts, number, entry_number, placed_at, business_day, n);
  RETURN QUERY SELECT * FROM whole_answers(v_items, v_answers);
END $$;

-- Returns the items whose members stand in these arrays.
CREATE FUNCTION batch_items(
  p_keys text[], p_hashes bytea[], p_wallets text[], p_departments text[], p_services text[], p_amounts bigint[],
  p_tickets text[], p_applications text[], p_consumers text[], p_narrations text[], p_expires_in integer[]
) RETURNS batch_item[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT array_agg((x.n, x.key, x.hash, x.wallet, x.department, x.service, x.amount, x.ticket, x.application, x.consumer,
                    x.narration, x.expires_in)::batch_item ORDER BY x.n)
  FROM unnest(p_keys, p_hashes, p_wallets, p_departments, p_services, p_amounts, p_tickets, p_applications, p_consumers,
              p_narrations, p_expires_in) WITH ORDINALITY
    AS x (key, hash, wallet, department, service, amount, ticket, application, consumer, narration, expires_in, n));
END $$;

-- Posts items under the locks of their batch and returns an answer for each, in their order: the plain ones at once, then
-- the careful ones by `pay`.
CREATE FUNCTION pay_items(p_client integer, p_items batch_item[]) RETURNS placed_answer[]
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_answers placed_answer[] := post_plain_items(p_client, p_items); i batch_item;
BEGIN
  IF array_position(v_answers, NULL) IS NOT NULL THEN
    FOREACH i IN ARRAY p_items LOOP
      IF (v_answers[i.n]).outcome IS NULL THEN
        v_answers[i.n] := pay(p_client, key_bytes(i.key), i.hash, i.wallet, i.department, i.service, i.amount, i.ticket,
                              i.application, i.consumer, i.narration, i.expires_in);
      END IF;
    END LOOP;
  END IF;
  RETURN v_answers;
END $$;

-- Takes every lock of a batch, so that two batches that share keys, demands or wallets queue instead of deadlocking. The key
-- of the batch is NULL where it has none.
CREATE FUNCTION lock_batch(p_client integer, p_key text, p_items batch_item[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(h) FROM (
    SELECT DISTINCT is_demand, h FROM (
      SELECT false AS is_demand, hashbyteaextended(key_bytes(p_key), p_client) AS h WHERE p_key IS NOT NULL
      UNION ALL
      SELECT false, hashbyteaextended(key_bytes(x.key), p_client) FROM unnest(p_items) x
      UNION ALL
      SELECT true, hashtextextended(concat_ws(':', s.department, s.code, d.demand), -1)
      FROM unnest(p_items) x JOIN services s ON s.department = x.department AND s.code = x.service AND s.once_per IS NOT NULL,
        LATERAL (SELECT CASE s.once_per WHEN 'ticket' THEN x.ticket ELSE x.application END AS demand) d
      WHERE d.demand IS NOT NULL) each
    ORDER BY is_demand, h) locks;
  PERFORM FROM (SELECT FROM books
    WHERE id <> 0 AND code IN (SELECT x.wallet FROM unnest(p_items) x) ORDER BY id FOR UPDATE) locked;
END $$;

-- Posts the plain items under the locks of their batch and returns an answer for each place of it, NULL where `pay` has to look
-- at the item by itself. Plain are payments at once for an ordinary service, with a fresh key and a ticket that no other item
-- has, from an open wallet that covers all its items; whatever becomes of the rest of the batch, `pay` would post them. The
-- items of one wallet stay together, because they share its numbers and its balance, which run through them in their order.
-- What is looked up for each item has OFFSET 0, so that no plan reads all of a client's keys to answer for a few.
--   each item   Dr wallet   Cr department   amount
CREATE FUNCTION post_plain_items(p_client integer, p_items batch_item[]) RETURNS placed_answer[]
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE v_now timestamptz := instant(); v_today date := india_today(); v_answers placed_answer[];
BEGIN
  WITH asked AS MATERIALIZED (
    SELECT x.*, key_bytes(x.key) AS stored, b.id AS book, b.number, b.debits, b.current_paise, b.held_paise,
      greatest(b.open_day, v_today) AS day, s.account,
      b.state = 'open' AND s.account IS NOT NULL AND num_nonnulls(s.once_per, s.has_rebate, x.expires_in) = 0
        AND sum(x.amount) OVER (PARTITION BY x.wallet) <= b.current_paise - b.held_paise - b.floor_paise
        AND count(*) OVER (PARTITION BY x.key) = 1 AND count(*) OVER (PARTITION BY x.ticket) = 1
        AND NOT EXISTS (SELECT FROM keys k WHERE k.client = p_client AND k.key = key_bytes(x.key) OFFSET 0) AS is_plain
    FROM unnest(p_items) x LEFT JOIN books b ON b.code = x.wallet AND b.id <> 0
    LEFT JOIN services s ON s.department = x.department AND s.code = x.service),
  plain AS MATERIALIZED (
    SELECT a.*, (a.number + row_number() OVER items)::integer AS entry_number,
      (a.debits + row_number() OVER items)::integer AS debit_number,
      (a.current_paise - sum(a.amount) OVER items)::bigint AS balance,
      CASE WHEN EXISTS (SELECT FROM debits t WHERE t.service_ticket_no = a.ticket OFFSET 0)
        THEN same_ticket(p_client, a.ticket) END AS facts
    FROM (SELECT *, bool_and(coalesce(is_plain, false)) OVER (PARTITION BY wallet) AS are_plain FROM asked) a
    WHERE a.are_plain WINDOW items AS (PARTITION BY a.book ORDER BY a.n)),
  counted AS (
    UPDATE books b SET number = b.number + c.items, debits = b.debits + c.items, current_paise = b.current_paise - c.paise,
      open_day = c.day
    FROM (SELECT book, count(*) AS items, sum(amount)::bigint AS paise, max(day) AS day FROM plain GROUP BY book) c
    WHERE b.id = c.book),
  debited AS (
    INSERT INTO debits (book, number, client, department, service, amount_paise, captured_paise, entry_number, state,
                        placed_at, business_day, service_ticket_no, application_no, consumer_no, narration)
    SELECT book, debit_number, p_client, department, service, amount, amount, entry_number, 'captured',
           v_now, day, ticket, application, consumer, narration FROM plain ORDER BY n),
  entered AS (
    INSERT INTO entries (posted_at, number, amount_paise, balance_paise, source_number, book, debit_account, credit_account,
                         business_day, value_date, kind, source)
    SELECT v_now, entry_number, amount, balance, debit_number, book, book, account, day, least(v_today, day), 'payment', 'debit'
    FROM plain ORDER BY n),
  kept AS (
    INSERT INTO keys (recorded_at, client, key, outcome, request_hash, book, number, held_paise, facts)
    SELECT v_now, p_client, stored, 'captured', substr(hash, 1, 16), book, debit_number, nullif(held_paise, 0), facts
    FROM plain ORDER BY n)
  SELECT array_agg(CASE WHEN p.n IS NOT NULL THEN
    (false, 'captured', p.balance, p.held_paise, p.facts, p.debit_number, p.entry_number, v_now, p.day)::placed_answer END
    ORDER BY a.n) INTO v_answers
  FROM asked a LEFT JOIN plain p ON p.n = a.n;
  RETURN v_answers;
END $$;

-- Returns the whole answers of a batch, with each debit as it stands.
CREATE FUNCTION whole_answers(p_items batch_item[], p_answers placed_answer[]) RETURNS SETOF debit_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY SELECT a.replayed, a.outcome, a.current_paise, a.held_paise, a.facts, d
  FROM unnest(p_answers) WITH ORDINALITY
    AS a (replayed, outcome, current_paise, held_paise, facts, number, entry_number, placed_at, business_day, n)
  LEFT JOIN books b ON b.code = p_items[a.n].wallet
  LEFT JOIN debits d ON d.book = b.id AND d.number = a.number
  ORDER BY a.n;
END $$;

-- Returns the answers of a batch that was taken back: what was told before it stays as it is, a refusal is told, and what
-- would have passed is 'not-posted'.
CREATE FUNCTION answers_of_nothing_posted(p_client integer, p_items batch_item[], p_answers placed_answer[])
RETURNS placed_answer[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT array_agg(CASE
    WHEN EXISTS (SELECT FROM keys k WHERE k.client = p_client AND k.key = key_bytes(p_items[n].key) OFFSET 0) THEN p_answers[n]
    WHEN p_answers[n].outcome IN ('held', 'captured') THEN (false, 'not-posted', NULL, NULL, NULL, NULL, NULL, NULL, NULL)::placed_answer
    ELSE (false, p_answers[n].outcome, NULL, NULL, p_answers[n].facts, NULL, NULL, NULL, NULL)::placed_answer END ORDER BY n)
  FROM generate_subscripts(p_items, 1) AS n
$$;

-- Returns a batch's answers as they were given first.
CREATE FUNCTION batch_told_again(k keys, p_hash bytea) RETURNS SETOF debit_answer
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a debit_answer; i jsonb; x keys;
BEGIN
  IF k.outcome <> 'batch' OR k.request_hash <> substr(p_hash, 1, 16) THEN
    a.replayed := false;
    a.outcome := CASE k.outcome WHEN 'abandoned' THEN 'key-abandoned' ELSE 'key-reused' END;
    a.facts := '{"batch": true}';
    RETURN NEXT a;
    RETURN;
  END IF;
  FOR i IN SELECT value FROM jsonb_array_elements(k.facts) LOOP
    IF i ->> 'outcome' IN ('held', 'captured') THEN
      SELECT * INTO x FROM keys WHERE client = k.client AND key = key_bytes(i ->> 'key');
      a := debit_told_again(x, x.request_hash);
    ELSE
      a := (true, i ->> 'outcome', NULL, NULL, i -> 'facts', NULL)::debit_answer;
    END IF;
    a.replayed := true;
    RETURN NEXT a;
  END LOOP;
END $$;
