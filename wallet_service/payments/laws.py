"""The laws of holds, payments, refunds and credits."""

from __future__ import annotations

from wallet_service.ledger.laws import ENTRIES, ENTRY
from wallet_service.ledger.proving import Fault, Law
from wallet_service.payments.known_movements import allowed
from wallet_service.payments.law_of_sources import ONE_SET_OF_ENTRIES, OTHER_ENTRIES, PAYMENTS

_ALLOWED = ", ".join(str(movement) for movement in allowed())
ENTRIES_ARE_MOVEMENTS = Law(
    1,
    "entries_are_known_movements",
    "Every entry debits and credits the kinds of account that its business event does; only a debit makes a payment.",
    "the posting functions, each of which writes its own event; found by this check",
    faults=(
        Fault(
            ENTRIES,
            f"""(e.kind = 'payment' AND e.source <> 'debit')
               OR d.id IS NOT NULL AND c.id IS NOT NULL AND (e.kind, d.kind, c.kind) NOT IN (
                 SELECT x.kind::entry_kind, x.debit::account_kind, x.credit::account_kind
                 FROM (VALUES {_ALLOWED}) AS x (kind, debit, credit))""",  # noqa: S608
            f"""format('entry %%s: a %%s from a %%s account to a %%s account, by a %%s',
                 {ENTRY}, e.kind, d.kind, c.kind, e.source)""",
        ),
    ),
)

HELD_IS_THE_OPEN_HOLDS = Law(
    6,
    "held_is_the_sum_of_open_holds",
    "What a wallet holds is the sum of its open holds.",
    "the only writer, under the book's lock",
    """SELECT format('wallet %%s: holds %%s paise, its open holds are %%s', b.code, b.held_paise, coalesce(h.paise, 0))
       FROM books b LEFT JOIN (SELECT book, sum(amount_paise) AS paise FROM debits WHERE state = 'held' GROUP BY book) h
         ON h.book = b.id
       WHERE b.held_paise <> coalesce(h.paise, 0)""",
)
CAPTURES_AND_REFUNDS_ADD_UP = Law(
    9,
    "refunds_stay_within_the_capture",
    "Captured and released are what was placed once a hold is closed; rebate and refunds never pass the capture.",
    "checks a_hold_is_taken_or_given_back, refunds_stay_within_the_capture and only_what_is_captured_has_an_entry",
    query="""SELECT format('refund %%s: says %%s paise, its entry %%s', entry_id(r.book, r.entry_number),
         r.amount_paise, e.amount_paise)
       FROM refunds r LEFT JOIN entries e ON e.book = r.book AND e.number = r.entry_number AND e.kind = 'refund'
         AND e.source_number = r.debit_number
       WHERE e.amount_paise IS DISTINCT FROM r.amount_paise AND r.refunded_at >= %(began)s""",
    faults=(
        Fault(
            PAYMENTS,
            """d.number IS NOT NULL AND (
                 d.captured_paise + d.released_paise <> CASE d.state WHEN 'held' THEN 0 ELSE d.amount_paise END
                 OR d.refunded_paise > d.captured_paise OR e.number IS DISTINCT FROM d.entry_number
                 OR coalesce(e.amount_paise, 0) <> d.captured_paise OR coalesce(r.paise, 0) <> d.refunded_paise)""",
            """format(
                 'debit %%s: %%s of %%s paise captured, %%s released, %%s refunded (entries: %%s paid, %%s refunded)',
                 debit_id(b.code, d.number), d.captured_paise, d.amount_paise, d.released_paise, d.refunded_paise,
                 coalesce(e.amount_paise, 0), coalesce(r.paise, 0))""",
        ),
        Fault(
            OTHER_ENTRIES,
            """e.kind = 'rebate' AND NOT EXISTS (SELECT FROM entries n WHERE n.book = e.book AND n.number = e.number + 1
                 AND n.kind = 'payment' AND n.source_number = e.source_number)""",
            f"format('rebate %%s: does not stand before its payment', {ENTRY})",
        ),
    ),
)
UNKNOWN_UNTIL_RESOLVED = Law(
    9,
    "unknown_until_answered_or_given_back",
    "A payment is unknown until its department has answered and it stands as answered, or the money was given back.",
    "the verbs that answer, capture, void and refund, under the book's lock; found by this check",
    query="""SELECT format('unknown payment %%s: answered %%s, the debit is %%s, and it is %%s',
         coalesce(debit_id(b.code, u.number), u.book || '-' || u.number), coalesce(u.answer::text, 'nothing'),
         coalesce(d.state::text, 'not there'), CASE WHEN u.resolved_at IS NULL THEN 'open' ELSE 'resolved' END)
       FROM unknown_payments u LEFT JOIN debits d ON d.book = u.book AND d.number = u.number
       LEFT JOIN books b ON b.id = u.book
       WHERE (u.resolved_at IS NULL OR u.resolved_at >= %(began)s)
         AND (u.resolved_at IS NOT NULL) IS DISTINCT FROM (CASE WHEN u.answer = 'paid'
           THEN d.state = 'captured' AND (d.refunded_paise < d.captured_paise OR EXISTS (SELECT FROM refunds r
             WHERE r.book = d.book AND r.debit_number = d.number AND r.cause <> 'failed'))
           ELSE d.state = 'voided' OR (d.state = 'captured' AND d.refunded_paise = d.captured_paise)
             OR (d.state = 'expired' AND u.answer IS NOT NULL) END)""",
)
LAWS: tuple[Law, ...] = (
    *(ENTRIES_ARE_MOVEMENTS, HELD_IS_THE_OPEN_HOLDS, CAPTURES_AND_REFUNDS_ADD_UP, UNKNOWN_UNTIL_RESOLVED),
    ONE_SET_OF_ENTRIES,
)
