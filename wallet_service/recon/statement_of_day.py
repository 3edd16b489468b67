"""The figures of a reconciliation statement, by value date, straight from the books."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection

from wallet_service.ledger.accounts import ALL_WALLETS, AccountKind
from wallet_service.ledger.trial_balance import trial_balance
from wallet_service.money import Paise, rupees
from wallet_service.recon import wraps
from wallet_service.recon.open_items import open_items

# What counts by the day though it was posted after it: debits less credits per account, wallets as one.
_POSTED_LATER = """
SELECT CASE WHEN a.kind = 'wallet' THEN 'wallet:*' ELSE a.code END AS code,
  sum(CASE WHEN a.id = e.debit_account THEN e.amount_paise ELSE -e.amount_paise END)::bigint AS net
FROM entries e JOIN accounts a ON a.id IN (e.debit_account, e.credit_account)
WHERE e.value_date < e.business_day AND e.business_day > %(day)s AND e.value_date <= %(day)s GROUP BY 1
"""
# A file covers a day to its end if it was received after that day, whatever period its head tells. The opening balance
# of the first file is in the books once the first line is posted.
_CLOSING = """
SELECT b.account, b.name, a.code, x.period_first, x.opening_paise,
  coalesce((SELECT balance_after_paise FROM bank_lines l WHERE l.bank_account = b.account AND l.booked_on <= %(day)s
            ORDER BY l.booked_on DESC, l.id DESC LIMIT 1),
           (SELECT CASE WHEN e.debit_account = b.account THEN e.amount_paise ELSE -e.amount_paise END FROM entries e
            WHERE e.book = 0 AND e.number = b.opening_entry AND e.value_date <= %(day)s),
           x.opening_paise, 0) AS closing,
  f.covered, coalesce(f.covered_whole >= %(day)s, false) AS is_covered
FROM bank_accounts b JOIN accounts a ON a.id = b.account
CROSS JOIN LATERAL (
  SELECT max(period_last) AS covered,
    max(least(period_last, (received_at AT TIME ZONE 'Asia/Kolkata')::date - 1)) AS covered_whole
  FROM bank_files WHERE bank_account = b.account AND state = 'released') f
LEFT JOIN LATERAL (
  SELECT period_first, opening_paise FROM bank_files
  WHERE bank_account = b.account AND state = 'released' AND b.opening_entry IS NULL AND period_first <= %(day)s
  ORDER BY period_first, id LIMIT 1) x ON true
WHERE b.number IS NOT NULL ORDER BY b.name
"""
_UNPOSTED = """
SELECT f.bank_account, l.id, l.booked_on, l.description,
  CASE l.direction WHEN 'inflow' THEN l.amount_paise ELSE -l.amount_paise END AS paise
FROM bank_files f JOIN bank_lines l ON l.file = f.id
WHERE f.state = 'released' AND f.posted_at IS NULL AND l.booked_on <= %(day)s
  AND NOT EXISTS (SELECT FROM bank_line_postings p WHERE p.line = l.id) ORDER BY l.id
"""
_OPENING = "Opening balance of the first statement, not yet brought into the books"
_OWED_TO_THE_SCHEME = (AccountKind.CHARGES, AccountKind.TRANSIT, AccountKind.DIFFERENCES, AccountKind.RECEIVABLE)
_WITH_ITEMS = (AccountKind.TRANSIT, AccountKind.SUSPENSE, AccountKind.DIFFERENCES, AccountKind.RECEIVABLE)


def parts(connection: Connection, day: date) -> tuple[str, dict[str, Any]]:
    """Return a day's state, ``provisional`` or ``final``, and its statement, amounts as strings of rupees."""
    balances = _by_value_date(connection, day)
    rows = connection.exec_driver_sql(_CLOSING, {"day": day}).all()
    unposted = _unposted(connection, day)
    banks = [_bank(row, unposted.get(row.account, []), balances) for row in rows]
    final = bool(rows) and all(row.is_covered for row in rows)
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


def _unposted(connection: Connection, day: date) -> dict[int, list[Any]]:
    """Return each bank account's lines of released files that are not posted yet, in their order."""
    lines: dict[int, list[Any]] = {}
    for line in connection.exec_driver_sql(_UNPOSTED, {"day": day}):
        lines.setdefault(line.bank_account, []).append(
            (line.id, line.booked_on, line.paise, wraps.joined(line.description))
        )
    return lines


def _bank(row: Any, lines: list[Any], balances: dict[str, tuple[AccountKind, Paise]]) -> dict[str, Any]:
    """Return part A of one bank account with its *lines* that are not posted yet."""
    if row.opening_paise:
        lines = [(None, row.period_first, row.opening_paise, _OPENING), *lines]
    in_books = balances.get(row.code, (AccountKind.BANK, Paise(0)))[1]
    return {
        "bank_account": row.name,
        "covered_to": row.covered.isoformat() if row.covered else None,
        "statement_closing": rupees(Paise(row.closing)),
        "lines_not_yet_posted": [
            {"line": line, "booked_on": booked_on.isoformat(), "amount": rupees(amount), "description": description}
            for line, booked_on, amount, description in lines
        ],
        "bank_per_books": rupees(in_books),
        "difference": rupees(Paise(row.closing - sum(amount for _, _, amount, _ in lines) - in_books)),
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
    items = open_items(connection, day)
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
