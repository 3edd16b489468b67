"""Debits whose caller's token is proved in the statement that posts them: one, or several asked at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wallet_service.ledger.idempotency import POSTED
from wallet_service.lines import Statements
from wallet_service.payments.answers import PLACED_FROM, Answer, Item, just_placed, parameters, placed
from wallet_service.payments.batches import ARRAYS, arrays
from wallet_service.payments.clients import Proof

_ONE = f"{PLACED_FROM} place_by_token({', '.join(['%s'] * 14)})"
_TOGETHER = f"{PLACED_FROM} pay_together(%s, %s, %s, {ARRAYS})"


def place_by_token(connection: Statements, proof: Proof, item: Item) -> Answer | None:
    """Pay, or hold, if the caller's token is still good; else do nothing and return None.

    Raises:
        WalletNotFound, ServiceNotFound, InsufficientFunds, WalletFrozen, WalletClosed, AlreadyPaid, KeyReused,
        KeyAbandoned.
    """
    row = connection.exec_driver_sql(_ONE, (proof.token_hash, proof.scope, *parameters(item))).one()
    return None if row.outcome == "unauthenticated" else placed(connection, row, item)


def pay_together(connection: Statements, proof: Proof, items: Sequence[Item]) -> Sequence[Any]:
    """Post items of one client in one transaction and return a row for each; `told` reads it.

    They have nothing to do with one another: each row is the one that `place_by_token` would have had. It is None where
    a key is told again: what it is to be told of is for `place_by_token` to look up.
    """
    client = items[0].key.client_id
    rows: Sequence[Any] = connection.exec_driver_sql(
        _TOGETHER, (proof.token_hash, proof.scope, client, *arrays(items))
    ).all()
    return [None if row.replayed and row.outcome in POSTED else row for row in rows]


def told(row: Any, item: Item) -> Answer | None:
    """Return the answer of an item's row of `pay_together`; None where the token was no longer good.

    Raises:
        WalletError: the row tells a refusal; that one.
    """
    return None if row.outcome == "unauthenticated" else just_placed(row, item)
