"""Many debits in one request, atomic or not; each item is answered as it would have been alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wallet_service.errors import WalletError
from wallet_service.ledger.idempotency import POSTED, Key, refusal
from wallet_service.lines import Statements
from wallet_service.payments.answers import ANSWER_FROM, Answer, Item, answer_of

__all__ = ["ARRAYS", "LARGEST", "BatchAnswer", "Item", "arrays", "pay_batch"]
LARGEST = 1_000
ARRAYS = (
    "%s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::bigint[],"
    " %s::text[], %s::text[], %s::text[], %s::text[], %s::integer[]"
)
_PAY_BATCH = f"{ANSWER_FROM} pay_batch(%s, %s, %s, %s, {ARRAYS}) AS a"


@dataclass(frozen=True)
class BatchAnswer:
    """What became of each item, in their order: its answer or its refusal."""

    results: list[Answer | WalletError]
    replayed: bool


def pay_batch(connection: Statements, items: Sequence[Item], *, atomic: bool, key: Key) -> BatchAnswer:
    """Pay up to a thousand debits in one transaction. Of an atomic batch, all are posted or none.

    Raises:
        KeyReused, KeyAbandoned: the batch's own key; an item's key is told in its result.
    """
    rows = connection.exec_driver_sql(
        _PAY_BATCH, (key.client_id, key.text, key.request_hash, atomic, *arrays(items))
    ).all()
    if rows and (rows[0].facts or {}).get("batch"):
        raise refusal(rows[0].outcome, None)
    results = [_result(row, item) for row, item in zip(rows, items, strict=True)]
    return BatchAnswer(results, replayed=bool(rows) and all(row.replayed for row in rows))


def arrays(items: Sequence[Item]) -> tuple[list[Any], ...]:
    """Return the members of items as the arrays that the posting functions take."""
    return (
        [item.key.text for item in items],
        [item.key.request_hash for item in items],
        [item.wallet for item in items],
        [item.department for item in items],
        [item.service for item in items],
        [item.amount for item in items],
        [item.service_ticket_no for item in items],
        [item.application_no for item in items],
        [item.consumer_no for item in items],
        [item.narration for item in items],
        [item.expires_in for item in items],
    )


def _result(row: Any, item: Item) -> Answer | WalletError:
    if row.outcome in POSTED:
        return answer_of(row, item.wallet)
    if row.outcome == "not-posted":
        return refusal(row.outcome, {"key": item.key.text}, replayed=row.replayed)
    return refusal(row.outcome, row.facts, replayed=row.replayed)
