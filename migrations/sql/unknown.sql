-- A payment whose department has not answered is unknown: a state to resolve, never an error. It moves nothing.

-- Marks a client's debit, held or captured, as unknown. A hold that has lapsed may be unknown too: the department may have taken
-- it. Marked already and open, it stays as it is. Locks: the wallet's book, which guards its debits.
CREATE FUNCTION mark_unknown(p_client integer, p_wallet text, p_number bigint, OUT outcome text, OUT facts jsonb)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; d debits; u unknown_payments;
BEGIN
  SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
  SELECT * INTO d FROM debits WHERE book = b.id AND number = p_number AND client = p_client;
  SELECT * INTO u FROM unknown_payments WHERE book = d.book AND number = d.number;
  facts := jsonb_build_object('debit', debit_id(p_wallet, p_number));
  IF d.number IS NULL THEN
    outcome := 'debit-not-found';
  ELSIF u.resolved_at IS NOT NULL OR unknown_is_settled(d, u.answer) THEN
    outcome := 'fate-known';
    facts := facts || jsonb_build_object('state', d.state, 'answer', u.answer);
  ELSE
    INSERT INTO unknown_payments (since, book, number, answer_due)
    SELECT instant(), d.book, d.number, d.business_day + s.answer_days FROM services s
    WHERE s.department = d.department AND s.code = d.service AND u.number IS NULL;
  END IF;
END $$;

-- Keeps what the department says became of a debit that is, or was, unknown. Whose debits may be answered for: a client's own,
-- those of some departments, or with NULL for both any. Locks: the wallet's book.
CREATE FUNCTION answer_unknown(
  p_client integer, p_departments text[], p_wallet text, p_number bigint, p_answer text, p_by text, OUT outcome text, OUT facts jsonb
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b books; d debits; u unknown_payments;
BEGIN
  SELECT * INTO b FROM books WHERE code = p_wallet AND id <> 0 FOR UPDATE;
  SELECT * INTO d FROM debits WHERE book = b.id AND number = p_number
    AND coalesce(client = p_client, true) AND coalesce(department = ANY (p_departments), true);
  SELECT * INTO u FROM unknown_payments WHERE book = d.book AND number = d.number;
  facts := jsonb_build_object('debit', debit_id(p_wallet, p_number));
  IF d.number IS NULL THEN
    outcome := 'debit-not-found';
  ELSIF u.number IS NULL THEN
    outcome := 'not-unknown';
    facts := facts || jsonb_build_object('state', d.state);
  ELSIF u.answer IS DISTINCT FROM p_answer::department_answer THEN
    UPDATE unknown_payments SET answer = p_answer::department_answer, answered_at = instant(), answered_by = p_by
    WHERE book = d.book AND number = d.number;
    PERFORM settle_unknown(d.book, d.number);
  END IF;
END $$;

-- Says whether there is nothing left to resolve of a debit that was unknown, given what its department answered. What it has and
-- delivers for was not given back as never taken: all of it, and each time as failed.
CREATE FUNCTION unknown_is_settled(d debits, p_answer department_answer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN p_answer = 'paid' THEN d.state = 'captured' AND (d.refunded_paise < d.captured_paise
      OR EXISTS (SELECT FROM refunds r WHERE r.book = d.book AND r.debit_number = d.number AND r.cause <> 'failed'))
    ELSE d.state = 'voided' OR (d.state = 'captured' AND d.refunded_paise = d.captured_paise)
      OR (d.state = 'expired' AND p_answer IS NOT NULL) END
$$;

-- Resolves an unknown payment, or opens it again, by how its debit stands now; under the book's lock, which the caller has. Of a
-- debit that was never unknown nothing is done.
CREATE FUNCTION settle_unknown(p_book integer, p_number bigint) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE unknown_payments u SET resolved_at = CASE WHEN unknown_is_settled(d, u.answer) THEN coalesce(u.resolved_at, instant()) END
  FROM debits d WHERE u.book = p_book AND u.number = p_number AND d.book = p_book AND d.number = p_number;
END $$;
