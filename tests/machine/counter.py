"""The portal's counter in a history: what it asks goes through the API, and what it is told is kept to the byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.api.portal import Caller
from tests.machine.asking import REASON, Advise, Batch, Capture, Claim, Place, Refund, Request, Void
from wallet_service.money import rupees

REPLAYED = "Idempotency-Replayed"
SCOPES = ("debits:read", "debits:write", "credits:write", "claims:write")


@dataclass(frozen=True)
class Heard:
    """An answer as it came: its status, body and headers, but whether it was told again."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Counter:
    """A client of the API that sends what a history asks."""

    caller: Caller

    def post(self, key: str, request: Request) -> tuple[Heard, bool]:
        """Send a request with a key, and return the answer and whether it says that it is told again."""
        path, body = _sent(request)
        told = self.caller.post(path, body, key=key)
        headers = tuple(sorted((name, value) for name, value in told.headers.items() if name != REPLAYED))
        return Heard(told.status_code, told.data, headers), told.headers.get(REPLAYED) == "true"


def _sent(request: Request) -> tuple[str, dict[str, Any]]:
    """Return the path and body that ask what a history asks."""
    match request:
        case Place():
            return "/v1/debits", _payment(request)
        case Capture(debit, amount):
            return f"/v1/debits/{debit}/capture", {} if amount is None else {"amount": rupees(amount)}
        case Void(debit):
            return f"/v1/debits/{debit}/void", {}
        case Refund(debit, amount, cause):
            return f"/v1/debits/{debit}/refunds", {"amount": rupees(amount), "reason": REASON, "cause": cause}
        case Advise():
            return "/v1/credits", _deposit(request, booked_on=request.booked_on, channel=request.channel) | {
                "bank_reference": request.typed.strip()
            }
        case Claim():
            named = {"branch_code": request.branch, "cdm_no": request.cdm_no, "slip_no": request.slip_no}
            place = {name: value for name, value in named.items() if value is not None}
            return "/v1/claims", _deposit(request, deposited_on=request.deposited_on, mode=request.mode) | place
        case Batch(items, atomic):
            return "/v1/debits/batch", {
                "atomic": atomic,
                "items": [_payment(item) | {"key": key} for key, item in items],
            }


def _payment(asked: Place) -> dict[str, Any]:
    department, service = asked.service.split(":")
    body = {
        "wallet": asked.wallet,
        "department": department,
        "service": service,
        "amount": rupees(asked.amount),
        "service_ticket_no": asked.ticket,
        "capture": asked.expires_in is None,
    }
    return body if asked.expires_in is None else body | {"expires_in": asked.expires_in}


def _deposit(asked: Advise | Claim, **told: Any) -> dict[str, Any]:
    return {"wallet": asked.wallet, "amount": rupees(asked.amount)} | {name: str(value) for name, value in told.items()}
