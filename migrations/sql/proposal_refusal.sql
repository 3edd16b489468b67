-- Says in words why a proposal cannot be done as things stand; NULL where it can. Asked when it is made, and again under the locks of
-- its approval.
CREATE FUNCTION proposal_refusal(p_kind text, j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN CASE p_kind
    WHEN 'credit-wallet' THEN CASE WHEN j ? 'surplus'
      THEN coalesce(surplus_refusal((j ->> 'surplus')::bigint, paise(j ->> 'amount')), wallet_refusal(j ->> 'wallet'))
      ELSE coalesce(line_refusal((j ->> 'line')::bigint, 'suspense:bank-credits', paise(j ->> 'amount')),
      ordered_back_refusal((j ->> 'line')::bigint), wallet_refusal(j ->> 'wallet'), claim_resolution_refusal(j)) END
    WHEN 'return-to-sender' THEN coalesce(line_refusal((j ->> 'line')::bigint, 'suspense:bank-credits', paise(j ->> 'amount')),
      ordered_back_refusal((j ->> 'line')::bigint))
    WHEN 'write-to-differences' THEN coalesce(line_refusal((j ->> 'line')::bigint, 'suspense:bank-credits', paise(j ->> 'amount')),
      ordered_back_refusal((j ->> 'line')::bigint))
    WHEN 'mark-as-duplicate' THEN coalesce(duplicate_refusal(j), claim_resolution_refusal(j))
    WHEN 'call-off-return' THEN coalesce(line_refusal((j ->> 'line')::bigint, 'suspense:bank-credits', paise(j ->> 'amount')),
      CASE WHEN ordered_back_refusal((j ->> 'line')::bigint) IS NULL THEN 'The bank was not told to take it back.' END)
    WHEN 'explain-return' THEN coalesce(line_refusal((j ->> 'line')::bigint, 'suspense:differences', paise(j ->> 'amount')),
      CASE WHEN j ? 'wallet' THEN taken_back_refusal(j)
           WHEN j ? 'surplus' THEN surplus_refusal((j ->> 'surplus')::bigint, paise(j ->> 'amount'))
           ELSE line_refusal((j ->> 'deposit')::bigint, 'suspense:bank-credits', paise(j ->> 'amount')) END)
    WHEN 'write-off' THEN CASE WHEN j ? 'surplus' THEN surplus_refusal((j ->> 'surplus')::bigint, paise(j ->> 'amount'))
      ELSE line_refusal((j ->> 'line')::bigint, 'suspense:differences', paise(j ->> 'amount')) END
    WHEN 'withdraw-advice' THEN (SELECT CASE WHEN count(*) = 0 THEN 'The credit is not open: the bank has shown it, or it was withdrawn.' END
      FROM credits c WHERE (c.book, c.number) = (SELECT * FROM in_book(j ->> 'credit', '-C'))
        AND c.state IN ('credited', 'awaiting-bank') AND c.amount_paise = paise(j ->> 'amount'))
    WHEN 'wait' THEN CASE WHEN (j ->> 'until')::date < india_today() THEN 'The day until which to wait has passed.' END
    WHEN 'refund' THEN refund_refusal(j)
    WHEN 'bring-in-balance' THEN coalesce(wallet_refusal(j ->> 'wallet'), brought_in_refusal(j ->> 'wallet'))
    WHEN 'reverse-entry' THEN reversal_refusal(j)
    WHEN 'change-limit' THEN (SELECT CASE WHEN count(*) = 0 THEN 'The limit is not what it was, or there is none of this name.' END
      FROM limits WHERE name = j ->> 'limit' AND limit_paise = paise(j ->> 'from'))
    WHEN 'advise-settlement' THEN settlement_refusal(j)
    WHEN 'call-off-settlement' THEN coalesce(open_advice_refusal(j ->> 'advice'), begun_advice_refusal(j ->> 'advice'))
    WHEN 'tie-settlement' THEN tie_settlement_refusal(j)
    WHEN 'return-settlement' THEN returned_settlement_refusal(j)
    ELSE 'Nobody can propose this.' END;
END $$;

-- Returns the paise of an amount as a proposal's payload writes it: rupees with exactly two decimals.
CREATE FUNCTION paise(p_rupees text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT replace(p_rupees, '.', '')::bigint $$;

CREATE FUNCTION rupees(p_paise bigint) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT p_paise / 100 || '.' || lpad((p_paise % 100)::text, 2, '0') $$;

-- Returns the book and the number that an id with this letter names; no row where it names no book.
CREATE FUNCTION in_book(p_id text, p_letter text) RETURNS TABLE (book integer, number bigint)
LANGUAGE sql STABLE AS $$
  SELECT b.id, split_part(p_id, p_letter, 2)::bigint FROM books b WHERE b.code = split_part(p_id, p_letter, 1)
$$;

CREATE FUNCTION line_refusal(p_line bigint, p_account text, p_amount bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_open bigint;
BEGIN
  SELECT amount_paise - cleared_paise INTO v_open FROM suspense_items WHERE line = p_line AND account = account_id(p_account);
  RETURN CASE WHEN v_open IS NULL THEN format('Bank line %s does not lie in %s.', p_line, p_account)
    WHEN v_open < p_amount THEN format('Of bank line %s no more than %s is open.', p_line, rupees(v_open)) END;
END $$;

CREATE FUNCTION ordered_back_refusal(p_line bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT 'The bank was told to take the money back (approval ' || ordered_back || '); call that off first.'
  FROM suspense_items WHERE line = p_line AND ordered_back IS NOT NULL
$$;

CREATE FUNCTION wallet_refusal(p_wallet text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN count(*) = 0 THEN 'There is no such wallet.' WHEN bool_or(state = 'closed') THEN 'The wallet is closed.' END
  FROM books WHERE code = p_wallet AND id <> 0
$$;

CREATE FUNCTION brought_in_refusal(p_wallet text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT 'A balance from before was brought in already: ' || entry_id(e.book, e.number) || '.'
  FROM books b JOIN entries e ON e.book = b.id AND e.kind = 'opening'
  WHERE b.code = p_wallet AND NOT EXISTS (SELECT FROM reversal_of(e.book, e.number)) LIMIT 1
$$;

CREATE FUNCTION reversal_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE e entries; v_by entries;
BEGIN
  SELECT x.* INTO e FROM entries x WHERE (x.book, x.number) = (SELECT * FROM in_book(j ->> 'entry', '-'));
  SELECT * INTO v_by FROM reversal_of(e.book, e.number);
  RETURN CASE WHEN e.number IS NULL THEN 'There is no such entry.'
    WHEN e.kind <> 'opening' OR e.book = 0 THEN 'Only a wallet''s balance brought in is reversed so; what else there is has verbs of its own.'
    WHEN v_by.number IS NOT NULL THEN 'It was reversed already: ' || entry_id(v_by.book, v_by.number) || '.' END;
END $$;

-- A claim that takes a line, or is put aside as a duplicate: it must still wait for a person, and fit what it takes.
CREATE FUNCTION claim_resolution_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c claims;
BEGIN
  SELECT x.* INTO c FROM claims x WHERE (x.book, x.number) = (SELECT * FROM in_book(j ->> 'claim', '-L'));
  RETURN CASE WHEN NOT j ? 'claim' THEN NULL
    WHEN coalesce(c.state NOT IN ('open', 'offered'), true) THEN 'The claim no longer waits.'
    WHEN NOT j ? 'line' THEN NULL
    WHEN split_part(j ->> 'claim', '-', 1) IS DISTINCT FROM j ->> 'wallet' THEN 'The claim is another operator''s.'
    WHEN NOT EXISTS (SELECT FROM claim_offers o WHERE o.book = c.book AND o.number = c.number AND o.line = (j ->> 'line')::bigint)
      THEN 'The line was not offered to the claim.'
    WHEN EXISTS (SELECT FROM suspense_items i WHERE i.line = (j ->> 'line')::bigint AND i.cleared_paise > 0)
      OR c.amount_paise <> paise(j ->> 'amount') THEN 'The line is not whole any more, or of another amount than the claim.' END;
END $$;

-- A line is a duplicate of another one that brought the same money; a claim needs no other line to be one.
CREATE FUNCTION duplicate_refusal(j jsonb) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN j ? 'line' THEN coalesce(
    line_refusal((j ->> 'line')::bigint, 'suspense:bank-credits', paise(j ->> 'amount')), ordered_back_refusal((j ->> 'line')::bigint),
    CASE WHEN NOT EXISTS (
      SELECT FROM bank_lines l JOIN bank_lines o ON o.id <> l.id AND o.direction = l.direction AND o.amount_paise = l.amount_paise
      WHERE l.id = (j ->> 'line')::bigint AND o.id = (j ->> 'duplicate_of')::bigint)
    THEN 'It is not a duplicate: the other line is of another amount, or there is none.' END) END
$$;

CREATE FUNCTION refund_refusal(j jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE d debits;
BEGIN
  SELECT x.* INTO d FROM debits x WHERE (x.book, x.number) = (SELECT * FROM in_book(j ->> 'debit', '-D'));
  RETURN CASE WHEN d.number IS NULL THEN 'There is no such debit.'
    WHEN d.state <> 'captured' THEN 'Only a captured debit can be refunded.'
    WHEN d.refunded_paise + paise(j ->> 'amount') > d.captured_paise
      THEN format('Of the payment no more than %s can be refunded.', rupees(d.captured_paise - d.refunded_paise))
    ELSE (SELECT wallet_refusal(code) FROM books WHERE id = d.book) END;
END $$;
