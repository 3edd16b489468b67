"""Debits whose caller's token is proved in the statement that posts them: one, or several asked at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wallet_service.lines import Statements
from wallet_service.payments.batches import ARRAYS, Item, arrays
from wallet_service.payments.clients import Proof
from wallet_service.payments.debits import ANSWER_FROM, Answer, answer_of

_ONE = f"{ANSWER_FROM} place_by_token({', '.join(['%s'] * 14)}) AS a"
_TOGETHER = f"{ANSWER_FROM} pay_together(%s, %s, %s, {ARRAYS}) AS a"


def place_by_token(connection: Statements, proof: Proof, item: Item) -> Answer | None:
    """Pay, or hold, if the caller's token is still good; else do nothing and return None.

    Raises:
        WalletNotFound, ServiceNotFound, InsufficientFunds, WalletFrozen, WalletClosed, AlreadyPaid, KeyReused,
        KeyAbandoned.
    """
    key = item.key
    asked = (item.wallet, item.department, item.service, item.amount, item.service_ticket_no, item.application_no)
    rest = (item.consumer_no, item.narration, item.expires_in)
    return told(
        connection.exec_driver_sql(
            _ONE, (proof.token_hash, proof.scope, key.client_id, key.text, key.request_hash, *asked, *rest)
        ).one(),
        item,
    )


def pay_together(connection: Statements, proof: Proof, items: Sequence[Item]) -> Sequence[Any]:
    """Post items of one client in one transaction and return a row for each; `told` reads it.

    They have nothing to do with one another: each row is the one that `place_by_token` would have had.
    """
    client = items[0].key.client_id
    rows: Sequence[Any] = connection.exec_driver_sql(
        _TOGETHER, (proof.token_hash, proof.scope, client, *arrays(items))
    ).all()
    return rows


def told(row: Any, item: Item) -> Answer | None:
    """Return the answer of an item's row; None where the token was no longer good.

    Raises:
        WalletError: the row tells a refusal; that one.
    """
    return None if row.outcome == "unauthenticated" else answer_of(row, item.wallet)
