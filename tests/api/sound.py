"""What stands for a name of the API in a request that is meant to be answered with yes.

A field that nothing here is said of keeps what its description allows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import TYPE_CHECKING, Any

from tests.api.portal import Caller, number, payment

if TYPE_CHECKING:
    from tests.api.town import Town

DAY = "2026-04-01"
UNTIL = "2199-12-31"
MONEY = ("0.01", "1.00", "2.50", "12.00")


def _known(*names: str) -> Callable[[Town, Caller, Random], Any]:
    return lambda town, by, random: random.choice([each for name in names for each in town.known[name]])


def _fresh(what: Callable[[], Any]) -> Callable[[Town, Caller, Random], Any]:
    return lambda town, by, random: what()


def _one(*values: Any) -> Callable[[Town, Caller, Random], Any]:
    return lambda town, by, random: random.choice(values)


def _items(town: Town, by: Caller, random: Random) -> list[dict[str, Any]]:
    return [payment(town.known["wallet"][0], random.choice(MONEY), narration="light", key=number(20)) for _ in range(2)]


BY_NAME: Mapping[str, Callable[[Town, Caller, Random], Any]] = {
    "operator_code": _known("any wallet"),
    "wallet": _known("wallet"),
    "department": _one("POD"),
    "service": _one("001"),
    "amount": _one(*MONEY),
    "service_ticket_no": _fresh(lambda: f"T{number(12)}"),
    "application_no": _fresh(lambda: f"A{number(12)}"),
    "consumer_no": _one("C1", "C2"),
    "narration": _one("electricity bill", "বিদ্যুৎ বিল"),
    "reason": _one("lost", "not taken by the department"),
    "cause": _one("failed"),
    "capture": _one(True, False),
    "atomic": _one(True, False),
    "expires_in": _one(60, 3600),
    "items": _items,
    "key": _fresh(lambda: number(20)),
    "debit_id": _known("debit"),
    "credit_id": _known("credit"),
    "claim_id": _known("claim"),
    "entry_id": _known("entry"),
    "file_id": _known("file"),
    "tie_out_id": _known("list"),
    "found": _one("agreed", "ours-only"),
    "bank_reference": _fresh(lambda: f"TEST{number(12)}"),
    "channel": _one("upi", "cash", "neft"),
    "mode": _one("cash", "cdm"),
    "branch_code": _one("91", "04292"),
    "cdm_no": _one("S1", "S2"),
    "slip_no": _fresh(lambda: number(10)),
    "booked_on": _known("day"),
    "deposited_on": _known("day"),
    "day": _known("day"),
    "as_of": _known("day"),
    "from": _one(DAY),
    "to": _one("2026-04-20"),
    "limit": _one(1, 2, 200),
    "account": _one("department:POD:001", "bank:sbi:pool", "transit:top-ups"),
    "centre_code": _one("HWH-012"),
    "centre_name": _one("Howrah 12"),
    "centre_name_bn": _one("হাওড়া"),
    "district": _one("HWH", "JAL"),
    "floor": _one("0.00", "5.00"),
    "kind": _one("untied-advice"),
    "report": _one("entries", "debits", "credits"),
    "format": _one("csv"),
    "filters": _one({}, {"department": "POD"}, {"kind": "payment"}),
    "purpose": _one("audit of April", "নিরীক্ষা"),
    "export_id": lambda town, by, random: town.export(by),
    "break_id": _known("break"),
    "owner": _one("mita"),
    "part_of": lambda town, by, random: int(town.known["bulk"][0]),
    "about": _known("break"),
    "approval_id": lambda town, by, random: town.proposal(town.maker),
    "payload_sha256": _known("payload"),
    "resolution": _one("wait"),
    "until": _one(UNTIL),
    "job_id": lambda town, by, random: town.job(),
    "code": _one("POD"),
    "certificate_no": _fresh(lambda: f"POD0012026{number(6)}"),
    "answer": _one("paid", "not-paid"),
    "advice": _known("advice"),
    "advice_number": _known("advice"),
    "utr": _fresh(lambda: f"TEST{number(12)}"),
}
# What an operation needs so that it can say yes.
OF_AN_OPERATION: Mapping[tuple[str, str], Callable[[Town, Caller, Random], Any]] = {
    ("POST /v1/wallets", "operator_code"): _fresh(lambda: f"BSKT{number(10)}"),
    ("POST /v1/wallets/{operator_code}/freeze", "operator_code"): lambda town, by, random: town.wallet(),
    ("POST /v1/wallets/{operator_code}/unfreeze", "operator_code"): lambda town, by, random: town.wallet("frozen"),
    ("POST /v1/wallets/{operator_code}/close", "operator_code"): lambda town, by, random: town.wallet(),
    ("POST /v1/debits/{debit_id}/capture", "debit_id"): lambda town, by, random: town.hold(by, rupees="12.00"),
    ("POST /v1/debits/{debit_id}/void", "debit_id"): lambda town, by, random: town.hold(by),
    ("POST /v1/debits/{debit_id}/refunds", "debit_id"): lambda town, by, random: town.hold(
        by, capture=True, rupees="12.00"
    ),
    ("POST /v1/debits/{debit_id}/unknown", "debit_id"): lambda town, by, random: town.hold(by),
    ("POST /v1/debits/{debit_id}/known", "debit_id"): lambda town, by, random: town.unknown(by),
    ("POST /v1/debits/{debit_id}/certificate", "debit_id"): lambda town, by, random: town.hold(by, capture=True),
    ("POST /v1/bank-files/{file_id}/release", "file_id"): lambda town, by, random: town.file(),
    ("POST /v1/bank-files/{file_id}/reject", "file_id"): lambda town, by, random: town.file(town.statement()),
    ("GET /v1/days/{day}", "day"): _known("business day"),
    ("POST /v1/days/{day}/close", "day"): _known("open day"),
    ("GET /v1/debits", "service_ticket_no"): _known("ticket"),
    ("GET /v1/debits", "key"): _known("key"),
    ("GET /v1/credits", "bank_reference"): _known("reference"),
    ("POST /v1/debits", "capture"): _one(False),
    ("GET /v1/jobs", "state"): _one("given-up"),
    ("GET /v1/approvals", "kind"): _one("wait", "refund"),
    ("GET /v1/settlements", "from"): _known("settled day"),
    ("GET /v1/settlements", "to"): _one(UNTIL),
    ("POST /v1/settlements", "to"): _one(UNTIL),
    ("GET /v1/reports/collections", "from"): _known("settled day"),
    ("GET /v1/reports/collections", "to"): _known("open day"),
    ("POST /v1/approvals/{approval_id}/withdraw", "approval_id"): lambda town, by, random: town.proposal(by),
}
# Bodies of which one field says what the others may be.
BODIES: Mapping[str, Callable[[Town, Caller, Random], dict[str, Any]]] = {
    "POST /v1/breaks/{break_id}/resolutions": _one({"resolution": "wait", "until": UNTIL, "reason": "lost"}),
    "POST /v1/approvals": lambda town, by, random: random.choice(
        (
            {"kind": "change-limit", "limit": "advice", "to": "60000.00", "reason": "lost"},
            {"kind": "wait", "breaks": [{"id": town.known["break"][0], "until": UNTIL}], "reason": "lost"},
            {"kind": "bring-in-balance", "wallet": town.known["wallet"][0], "amount": "1.00", "reason": "lost"},
        )
    ),
}
# Not needed by a schema, but by a rule: a deposit has a place, and is told from its like by its slip.
PUT_IN = {("POST /v1/claims", "branch_code"), ("POST /v1/claims", "slip_no")}
LEFT_OUT = {("POST /v1/debits/batch", "key")}
ASKED = {("GET /v1/debits", "wallet"), ("GET /v1/verifications", "application_no")}
