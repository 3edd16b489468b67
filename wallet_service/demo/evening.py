"""The evening: the reconciliation statement, the trial balance, the laws of the books, and what is left open."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from wallet_service.demo import department, week
from wallet_service.demo.callers import Caller
from wallet_service.demo.own_service import OwnService
from wallet_service.demo.telling import again, blank, heading, money, must, must_answer, say, table

_TOTAL = "1479468.00"
_BANKS = {"sbi:pool": "1097675.00", "sbi:week": "358675.00"}
_BALANCES = {
    "bank:charges": ("118.00", "0.00"),
    "bank:interest": ("0.00", "2468.00"),
    **{f"bank:{name}": (closing, "0.00") for name, closing in _BANKS.items()},
    "department:FIN:001": ("0.00", "12345.67"),
    "department:LND:001": ("0.00", "4350.00"),
    "department:POD:001": ("0.00", "2214.56"),
    "department:POD:002": ("0.00", "2150.00"),
    "department:PRD:001": ("0.00", "600.00"),
    "department:TRA:001": ("0.00", "4480.00"),
    "department:UDM:001": ("0.00", "0.00"),
    "department:UDM:002": ("0.00", "3650.00"),
    "opening:balances": ("0.00", "1200000.00"),
    "receivable:BSKOP0071012": ("0.00", "0.00"),
    "suspense:bank-credits": ("0.00", "165000.00"),
    "suspense:differences": ("0.00", "0.00"),
    "transit:top-ups": ("23000.00", "0.00"),
    "wallet:*": ("0.00", "82209.77"),
}
_REFERENCE = 36
_OPEN_ITEMS = ("7500.00", "10000.00", "10000.00", "8000.00", "15000.00", *week.OPEN_ITEMS)
_BREAKS = [
    ("offered-claim", "10000.00"),
    ("offered-claim", "10000.00"),
    ("unmatched-credit", "7500.00"),
    *week.BREAKS,
    *department.BREAKS,
]


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


def balance(reports: Caller) -> None:
    """Take the trial balance and tell it."""
    heading("21. The trial balance: all debits are all credits")
    answer = reports.get("/v1/reports/trial-balance")
    must_answer("the trial balance", answer, 200)
    taken = answer.body
    found = {line["account"]: (line["debit"], line["credit"]) for line in taken["lines"]}
    must("the trial balance", found, _BALANCES)
    must("its totals", (taken["debits"], taken["credits"], taken["difference"]), (_TOTAL, _TOTAL, "0.00"))
    rows = [(account, _shown(debit), _shown(credit)) for account, (debit, credit) in found.items()]
    totals = [("-", "-", "-"), ("total", money(taken["debits"]), money(taken["credits"]))]
    table(("account", "debit", "credit"), [*rows, *totals], right=("debit", "credit"))
    say(f"Difference {money(taken['difference'])}. wallet:* is all wallets together.")
    again("wallet trial-balance", reports.by_hand("/v1/reports/trial-balance"))


def check(service: OwnService) -> None:
    """Test the laws of the books."""
    heading("22. The laws of the books")
    found: dict[str, Any] = json.loads(service.wallet("check", "--json"))
    broken = [f"{law['law']} {law['name']}" for law in found["laws"] if law["faults"]]
    must("the laws that are broken", broken, [])
    must("the numbers of the laws", sorted({law["law"] for law in found["laws"]}), list(range(1, 15)))
    say(f"All {max(law['law'] for law in found['laws'])} laws hold: no rupee was made, lost or counted twice.")
    again("wallet check")


def tell_breaks(reports: Caller) -> None:
    """Tell what is open: each break in words, and what to do next."""
    heading("23. What is left for tomorrow: each with what to do next")
    answer = reports.get("/v1/breaks")
    must_answer("the breaks", answer, 200)
    found = answer.body["items"]
    must("the breaks", sorted((each["kind"], each["amount"]) for each in found), sorted(_BREAKS))
    for each in found:
        say(f"{each['kind']:<16}  {each['reference']:<20}  {money(each['amount']):>10}")
        say(f"  {each['words']}")
        say(f"  → {each['next_step']}")
    again(reports.by_hand("/v1/breaks"))


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


def _shown(wire: str) -> str:
    return "" if wire == "0.00" else money(wire)
