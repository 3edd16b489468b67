"""Debits: a department paid from an operator's wallet, at once or by a hold that is captured or voided."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from marshmallow import ValidationError, fields, validates_schema

from wallet_service.api.authentication import caller, proves_its_caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import (
    Amount,
    Day,
    Instant,
    Narration,
    OneOf,
    PositiveAmount,
    Truth,
    Whole,
    department,
    number_of_theirs,
    operator,
    service,
)
from wallet_service.api.idempotency import NEEDED, headers, key, key_text
from wallet_service.api.parsing import Asked, Blueprint, Nothing, View
from wallet_service.api.problems import declines
from wallet_service.api.together import posted
from wallet_service.api.wallets import BalanceView
from wallet_service.errors import (
    AlreadyPaid,
    CaptureExceedsHold,
    DebitNotFound,
    HoldClosed,
    HoldExpired,
    InsufficientFunds,
    ServiceNotFound,
    WalletClosed,
    WalletFrozen,
    WalletNotFound,
)
from wallet_service.identifiers import DebitId
from wallet_service.ledger.idempotency import Key
from wallet_service.payments import debits
from wallet_service.payments.batches import Item
from wallet_service.payments.debits import Abandoned, Answer, Debit
from wallet_service.payments.unknowns import DepartmentAnswer

blueprint = Blueprint("debits", __name__, url_prefix="/v1/debits", description="Departments paid")

STATES = ("held", "captured", "voided", "expired")
_SHORTEST_HOLD, _LONGEST_HOLD = 60, 604_800


class PlacedDebitView(View):
    """A debit: what was placed, and how much of it was captured, released and refunded."""

    id = fields.String()
    state = OneOf(*STATES)
    wallet = fields.String()
    department = fields.String()
    service = fields.String()
    amount = Amount()
    captured = Amount()
    refunded = Amount()
    released = Amount()
    service_ticket_no = fields.String()
    application_no = fields.String(allow_none=True)
    consumer_no = fields.String(allow_none=True)
    narration = fields.String(allow_none=True)
    placed_at = Instant()
    business_day = Day()
    expires_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)
    late = fields.Boolean()
    entry = fields.String(allow_none=True, metadata={"description": "The id of the payment's entry"})


class UnknownView(View):
    """The debit's department has not answered, or the debit does not stand as it answered. Nobody pays again.

    `answer_due` is the day by which the department answers. `advice` is the operator's, the other the citizen's.
    """

    since = Instant()
    answer_due = Day()
    answer = OneOf(*DepartmentAnswer, allow_none=True)
    advice = fields.String()
    tell_the_citizen = fields.String()


class DebitView(PlacedDebitView):
    """A debit as it stands, with what is kept beside it: whether its department is still to answer, its certificate.

    `rebate` is what the department allowed; captured less rebate and refunded is what the wallet has paid.
    """

    rebate = Amount()
    marked = fields.Nested(UnknownView(), allow_none=True, attribute="unknown", data_key="unknown")
    certificate_no = fields.String(allow_none=True)


class DebitAnswerView(PlacedDebitView):
    """A debit as this call left it, the balances after it, and the other debits of the same service ticket.

    `rebate` is there where the department allowed one on what this call paid: an entry of its own before the payment.
    """

    OPTIONAL = frozenset({"rebate"})

    rebate = Amount()
    same_ticket = fields.List(fields.String())
    balance = fields.Nested(BalanceView())

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the answer's own attribute, or its debit's; no rebate is none."""
        if attr == "rebate":
            return obj.rebate or default
        return getattr(obj if attr in ("same_ticket", "balance") else obj.debit, attr)


class AbandonedView(View):
    """A key that was spent without anything posted by it."""

    key = fields.String()
    state = fields.String()
    refusal = fields.String(allow_none=True, metadata={"description": "What the key had been refused for before"})


class DebitRequest(Asked):
    """What to pay, from which wallet. `expires_in` seconds go with a hold only (`"capture": false`)."""

    wallet = operator(required=True)
    department = department(required=True)
    service = service(required=True)
    amount = PositiveAmount(required=True)
    service_ticket_no = number_of_theirs(required=True)
    application_no = number_of_theirs()
    consumer_no = number_of_theirs()
    narration = Narration()
    capture = Truth(required=True)
    expires_in = Whole(_SHORTEST_HOLD, _LONGEST_HOLD)

    @validates_schema
    def only_holds_expire(self, data: dict[str, Any], **kwargs: Any) -> None:
        """Refuse an expiry for a debit that is captured at once."""
        if data.get("capture") and "expires_in" in data:
            raise ValidationError("Only a hold expires: leave it out, or send capture false.", "expires_in")


