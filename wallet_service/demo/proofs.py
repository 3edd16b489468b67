"""The end: the trial balance, the laws of the books, and what is left open."""

from __future__ import annotations

import json
from typing import Any

from wallet_service.demo import department, week
from wallet_service.demo.callers import Caller
from wallet_service.demo.own_service import OwnService
from wallet_service.demo.telling import again, heading, money, must, must_answer, say, table

_TOTAL = "1477253.44"
_BALANCES = {
    "bank:charges": ("118.00", "0.00"),
    "bank:interest": ("0.00", "2468.00"),
    "bank:sbi:pool": ("1095460.44", "0.00"),
    "bank:sbi:week": ("358675.00", "0.00"),
    "department:FIN:001": ("0.00", "12345.67"),
    "department:LND:001": ("0.00", "4350.00"),
    "department:POD:001": ("0.00", "0.00"),
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
_BREAKS = [
    ("offered-claim", "10000.00"),
    ("offered-claim", "10000.00"),
    ("unmatched-credit", "7500.00"),
    *week.BREAKS,
    *department.BREAKS,
]


def balance(reports: Caller) -> None:
    """Take the trial balance and tell it."""
    heading("24. The trial balance: all debits are all credits")
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
    heading("25. The laws of the books")
    found: dict[str, Any] = json.loads(service.wallet("check", "--json"))
    broken = [f"{law['law']} {law['name']}" for law in found["laws"] if law["faults"]]
    must("the laws that are broken", broken, [])
    must("the numbers of the laws", sorted({law["law"] for law in found["laws"]}), list(range(1, 15)))
    say(f"All {max(law['law'] for law in found['laws'])} laws hold: no rupee was made, lost or counted twice.")
    again("wallet check")


def tell_breaks(reports: Caller) -> None:
    """Tell what is open: each break in words, and what to do next."""
    heading("26. What is left to do: each with what to do next")
    answer = reports.get("/v1/breaks")
    must_answer("the breaks", answer, 200)
    found = answer.body["items"]
    must("the breaks", sorted((each["kind"], each["amount"]) for each in found), sorted(_BREAKS))
    for each in found:
        say(f"{each['kind']:<16}  {each['reference']:<20}  {money(each['amount']):>10}")
        say(f"  {each['words']}")
        say(f"  → {each['next_step']}")
    again(reports.by_hand("/v1/breaks"))


def _shown(wire: str) -> str:
    return "" if wire == "0.00" else money(wire)
