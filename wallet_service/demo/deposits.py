"""Cash that operators claim, what the bank's next file says to it, and a credit that the bank takes back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from wallet_service.demo import bank
from wallet_service.demo.callers import Caller
from wallet_service.demo.counters import BALLY, HOWRAH, ULUBERIA, advise, passbooks
from wallet_service.demo.telling import again, heading, money, must, must_answer, say, table

_CLAIMED = (
    (BALLY, "9000.00", "00091", "0431"),
    (HOWRAH, "10000.00", "04292", "0078"),
    (ULUBERIA, "10000.00", "04292", "0079"),
)
_LINES = [("claimed", "posted"), ("claimed", "suspense"), ("claimed", "suspense"), ("returned", "posted")]
_RETURNED = f"{ULUBERIA}-C000001"
_RECEIVABLE = f"/v1/reports/ledger?account=receivable:{ULUBERIA}"


def claim(portal: Caller, today: date) -> None:
    """Claim three deposits of cash, two of which nobody can tell apart."""
    heading("14. Three operators claim the cash they paid in over a branch's counter")
    rows = []
    for wallet, amount, branch, slip in _CLAIMED:
        asked = {"wallet": wallet, "amount": amount, "deposited_on": today.isoformat(), "mode": "cash"}
        answer = portal.post("/v1/claims", {**asked, "branch_code": branch, "slip_no": slip}, f"claim-{slip}")
        must_answer(f"the claim of {wallet}", answer, 201)
        must(f"the claim of {wallet}", (answer.body["state"], answer.body["entry"]), ("open", None))
        rows.append((answer.body["id"], wallet, branch, slip, money(amount), answer.body["state"]))
    table(("claim", "wallet", "branch", "slip", "amount", "state"), rows, right=("amount",))
    say("A claim credits nobody: it waits for the bank's line.")
    again(portal.by_hand("/v1/claims"))


def take_in_evening(mita: Caller, kamal: Caller, path: Path) -> int:
    """Take in and release the day's later download; return its id once its new lines are posted."""
    heading("15. The evening's download tells the morning again, and goes on")
    answer = mita.upload(path.read_bytes(), path.name)
    must_answer("the upload of the evening", answer, 201)
    file = answer.body
    must("the evening's file", [file[name] for name in ("state", "lines", "new_lines")], ["read", 11, 4])
    must("its balances", [file["opening"], file["closing"]], ["1000000.00", "1097675.00"])
    say("It is fixtures/sbi/sbi-pool-2026-04-02-evening.xls, its dates moved like the morning's.")
    say(f"Read: {file['lines']} lines, {money(file['opening'])} to {money(file['closing'])}; 7 are known, 4 are new.")
    must_answer("Kamal's release", kamal.post(f"/v1/bank-files/{file['id']}/release", {}), 200)
    lines = bank.posted_lines(mita, file["id"], len(_LINES))
    must("what decided each line", [(line["rule"], line["state"]) for line in lines], _LINES)
    say("Kamal releases it, and only the new ones are posted:")
    bank.tell_lines(lines)
    again(mita.by_hand(f"/v1/bank-files/{file['id']}"), mita.by_hand(f"/v1/bank-files/{file['id']}/lines"))
    return int(file["id"])


def tell_claims(portal: Caller) -> None:
    """Tell which claim found its line, and which a person decides on."""
    heading("16. One claim has found its line; two equal ones are left to a person")
    found = {each["wallet"]: each for each in portal.get("/v1/claims").body["items"]}
    tied, parked = found[BALLY], [found[HOWRAH], found[ULUBERIA]]
    must("the states of the claims", [found[claim[0]]["state"] for claim in _CLAIMED], ["tied", "offered", "offered"])
    must("the lines offered to both", (len(parked[0]["offers"]), parked[1]["offers"]), (2, parked[0]["offers"]))
    must("what is not credited", [each["entry"] for each in parked], [None, None])
    must("what Bally has", portal.get(f"/v1/wallets/{BALLY}/balance").body["current"], "10000.00")
    say(f"{tied['id']}: the only claim, made before the file came, that fits the only such line.")
    say(f"Credited as {tied['entry']}; {BALLY} has {money('10000.00')}.")
    offers = " and ".join(str(line) for line in parked[0]["offers"])
    say(f"{parked[0]['id']} and {parked[1]['id']}: bank lines {offers} are offered to both.")
    say("Whose is which, the bank does not say. Nobody is credited on a guess: a person decides.")
    again(portal.by_hand("/v1/claims"), *passbooks(portal, BALLY))


def lose_a_credit(portal: Caller, reports: Caller) -> None:
    """Tell what the bank took back of a credit already spent in part, and what its operator owes since."""
    heading("17. The bank has taken a credit back, and some of the money is spent")
    credit = portal.get(f"/v1/credits/{_RETURNED}").body
    must("the credit", [credit[name] for name in ("state", "amount")], ["withdrawn", "12500.00"])
    must("what the wallet has left", portal.get(f"/v1/wallets/{ULUBERIA}/balance").body["current"], "0.00")
    must("what its operator owes", _owed(reports), ([("owed", "8825.67", None)], "8825.67"))
    reference = f"{credit['channel'].upper()} {credit['bank_reference']}"
    say(f"{money('12500.00')} by {reference} went back. {ULUBERIA} gives what it still has,")
    say(f"{money('3674.33')}; the other {money('8825.67')} are owed by its operator, and no balance is below zero.")
    again(
        portal.by_hand(f"/v1/credits/{_RETURNED}"),
        *passbooks(portal, ULUBERIA),
        reports.by_hand(_RECEIVABLE),
    )


def repay(portal: Caller, reports: Caller, today: date) -> None:
    """Top the wallet up: what its operator owes is repaid first."""
    answer = advise(portal, ULUBERIA, "15000.00", "neft", "UTIBN60920004417", today)
    must("the top-up", (answer.body["state"], answer.body["balance"]["available"]), ("credited", "6174.33"))
    entries = [
        (each["kind"], each["credit"], each["debit"])
        for each in portal.get(f"/v1/wallets/{ULUBERIA}/passbook").body["entries"]
    ]
    must("its entries", entries[-2:], [("top-up", "15000.00", None), ("recovery", None, "8825.67")])
    paid = [("owed", "8825.67", None), ("recovery", None, "8825.67")]
    must("what is owed then", _owed(reports), (paid, "0.00"))
    say(f"The next top-up, {money('15000.00')} by NEFT, repays it at once: an entry of its own, a recovery of")
    say(f"{money('8825.67')}. {money('6174.33')} are left, and nothing is owed.")
    again(*passbooks(portal, ULUBERIA), reports.by_hand(_RECEIVABLE))


def _owed(reports: Caller) -> tuple[list[tuple[Any, ...]], str]:
    """Return the entries of what the operator owes, and how much it is after them."""
    ledger = reports.get(_RECEIVABLE).body
    return [(each["kind"], each["debit"], each["credit"]) for each in ledger["entries"]], ledger["closing"]
