-- Does what was approved, under the locks of its approval and after its last check. Each entry that it posts is told beside it.
--   credit-wallet       Dr suspense:bank-credits               Cr wallet                 in part or whole
--                       or what was written to the differences: see credit_surplus
--   explain-return      Dr suspense:bank-credits               Cr suspense:differences   the bank's debit was what went back
--                       or what a wallet has had meanwhile, or was written to the differences: see take_from_wallet, explain_by_surplus
--   write-to-differences   Dr suspense:bank-credits            Cr suspense:differences   nobody can explain it
--   write-off           Dr bank:charges                        Cr suspense:differences   the other way round: see write_off
--   withdraw-advice     Dr wallet, the rest receivable:<operator>   Cr transit:top-ups
--   refund              Dr department                          Cr wallet
--   bring-in-balance    Dr opening:balances                    Cr wallet
--   reverse-entry       Dr wallet, the rest receivable:<operator>   Cr opening:balances
--   tie-settlement      Dr department                          Cr suspense:differences   the bank's debit was a payout
--   return-settlement   Dr suspense:bank-credits               Cr department             the bank's credit was a payout that came back
-- The others move nothing: money ordered back from suspense stays there until the bank shows it going.
CREATE FUNCTION execute_proposal(p approvals, j jsonb, p_by text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_line bigint := (j ->> 'line')::bigint; v_amount bigint := paise(j ->> 'amount'); e entries; c record;
BEGIN
  CASE p.kind
    WHEN 'credit-wallet' THEN
      IF j ? 'surplus' THEN
        PERFORM credit_surplus(p, j);
      ELSE
        PERFORM credit_wallet(p, j);
      END IF;
    WHEN 'return-to-sender' THEN UPDATE suspense_items SET ordered_back = p.id WHERE line = v_line;
    WHEN 'call-off-return' THEN UPDATE suspense_items SET ordered_back = NULL WHERE line = v_line;
    WHEN 'mark-as-duplicate' THEN
      UPDATE suspense_items SET ordered_back = p.id WHERE line = v_line;
      UPDATE claims SET state = 'withdrawn', reason = j ->> 'reason'
      WHERE (book, number) = (SELECT * FROM in_book(j ->> 'claim', '-L'));
    WHEN 'explain-return' THEN
      IF j ? 'wallet' THEN
        PERFORM take_from_wallet(p, j);
      ELSIF j ? 'surplus' THEN
        PERFORM explain_by_surplus(p, j);
      ELSE
        e := post_entry('difference-explained', account_id('suspense:bank-credits'), account_id('suspense:differences'), v_amount,
                        NULL, 'approval', p.id);
        PERFORM clear_suspense(v_line, e), clear_suspense((j ->> 'deposit')::bigint, e), note_executed(p.id, e);
      END IF;
    WHEN 'write-to-differences' THEN PERFORM write_to_differences(p, j);
    WHEN 'write-off' THEN PERFORM write_off(p, j);
    WHEN 'withdraw-advice' THEN PERFORM withdraw_as_approved(p, j, p_by);
    WHEN 'refund' THEN PERFORM refund_as_ordered(p, j);
    WHEN 'bring-in-balance' THEN
      SELECT * INTO c FROM bring_in_wallet_balance(j ->> 'wallet', v_amount, p_by);
      PERFORM note_executed(p.id, x) FROM entries x
      WHERE (x.book, x.number) = (SELECT b.id, b.number FROM books b WHERE b.code = j ->> 'wallet');
    WHEN 'reverse-entry' THEN PERFORM reverse_as_approved(p, j, p_by);
    WHEN 'change-limit' THEN UPDATE limits SET limit_paise = paise(j ->> 'to') WHERE name = j ->> 'limit';
    WHEN 'advise-settlement' THEN PERFORM advise_settlement(p, j);
    WHEN 'call-off-settlement' THEN PERFORM call_off_settlement(p, j);
    WHEN 'tie-settlement' THEN PERFORM tie_settlement(p, j);
    WHEN 'return-settlement' THEN PERFORM return_settlement(p, j);
    WHEN 'wait' THEN NULL;
  END CASE;
END $$;

CREATE FUNCTION note_executed(p_approval bigint, e entries) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO approval_entries (approval, book, entry_number) VALUES (p_approval, e.book, e.number)
$$;

-- Clears money in suspense to a wallet, in part or whole. The claim of the deposit, where one is named, is tied with it.
CREATE FUNCTION credit_wallet(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; e entries; v_line bigint := (j ->> 'line')::bigint; v_claim bigint;
BEGIN
  SELECT * INTO STRICT b FROM books WHERE code = j ->> 'wallet';
  e := post_entry('suspense-cleared', account_id('suspense:bank-credits'), b.id, paise(j ->> 'amount'), NULL, 'approval', p.id);
  PERFORM clear_suspense(v_line, e), note_executed(p.id, e);
  IF j ? 'claim' THEN
    SELECT number INTO STRICT v_claim FROM in_book(j ->> 'claim', '-L');
    PERFORM tie_claim(b.id, v_claim, v_line, e, 'Decided by two persons: approval ' || p.id || '.');
    PERFORM tie_twin_credit(b.id, v_claim, v_line, e);
  END IF;
  PERFORM recover(b.id, 'approval', p.id);
END $$;

CREATE FUNCTION withdraw_as_approved(p approvals, j jsonb, p_by text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_book integer; v_number bigint; v_wallet bigint; v_house bigint; v_refused text;
BEGIN
  SELECT * INTO STRICT v_book, v_number FROM in_book(j ->> 'credit', '-C');
  SELECT b.number INTO STRICT v_wallet FROM books b WHERE b.id = v_book;
  SELECT b.number INTO STRICT v_house FROM books b WHERE b.id = 0 FOR UPDATE;
  SELECT w.outcome INTO v_refused FROM withdraw_advice(split_part(j ->> 'credit', '-', 1), v_number, j ->> 'reason', p_by) w;
  IF v_refused IS NOT NULL THEN
    RAISE EXCEPTION 'an advice under lock cannot be withdrawn: %', v_refused USING ERRCODE = 'check_violation';
  END IF;
  PERFORM note_executed(p.id, e) FROM entries e
  WHERE (e.book = v_book AND e.number > v_wallet) OR (e.book = 0 AND e.number > v_house);
END $$;

-- Undoes a balance that was brought in by mistake.
CREATE FUNCTION reverse_as_approved(p approvals, j jsonb, p_by text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; v_house bigint; v_refused text;
BEGIN
  SELECT x.* INTO STRICT b FROM books x WHERE x.id = (SELECT book FROM in_book(j ->> 'entry', '-'));
  SELECT h.number INTO STRICT v_house FROM books h WHERE h.id = 0 FOR UPDATE;
  SELECT r.outcome INTO v_refused
  FROM reverse_entry(b.code, (SELECT number FROM in_book(j ->> 'entry', '-')), j ->> 'reason', p_by) r;
  IF v_refused IS NOT NULL THEN
    RAISE EXCEPTION 'an entry under lock cannot be reversed: %', v_refused USING ERRCODE = 'check_violation';
  END IF;
  PERFORM note_executed(p.id, e) FROM entries e
  WHERE (e.book = b.id AND e.number > b.number) OR (e.book = 0 AND e.number > v_house);
END $$;

-- Refunds by the department's order what the portal may not refund by itself.
CREATE FUNCTION refund_as_ordered(p approvals, j jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE d debits; e entries;
BEGIN
  SELECT x.* INTO STRICT d FROM debits x WHERE (x.book, x.number) = (SELECT * FROM in_book(j ->> 'debit', '-D'));
  e := post_entry('refund', service_account(d), d.book, paise(j ->> 'amount'), NULL, 'debit', d.number);
  UPDATE debits SET refunded_paise = refunded_paise + e.amount_paise WHERE book = d.book AND number = d.number;
  INSERT INTO refunds (book, entry_number, debit_number, amount_paise, cause, reason, refunded_at, approval, order_number)
  VALUES (e.book, e.number, d.number, e.amount_paise, j ->> 'cause', j ->> 'reason', e.posted_at, p.id, j ->> 'order_number');
  PERFORM settle_unknown(d.book, d.number);
  PERFORM note_executed(p.id, e);
END $$;
