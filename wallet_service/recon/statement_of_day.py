"""The figures of a reconciliation statement, by value date, straight from the books."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection

from wallet_service.ledger.accounts import ALL_WALLETS, AccountKind
from wallet_service.ledger.trial_balance import trial_balance
from wallet_service.money import Paise, rupees

# What counts by the day though it was posted after it: debits less credits per account, wallets as one.
_POSTED_LATER = """
SELECT CASE WHEN a.kind = 'wallet' THEN 'wallet:*' ELSE a.code END AS code,
  sum(CASE WHEN a.id = e.debit_account THEN e.amount_paise ELSE -e.amount_paise END)::bigint AS net
FROM entries e JOIN accounts a ON a.id IN (e.debit_account, e.credit_account)
WHERE e.value_date < e.business_day AND e.business_day > %(day)s AND e.value_date <= %(day)s GROUP BY 1
"""
_CLOSING = """
SELECT b.account, b.name, a.code,
  coalesce((SELECT balance_after_paise FROM bank_lines l WHERE l.bank_account = b.account AND l.booked_on <= %(day)s
            ORDER BY l.booked_on DESC, l.id DESC LIMIT 1),
           (SELECT CASE WHEN e.debit_account = b.account THEN e.amount_paise ELSE -e.amount_paise END FROM entries e
            WHERE e.book = 0 AND e.number = b.opening_entry AND e.value_date <= %(day)s), 0) AS closing,
  (SELECT max(period_last) FROM bank_files f WHERE f.bank_account = b.account AND f.state = 'released') AS covered
FROM bank_accounts b JOIN accounts a ON a.id = b.account WHERE b.number IS NOT NULL ORDER BY b.name
"""
_UNPOSTED = """
SELECT l.id, l.booked_on, l.description,
  CASE l.direction WHEN 'inflow' THEN l.amount_paise ELSE -l.amount_paise END AS paise
FROM bank_lines l WHERE l.bank_account = %(account)s AND l.booked_on <= %(day)s
  AND NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = l.id) ORDER BY l.id
"""
# An advice is open by the day when just one of the two is counted by then: the credit, and the bank's line of it.
_TRANSIT = """
SELECT credit_id(b.code, c.number) AS item, c.bank_reference AS reference, c.booked_on AS since,
  CASE WHEN t.value_date <= %(day)s THEN c.amount_paise ELSE -c.amount_paise END AS paise,
  CASE WHEN t.value_date <= %(day)s THEN 'credited, not seen at the bank by this day'
       ELSE 'seen at the bank by this day, credited later' END AS words
FROM credits c JOIN books b ON b.id = c.book
JOIN entries t ON t.book = c.book AND t.number = c.entry_number AND t.kind = 'top-up'
LEFT JOIN bank_line_postings p ON p.line = c.line
LEFT JOIN entries s ON s.book = p.book AND s.number = p.entry_number AND s.kind = 'top-up-seen'
WHERE (t.value_date <= %(day)s) <> coalesce(coalesce(s.value_date, c.withdrawn_on) <= %(day)s, false)
ORDER BY c.booked_on, b.code, c.number
"""
_SUSPENSE = """
SELECT a.code AS account, 'bank line ' || l.id AS item, l.description AS reference, l.booked_on AS since,
  i.amount_paise - coalesce((SELECT sum(c.amount_paise) FROM suspense_clearings c
    JOIN entries e ON e.book = c.book AND e.number = c.entry_number
    WHERE c.line = i.line AND e.value_date <= %(day)s), 0)::bigint AS paise,
  i.reason AS words
FROM suspense_items i JOIN bank_lines l ON l.id = i.line JOIN accounts a ON a.id = i.account
WHERE l.booked_on <= %(day)s ORDER BY l.booked_on, l.id
"""
# What an operator owes is one open item: returns less what top-ups have repaid since.
_RECEIVABLE = """
SELECT a.code AS account, 'operator ' || split_part(a.code, ':', 2) AS item, NULL AS reference,
  coalesce((SELECT min((r.opened_at AT TIME ZONE 'Asia/Kolkata')::date) FROM receivables r JOIN books b ON b.id = r.book
            WHERE 'receivable:' || b.code = a.code AND r.recovered_paise < r.amount_paise
              AND (r.opened_at AT TIME ZONE 'Asia/Kolkata')::date <= %(day)s), min(e.value_date)) AS since,
  sum(e.net)::bigint AS paise,
  'owed after a return or correction, repaid by the next top-up' AS words
FROM accounts a CROSS JOIN LATERAL (
  SELECT amount_paise AS net, value_date FROM entries WHERE debit_account = a.id AND debit_account <> book
  UNION ALL SELECT -amount_paise, value_date FROM entries WHERE credit_account = a.id AND credit_account <> book) e
