"""The counters' part of the day: wallets topped up, departments paid, holds, a refund, a replay, a refusal."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from wallet_service.client import Balance
from wallet_service.demo.callers import Answer, Caller
from wallet_service.demo.telling import again, heading, money, must, must_answer, say, table

HOWRAH, BALLY, ULUBERIA = "BSKOP0071010", "BSKOP0071011", "BSKOP0071012"
_COUNTERS = (
    (HOWRAH, "HWH-071", "Howrah Municipal Office"),
    (BALLY, "HWH-072", "Bally Library"),
    (ULUBERIA, "HWH-073", "Uluberia BDO Office"),
)

BILL: dict[str, Any] = {
    "wallet": HOWRAH,
    "department": "POD",
    "service": "001",
    "amount": "1234.56",
    "service_ticket_no": "BSK-T-0001",
    "consumer_no": "101234567",
    "narration": "Electricity bill",
    "capture": True,
}
METER: dict[str, Any] = {
    "wallet": BALLY,
    "department": "POD",
    "service": "002",
    "amount": "2150.00",
    "service_ticket_no": "BSK-T-0006",
    "application_no": "NSC-2026-4411",
    "capture": True,
}
"""The two requests that a person is invited to send again; `demo.env` has them."""


def open_counters(portal: Caller) -> None:
    """Open three wallets."""
    heading("2. Three counters open: each operator has a wallet, and nothing in it")
    for code, centre, name in _COUNTERS:
        opened = portal.client.open_wallet(code, centre_code=centre, centre_name=name, district="HWH")
        must(f"the balance of {code}", str(opened.balance.current), "0.00")
        say(f"{code}  {centre}  {name:<24} {money(opened.balance.current):>12}")
    again(portal.by_hand("/v1/wallets"))


def top_up(portal: Caller, today: date) -> None:
    """Advise four deposits: three are credited at once, cash waits for the bank."""
    heading("3. Operators have paid money in, and the portal advises it before the bank's statement comes")
    yesterday = today - timedelta(days=1)
    told = [
        advise(portal, HOWRAH, "35000.00", "neft", "YESAP60910012345", yesterday),
        advise(portal, ULUBERIA, "12500.00", "imps", "609209123457", today),
        advise(portal, ULUBERIA, "8000.00", "neft", "HDFCN60912345001", today),
        advise(portal, BALLY, "6000.00", "cash", "SLIP-000431", today),
    ]
    states = [answer.body["state"] for answer in told]
    must("the states of the four advices", states, ["credited", "credited", "credited", "awaiting-bank"])
    must("why the cash waits", told[3].body["reason"], "channel")
    _tell_credits(told)
    say("Cash has no reference that only the bank can know, so it is credited when the bank's line comes.")
    again(portal.by_hand("/v1/credits"))


def pay_departments(portal: Caller) -> None:
    """Pay five departments at once."""
    heading("4. Citizens pay five departments")
    told = {
        "electricity bill": pay(portal, "bill-1", BILL),
        "mutation fee": pay(portal, "mutation-1", debit(HOWRAH, "LND", "001", "2500.00", "BSK-T-0002")),
        "road tax": pay(portal, "road-tax-1", debit(ULUBERIA, "TRA", "001", "3480.00", "BSK-T-0003")),
        "registration fee": pay(portal, "registration-1", debit(ULUBERIA, "FIN", "001", "12345.67", "BSK-T-0004")),
        "trade licence": pay(portal, "licence-1", debit(ULUBERIA, "UDM", "001", "1200.00", "BSK-T-0005")),
    }
    left = [answer.body["balance"]["available"] for answer in told.values()]
    must("what the payments leave", left, ["33765.44", "31265.44", "17020.00", "4674.33", "3474.33"])
    _tell_debits(told)
    again(portal.by_hand("/v1/debits?from=$TODAY&to=$TODAY"), *passbooks(portal, HOWRAH, ULUBERIA))


def replay(portal: Caller) -> None:
    """Send the first payment again with its key: it is told again and nothing is paid."""
    heading("5. The line drops, and the portal sends the electricity bill again with the same key")
    first = portal.get("/v1/debits/BSKOP0071010-D000001").body
    answer = portal.post("/v1/debits", BILL, "bill-1")
    must_answer("the electricity bill sent again", answer, 201)
    must("Idempotency-Replayed", answer.replayed, True)
    must("the debit that is told again", answer.body["id"], first["id"])
    must("the entry that is told again", answer.body["entry"], first["entry"])
    must("the wallet after the replay", _available(portal, HOWRAH), "31265.44")
    say(f"The same answer, with the header Idempotency-Replayed: true. Paid once, as {first['entry']};")
    say(f"{HOWRAH} still has {money('31265.44')}.")
    again(
        'curl -si -H "$PORTAL" -H "$JSON" -H "Idempotency-Key: bill-1" -d "$BILL" "$API/v1/debits"',
        *passbooks(portal, HOWRAH),
    )


def hold_and_capture(portal: Caller) -> None:
    """Hold money for two demands: one is captured in part, the other voided."""
    heading("6. Two demands are not sure yet: the money is held until the department answers")
    held = pay(portal, "property-1", {**debit(HOWRAH, "UDM", "002", "4000.00", "BSK-T-0007"), "capture": False})
    must("the held balance", held.body["balance"]["held"], "4000.00")
    taken = portal.client.capture(held.body["id"], "3650.00", key="property-1-capture")
    must("the capture", [str(taken.captured), str(taken.released)], ["3650.00", "350.00"])
    must("what the capture leaves", taken.balance, _all_available("27615.44"))
    say(f"Property tax: {money('4000.00')} held, {money('3650.00')} captured, {money('350.00')} released.")
    say(f"{HOWRAH} has {money('27615.44')}.")
    again(portal.by_hand(f"/v1/debits/{held.body['id']}"), *passbooks(portal, HOWRAH))
    other = pay(portal, "trade-1", {**debit(ULUBERIA, "PRD", "001", "500.00", "BSK-T-0008"), "capture": False})
    voided = portal.client.void(other.body["id"], key="trade-1-void")
    must("what the void leaves", voided.balance, _all_available("3474.33"))
    say(f"Trade registration: {money('500.00')} held, and given back. {ULUBERIA} has {money('3474.33')}.")
    again(portal.by_hand(f"/v1/debits/{other.body['id']}"), *passbooks(portal, ULUBERIA))


def refund(portal: Caller) -> None:
    """Give back a payment that its department did not take."""
    heading("7. The department did not take the trade licence: the wallet has its money back")
    (paid,) = portal.client.debits(service_ticket_no="BSK-T-0005")
    why = "The department's portal did not take it"
    given = portal.client.refund(paid.id, paid.captured, why, key="licence-1-refund")
    must("what the refund leaves", str(given.balance.available), "4674.33")
    say(f"{money(given.amount)} refunded by {given.id}; {ULUBERIA} has {money(given.balance.available)}.")
    again(portal.by_hand(f"/v1/debits/{paid.id}"), *passbooks(portal, ULUBERIA))


def refuse(portal: Caller, today: date) -> None:
    """Refuse a payment for want of money; after a top-up its key stays refused and a new one passes."""
    heading("8. A payment is refused, and stays refused: only a new key pays")
    refused = portal.post("/v1/debits", METER, "meter-1")
    must_answer("a payment from an empty wallet", refused, 422, "insufficient-funds")
    say(f"New connection, {money('2150.00')}, from {BALLY}, which has nothing yet: 422 insufficient-funds.")
    topped_up = advise(portal, BALLY, "5000.00", "upi", "609212345678", today)
    must("the top-up", topped_up.body["state"], "credited")
    say(f"{money('5000.00')} advised by UPI and credited. The same request with the same key again:")
    straggler = portal.post("/v1/debits", METER, "meter-1")
    must_answer("the refused key after the top-up", straggler, 422, "insufficient-funds")
    must("the refusal", (straggler.replayed, straggler.content), (True, refused.content))
    must("the wallet after it", _available(portal, BALLY), "5000.00")
    say("still refused, byte for byte: the citizen may have had the cash back, so a straggler never pays.")
    again(
        portal.by_hand("/v1/debits?key=meter-1"),
        portal.by_hand("/v1/credits?bank_reference=609212345678"),
        'curl -si -H "$PORTAL" -H "$JSON" -H "Idempotency-Key: meter-1" -d "$METER" "$API/v1/debits"',
    )
    paid = pay(portal, "meter-2", METER)
    must("what the new key leaves", paid.body["balance"]["available"], "2850.00")
    say(f"With a new key it is paid as {paid.body['entry']}; {BALLY} has {money('2850.00')}.")
    again(*passbooks(portal, BALLY))


def advise(portal: Caller, wallet: str, amount: str, channel: str, reference: str, day: date) -> Answer:
    """Advise that money was paid in for a wallet, booked on *day*; it must be taken."""
    asked = {"wallet": wallet, "amount": amount, "channel": channel, "bank_reference": reference}
    answer = portal.post("/v1/credits", {**asked, "booked_on": day.isoformat()}, f"advice-{reference}")
    must_answer(f"advising {reference}", answer, 201)
    return answer


def debit(wallet: str, department: str, service: str, amount: str, ticket: str) -> dict[str, Any]:
    """Return a request that pays a department at once."""
    named = {"wallet": wallet, "department": department, "service": service}
    return {**named, "amount": amount, "service_ticket_no": ticket, "capture": True}


def pay(portal: Caller, key: str, asked: dict[str, Any]) -> Answer:
    """Send a payment that must be taken."""
    answer = portal.post("/v1/debits", asked, key)
    must_answer(f"the payment {key}", answer, 201)
    must(f"the amount of {key}", answer.body["amount"], asked["amount"])
    return answer


def passbooks(portal: Caller, *wallets: str) -> list[str]:
    """Return the commands that show the wallets' entries, each with the balance after it."""
    return [portal.by_hand(f"/v1/wallets/{wallet}/passbook") for wallet in wallets]


def _available(portal: Caller, wallet: str) -> str:
    return str(portal.client.balance(wallet).available)


def _all_available(rupees: str) -> Balance:
    return Balance(Decimal(rupees), Decimal(0), Decimal(rupees))


def _tell_credits(told: list[Answer]) -> None:
    rows = [
        (each["wallet"], each["channel"], each["bank_reference"], money(each["amount"]), each["state"])
        for each in (answer.body for answer in told)
    ]
    table(("wallet", "by", "bank reference", "amount", "state"), rows, right=("amount",))


def _tell_debits(told: dict[str, Answer]) -> None:
    rows = [
        (
            each["wallet"],
            f"{each['department']} {each['service']} {service}",
            each["entry"],
            money(each["amount"]),
            money(each["balance"]["available"]),
        )
        for service, each in ((service, answer.body) for service, answer in told.items())
    ]
    table(("wallet", "department, service", "entry", "amount", "leaves"), rows, right=("amount", "leaves"))
