"""The afternoon: several bills in one request, and a hold that lapsed before its department answered."""

from __future__ import annotations

from typing import Any

from wallet_service.demo.callers import Caller
from wallet_service.demo.counters import BALLY, HOWRAH, ULUBERIA, debit, passbooks, pay
from wallet_service.demo.own_service import OwnService
from wallet_service.demo.telling import again, heading, money, must, must_answer, say, table

BATCH: dict[str, Any] = {
    "atomic": False,
    "items": [
        debit(HOWRAH, "POD", "001", "980.00", "BSK-T-0009"),
        debit(BALLY, "LND", "001", "1850.00", "BSK-T-0010"),
        debit(ULUBERIA, "FIN", "001", "9500.00", "BSK-T-0011"),
        debit(ULUBERIA, "TRA", "001", "1000.00", "BSK-T-0012"),
    ],
}
"""The request with several bills that a person is invited to send again; `demo.env` has it."""

_SHORTEST_HOLD_SECONDS = 60


def pay_many(portal: Caller) -> None:
    """Pay several bills in one request, of which one is refused; then send it again."""
    heading("12. Four bills in one request: each is answered as if it had come alone")
    answer = portal.post("/v1/debits/batch", BATCH, "many-1")
    must_answer("the batch", answer, 200)
    results = answer.body["items"]
    must("what became of its items", [each["status"] for each in results], [201, 201, 422, 201])
    must("why one is refused", results[2]["problem"]["type"], "/problems/insufficient-funds")
    paid = [each["debit"]["balance"]["available"] for each in results if "debit" in each]
    must("what the batch leaves", paid, ["46635.44", "1000.00", "3674.33"])
    rows = [_row(asked, told) for asked, told in zip(BATCH["items"], results, strict=True)]
    table(("key", "wallet", "pays", "amount", "what became of it", "leaves"), rows, right=("amount", "leaves"))
    say("The refused item keeps its refusal, and stopped none of the others: the batch was not atomic.")
    repeated = portal.post("/v1/debits/batch", BATCH, "many-1")
    must("the batch sent again", (repeated.content, repeated.replayed), (answer.content, True))
    say("Sent again with its key: the same answer, byte for byte, and nothing is paid twice.")
    again('curl -s -H "$PORTAL" -H "$JSON" -H "Idempotency-Key: many-1" -d "$BATCH" "$API/v1/debits/batch"')


def capture_late(portal: Caller, service: OwnService) -> None:
    """Capture a hold that has lapsed: the wallet still covers it, so it is taken and marked as late."""
    heading("13. A department answers after the hold for it has lapsed")
    asked = {**debit(HOWRAH, "PRD", "001", "600.00", "BSK-T-0013"), "capture": False}
    held = pay(portal, "late-1", {**asked, "expires_in": _SHORTEST_HOLD_SECONDS})
    must("the hold", (held.body["state"], held.body["balance"]["held"]), ("held", "600.00"))
    say(f"Trade registration: {money('600.00')} held for {_SHORTEST_HOLD_SECONDS} seconds, the least there is.")
    service.set_clock_ahead(_SHORTEST_HOLD_SECONDS + 1)
    say("So that nobody has to wait, the demo's books set their clock a minute ahead: it has lapsed.")
    taken = portal.post(f"/v1/debits/{held.body['id']}/capture", {}, "late-1-capture")
    must_answer("the late capture", taken, 200)
    told = [taken.body[name] for name in ("state", "late", "captured")]
    must("the late capture", told, ["captured", True, "600.00"])
    must("what it leaves", taken.body["balance"]["available"], "46035.44")
    say('Captured all the same, for the wallet covers it, and marked "late": true.')
    say(f"{HOWRAH} has {money('46035.44')}.")
    again(portal.by_hand(f"/v1/debits/{held.body['id']}"), *passbooks(portal, HOWRAH))


def _row(asked: dict[str, Any], told: dict[str, Any]) -> tuple[str, ...]:
    what = f"{asked['department']} {asked['service']}"
    if "debit" in told:
        became, leaves = told["debit"]["entry"], told["debit"]["balance"]["available"]
    else:
        became, leaves = f"{told['status']} insufficient-funds", told["problem"]["available"]
    return told["key"], asked["wallet"], what, money(asked["amount"]), became, money(leaves)
