-- Freezes, unfreezes or closes a wallet. Returns NULL when done, else why not and the facts. Locks the wallet's book.
CREATE FUNCTION set_wallet_state(
  p_code text, p_event text, p_reason text, p_by text, OUT outcome text, OUT facts jsonb
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  b books; v_waiting bigint; v_claims bigint;
  v_next wallet_state := CASE p_event WHEN 'freeze' THEN 'frozen' WHEN 'unfreeze' THEN 'open' WHEN 'close' THEN 'closed' END;
BEGIN
  SELECT * INTO b FROM books WHERE code = p_code AND id <> 0 FOR UPDATE;
  facts := jsonb_build_object('wallet', p_code, 'state', b.state);
  IF b.id IS NULL THEN
    outcome := 'wallet-not-found';
    facts := jsonb_build_object('wallet', p_code);
  ELSIF b.state = 'closed' THEN
    outcome := 'wallet-closed';
  ELSIF b.state = v_next THEN
    outcome := 'wallet-state-unchanged';
  ELSIF v_next = 'closed' THEN
    PERFORM release_lapsed(b.id);
    SELECT * INTO b FROM books WHERE id = b.id;
    SELECT count(*) INTO v_waiting FROM credits WHERE book = b.id AND state = 'awaiting-bank';
    SELECT count(*) INTO v_claims FROM claims WHERE book = b.id AND state IN ('open', 'offered');
    IF b.current_paise <> 0 OR b.held_paise <> 0 OR b.untied_paise <> 0 OR b.owed_paise <> 0 OR v_waiting > 0 OR v_claims > 0 THEN
      outcome := 'wallet-not-empty';
      facts := facts || jsonb_build_object('current_paise', b.current_paise, 'held_paise', b.held_paise,
        'untied_paise', b.untied_paise, 'owed_paise', b.owed_paise, 'credits_awaiting_bank', v_waiting, 'claims_open', v_claims);
    END IF;
  END IF;
  IF outcome IS NULL THEN
    UPDATE books SET state = v_next WHERE id = b.id;
    INSERT INTO wallet_events (book, event, reason, by_whom) VALUES (b.id, p_event, p_reason, p_by);
    facts := NULL;
  END IF;
END $$;