WHERE a.kind = 'receivable' AND e.value_date <= %(day)s GROUP BY a.id ORDER BY a.code
"""
_OWED_TO_THE_SCHEME = (AccountKind.CHARGES, AccountKind.TRANSIT, AccountKind.DIFFERENCES, AccountKind.RECEIVABLE)
_WITH_ITEMS = (AccountKind.TRANSIT, AccountKind.SUSPENSE, AccountKind.DIFFERENCES, AccountKind.RECEIVABLE)


def parts(connection: Connection, day: date) -> tuple[str, dict[str, Any]]:
    """Return a day's state, ``provisional`` or ``final``, and its statement, amounts as strings of rupees."""
    balances = _by_value_date(connection, day)
    banks = [_bank(connection, row, day, balances) for row in connection.exec_driver_sql(_CLOSING, {"day": day})]
    final = bool(banks) and all(
        bank["covered_to"] is not None and bank["covered_to"] >= day.isoformat() for bank in banks
    )
    final = final and all(not bank["lines_not_yet_posted"] for bank in banks)
    part_b = _what_is_owed(connection, day, balances)
    agrees = all(bank["difference"] == "0.00" for bank in banks) and part_b["difference"] == "0.00"
    agrees = agrees and all(account["difference"] == "0.00" for account in part_b["open_items"])
    statement = {"day": day.isoformat(), "agrees": agrees, "part_a": banks, "part_b": part_b}
    return ("final" if final else "provisional"), statement


def _by_value_date(connection: Connection, day: date) -> dict[str, tuple[AccountKind, Paise]]:
    """Return each account's balance by value date, in paise: above zero on its normal side. Wallets are one account."""
    kinds = {
        row.code: AccountKind(row.kind)
        for row in connection.exec_driver_sql("SELECT code, kind FROM accounts WHERE id < 1000000")
    }
    kinds[ALL_WALLETS] = AccountKind.WALLET
    net = {line.account: line.debit - line.credit for line in trial_balance(connection, day).lines}
    for row in connection.exec_driver_sql(_POSTED_LATER, {"day": day}):
        net[row.code] = net.get(row.code, 0) + row.net
    return {
        code: (kinds[code], Paise(paise if kinds[code].is_debit else -paise)) for code, paise in sorted(net.items())
    }


def _bank(
    connection: Connection, row: Any, day: date, balances: dict[str, tuple[AccountKind, Paise]]
) -> dict[str, Any]:
    """Return part A of one bank account."""
    unposted = connection.exec_driver_sql(_UNPOSTED, {"account": row.account, "day": day}).all()
    in_books = balances.get(row.code, (AccountKind.BANK, Paise(0)))[1]
    return {
        "bank_account": row.name,
        "covered_to": row.covered.isoformat() if row.covered else None,
        "statement_closing": rupees(Paise(row.closing)),
        "lines_not_yet_posted": [
            {
                "line": each.id,
                "booked_on": each.booked_on.isoformat(),
                "amount": rupees(each.paise),
                "description": each.description,
            }
            for each in unposted
        ],
        "bank_per_books": rupees(in_books),
        "difference": rupees(Paise(row.closing - sum(each.paise for each in unposted) - in_books)),
    }


def _what_is_owed(connection: Connection, day: date, balances: dict[str, tuple[AccountKind, Paise]]) -> dict[str, Any]:
    """Return part B."""
    bank = sum(paise for kind, paise in balances.values() if kind is AccountKind.BANK)
    ours = {code: paise for code, (kind, paise) in balances.items() if kind in _OWED_TO_THE_SCHEME}
    theirs = {
        code: paise
        for code, (kind, paise) in balances.items()
        if kind is not AccountKind.BANK and kind not in _OWED_TO_THE_SCHEME
    }
    total_ours, total_theirs = bank + sum(ours.values()), sum(theirs.values())
    return {
        "bank_per_books": rupees(Paise(bank)),
        "owed_to_the_scheme": [{"account": code, "amount": rupees(paise)} for code, paise in ours.items()],
        "bank_and_owed_to_the_scheme": rupees(Paise(total_ours)),
        "owed_by_the_scheme": [{"account": code, "amount": rupees(paise)} for code, paise in theirs.items()],
        "total_owed_by_the_scheme": rupees(Paise(total_theirs)),
        "difference": rupees(Paise(total_ours - total_theirs)),
        "open_items": _open_items(connection, day, balances),
    }


def _open_items(
    connection: Connection, day: date, balances: dict[str, tuple[AccountKind, Paise]]
) -> list[dict[str, Any]]:
    """Return each account that consists of open items, with them, and what they do not explain (nothing, one hopes)."""
    items: dict[str, list[Any]] = {"transit:top-ups": list(connection.exec_driver_sql(_TRANSIT, {"day": day}))}
    for query in (_SUSPENSE, _RECEIVABLE):
        for row in connection.exec_driver_sql(query, {"day": day}):
            if row.paise:
                items.setdefault(row.account, []).append(row)
    return [
        {
            "account": code,
            "amount": rupees(paise),
            "items": [_item(row, day) for row in items.get(code, ())],
            "difference": rupees(Paise(paise - _total(items.get(code, ())))),
        }
        for code, (kind, paise) in balances.items()
        if kind in _WITH_ITEMS
    ]


def _total(rows: Iterable[Any]) -> int:
    return sum(row.paise for row in rows)


def _item(row: Any, day: date) -> dict[str, Any]:
    return {
        "item": row.item,
        "reference": row.reference,
        "since": row.since.isoformat(),
        "age_days": (day - row.since).days,
        "amount": rupees(row.paise),
        "words": row.words,
    }