class CaptureRequest(Asked):
    """How much of the hold to take; without an amount all of it."""

    amount = PositiveAmount(load_default=None)


REQUEST = DebitRequest()
ANSWER = DebitAnswerView()
ABANDONED = AbandonedView()
NOTHING = Nothing()
_SPENT_OR_POSTED = {
    "description": "The key is spent; or the answer of what it had posted",
    "content": {"application/json": {"schema": {"anyOf": [ABANDONED, ANSWER]}}},
}


@blueprint.post("")
@proves_its_caller
@requires("debits:write")
@declines(WalletNotFound, ServiceNotFound, AlreadyPaid, InsufficientFunds, WalletFrozen, WalletClosed)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(REQUEST)
@blueprint.response(201, ANSWER)
def pay(asked: dict[str, Any]) -> tuple[Answer, dict[str, str]]:
    """Pay a department from an operator's wallet, at once or by a hold to be captured."""
    answer = posted(item_of(asked, key()))
    return answer, headers_of(answer)


@blueprint.post("/<debit_id>/capture")
@requires("debits:write")
@declines(DebitNotFound, HoldClosed, HoldExpired, CaptureExceedsHold)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(CaptureRequest())
@blueprint.response(200, ANSWER)
def capture(asked: dict[str, Any], debit_id: str) -> tuple[Answer, dict[str, str]]:
    """Take a hold, all of it or a part; the rest is released. A hold is captured once."""
    identity, amount, keyed = parse_id(debit_id), asked["amount"], key()
    answer = database().posting(lambda connection: debits.capture(connection, identity, amount, key=keyed))
    return answer, headers(replayed=answer.replayed, entries=answer.entries)


@blueprint.post("/<debit_id>/void")
@requires("debits:write")
@declines(DebitNotFound, HoldClosed)
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(NOTHING)
@blueprint.response(200, ANSWER)
def void(asked: dict[str, Any], debit_id: str) -> tuple[Answer, dict[str, str]]:
    """Give a hold back: the department did not take the payment."""
    identity, keyed = parse_id(debit_id), key()
    answer = database().posting(lambda connection: debits.void(connection, identity, key=keyed))
    return answer, headers(replayed=answer.replayed)


@blueprint.post("/abandon")
@requires("debits:write")
@blueprint.doc(parameters=NEEDED, responses={"200": _SPENT_OR_POSTED})
@blueprint.arguments(NOTHING)
@blueprint.response(200, ABANDONED)
def abandon(asked: dict[str, Any]) -> Response:
    """Spend a key if nothing was posted by it, so that no straggler can pay; else give the answer it had."""
    text, client_id = key_text(), caller().id
    found = database().posting(lambda connection: debits.abandon(connection, text, client_id=client_id))
    if isinstance(found, Abandoned):
        return jsonify(ABANDONED.dump(found))
    answer = jsonify(ANSWER.dump(found))
    answer.headers.update(headers(replayed=True))
    return answer


@blueprint.get("/<debit_id>")
@requires("debits:read", "debits:write")
@declines(DebitNotFound)
@blueprint.response(200, DebitView())
def get_debit(debit_id: str) -> Debit:
    """Return a debit as it stands. Another client's is not there."""
    with database().statement() as connection:
        return debits.get(connection, parse_id(debit_id), client_id=caller().id)


def item_of(asked: dict[str, Any], key: Key) -> Item:
    """Return what a `DebitRequest` asks by its key."""
    if not asked.pop("capture"):
        asked.setdefault("expires_in", debits.DEFAULT_EXPIRY_SECONDS)
    return Item(key=key, **asked)


def headers_of(answer: Answer) -> dict[str, str]:
    """Return the headers of the answer to a debit that was placed; its entry is counted, or that it is told again."""
    return headers(replayed=answer.replayed, entries=answer.entries, location=f"/v1/debits/{answer.debit.id}")


def parse_id(text: str) -> DebitId:
    """Return the debit id that *text* spells.

    Raises:
        DebitNotFound: it is none, so there is no such debit.
    """
    try:
        return DebitId.parse(text)
    except ValueError:
        raise DebitNotFound(debit=text[:64]) from None
