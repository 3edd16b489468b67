"""The evening: the reconciliation statement of the day."""

from __future__ import annotations

import textwrap
from typing import Any

from wallet_service.demo import week
from wallet_service.demo.callers import Caller
from wallet_service.demo.telling import again, blank, heading, money, must, must_answer, say, table

_TOTAL = "1479468.00"
_BANKS = {"sbi:pool": "1097675.00", "sbi:week": "358675.00"}
_REFERENCE = 36
_OPEN_ITEMS = ("7500.00", "10000.00", "10000.00", "8000.00", "15000.00", *week.OPEN_ITEMS)


def reconcile(reports: Caller, day: str) -> None:
    """Make the reconciliation statement of the day and tell it."""
    heading("20. The reconciliation statement: does the bank agree with the books?")
    answer = reports.post("/v1/reconciliations", {"day": day})
    must_answer("the reconciliation statement", answer, 201)
    made = answer.body
    must("the statement", (made["state"], made["agrees"]), ("provisional", True))
    banks, part_b = made["part_a"], made["part_b"]
    for figure in ("statement_closing", "bank_per_books"):
        must("part A", {bank["bank_account"]: bank[figure] for bank in banks}, _BANKS)
    must("part B", [part_b["bank_and_owed_to_the_scheme"], part_b["total_owed_by_the_scheme"]], [_TOTAL, _TOTAL])
    say(
        f"Of {made['day']}, by value date; {made['state']}, version {made['version']}: the day is not over at the bank."
    )
    for bank in banks:
        _tell_part_a(bank)
    _tell_part_b(part_b)
    _tell_open_items(part_b["open_items"])
    say("It agrees to the paisa.")
    again('wallet reconcile "$TODAY"', reports.by_hand("/v1/reconciliations/$TODAY"))


def _tell_part_a(bank: dict[str, Any]) -> None:
    blank()
    say(f"A. bank:{bank['bank_account']}, statements to {bank['covered_to']}")
    rows = [
        ("closing balance of the bank's statement", money(bank["statement_closing"])),
        ("less lines not yet posted: none", money("0.00")),
        ("bank per books", money(bank["bank_per_books"])),
        ("difference", money(bank["difference"])),
    ]
    must("the lines not yet posted", bank["lines_not_yet_posted"], [])
    table(("", "amount"), rows, right=("amount",))


def _tell_part_b(part: dict[str, Any]) -> None:
    blank()
    say("B. What there is, and whose it is")
    rows = [("bank per books", money(part["bank_per_books"]), "")]
    rows += [(each["account"], money(each["amount"]), "") for each in part["owed_to_the_scheme"]]
    rows += [(each["account"], "", money(each["amount"])) for each in part["owed_by_the_scheme"]]
    totals = (money(part["bank_and_owed_to_the_scheme"]), money(part["total_owed_by_the_scheme"]))
    columns = ("account", "at the bank, or owed to us", "owed by us")
    table(columns, [*rows, ("-", "-", "-"), ("total", *totals)], right=columns[1:])


def _tell_open_items(accounts: list[dict[str, Any]]) -> None:
    rows = [
        (
            account["account"],
            item["item"],
            str(item["age_days"]),
            money(item["amount"]),
            textwrap.shorten(item["reference"] or "", _REFERENCE),
        )
        for account in accounts
        for item in account["items"]
    ]
    must("the open items", sorted(row[3] for row in rows), sorted(money(amount) for amount in _OPEN_ITEMS))
    must("what they do not explain", {account["difference"] for account in accounts}, {"0.00"})
    blank()
    say("Open items, which make up suspense and transit")
    table(("account", "item", "days", "amount", "reference"), rows, right=("days", "amount"))
