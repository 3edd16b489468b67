"""Batches: many debits in one request, each answered as it would have been alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

from marshmallow import ValidationError, fields

from wallet_service.api import parsing, problems, tracing
from wallet_service.api.authentication import requires
from wallet_service.api.connections import database
from wallet_service.api.debits import ANSWER, DebitRequest
from wallet_service.api.fields import Code, Truth
from wallet_service.api.idempotency import NEEDED, headers, key
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.straight import Reader
from wallet_service.errors import InvalidRequest, WalletError
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.payments.batches import LARGEST, BatchAnswer, Item, pay_batch
from wallet_service.payments.debits import DEFAULT_EXPIRY_SECONDS, Answer
from wallet_service.telemetry import REPLAYS

blueprint = Blueprint("batches", __name__, url_prefix="/v1/debits", description="Many departments paid at once")

_ALONE = ("POST", "/v1/debits")  # An item has the key, hash and answer that its debit would have had there.


class BatchItemRequest(DebitRequest):
    """A debit as it would be sent alone, and its key; without one it has the batch's key, `#` and its place from 1."""

    key = Code(r"^[ -\x22$-~]{1,128}$", "1 to 128 printable ASCII characters without '#'.")


class Items(fields.List[Any]):
    """The items of a batch, counted before any is looked at."""

    def __init__(self) -> None:
        metadata, one = {"minItems": 1, "maxItems": LARGEST}, BatchItemRequest()
        super().__init__(fields.Nested(one), required=True, metadata=metadata)
        self._reader = Reader(one)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list) or not 1 <= len(value) <= LARGEST:
            raise ValidationError(f"A list of 1 to {LARGEST} debits.")
        try:
            return [self._reader.read(each) for each in value]
        except ValidationError:
            return super()._deserialize(value, attr, data, **kwargs)  # It tells this error, and whatever else is wrong.


class BatchRequest(Asked):
    """Which debits; of an atomic batch all are posted, or none."""

    LARGEST_BYTES = 2 * parsing.LARGEST_JSON_BYTES  # A thousand items with every field full, as ASCII JSON.

    atomic = Truth(required=True)
    items = Items()


class BatchResultView(View):
    """What became of an item: the answer that `POST /v1/debits` gives, or the problem document."""

    OPTIONAL = frozenset({"debit", "problem"})

    key = fields.String()
    status = fields.Integer()
    debit = fields.Nested(ANSWER)
    problem = fields.Dict(metadata={"description": "The problem document it was refused with"})

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the result's member; it has a debit or a problem."""
        return obj.get(attr, default)


class BatchAnswerView(View):
    """One result per item, in the order of the items."""

    items = fields.List(fields.Nested(BatchResultView()))

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the results."""
        return obj[attr]


@blueprint.post("/batch")
@requires("debits:write")
@blueprint.doc(parameters=NEEDED)
@blueprint.arguments(BatchRequest())
@blueprint.response(200, BatchAnswerView())
def pay(asked: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Pay up to a thousand debits, atomic or not, with the answers that the same debits would get one by one."""
    keyed = key()
    items = _keyed_items(asked["items"], parsing.body()["items"], keyed)
    answer = database().posting(lambda connection: pay_batch(connection, items, atomic=asked["atomic"], key=keyed))
    results = [_result(item.key, result) for item, result in zip(items, answer.results, strict=True)]
    return {"items": results}, headers(replayed=answer.replayed, entries=_counted(answer))


def _keyed_items(loaded: list[dict[str, Any]], sent: list[dict[str, Any]], batch: Key) -> list[Item]:
    """Return the items, each with its own key and the hash that its body would have had alone.

    Raises:
        InvalidRequest: two items have one key, or one has the batch's own.
    """
    texts = [one.get("key", f"{batch.text}#{place}") for place, one in enumerate(loaded, 1)]
    times = Counter((batch.text, *texts))
    if twice := {place: _KEY_TWICE for place, text in enumerate(texts) if times[text] > 1}:
        raise InvalidRequest(parsing.legible({"items": twice}))
    return [_item(*each, batch.client_id) for each in zip(texts, loaded, sent, strict=True)]


def _item(text: str, loaded: dict[str, Any], sent: dict[str, Any], client_id: int) -> Item:
    alone = {name: value for name, value in sent.items() if name != "key"}
    facts = {name: value for name, value in loaded.items() if name not in {"key", "capture", "expires_in"}}
    expires_in = None if loaded["capture"] else loaded.get("expires_in", DEFAULT_EXPIRY_SECONDS)
    return Item(key=Key(client_id, text, request_hash(*_ALONE, alone)), expires_in=expires_in, **facts)


def _result(keyed: Key, result: Answer | WalletError) -> dict[str, Any]:
    if isinstance(result, Answer):
        return {"key": keyed.text, "status": 201, "debit": result}
    request_id = tracing.id_of_keyed_request(keyed.client_id, keyed.text, keyed.request_hash)
    problem = {**problems.document(result), "request_id": request_id}
    return {"key": keyed.text, "status": problem["status"], "problem": problem}


def _counted(answer: BatchAnswer) -> int:
    """Count what became of the items of a batch that is no replay itself, and return how many entries it posted."""
    if answer.replayed:
        return 0
    entries = 0
    for result in answer.results:
        if isinstance(result, WalletError):
            problems.count(result)
        elif result.replayed:
            REPLAYS.inc()
        else:
            entries += result.debit.entry is not None
    return entries


_KEY_TWICE = {"key": ["Each item needs a key of its own, another than the batch's."]}
