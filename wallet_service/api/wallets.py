"""Wallets: open one, look at it, freeze it, close it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Response, jsonify
from marshmallow import fields
from sqlalchemy import Connection

from wallet_service.api.authentication import caller, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Code, Day, OneOf, Text, operator
from wallet_service.api.idempotency import HONOURED, once
from wallet_service.api.pagination import Cursor, Paged, PageQuery, page, page_of
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import (
    DayInFuture,
    WalletClosed,
    WalletExists,
    WalletNotEmpty,
    WalletNotFound,
    WalletStateUnchanged,
)
from wallet_service.identifiers import OPERATOR_PATTERN, OperatorCode
from wallet_service.ledger import balances
from wallet_service.ledger.balances import Balance
from wallet_service.money import Paise, rupees
from wallet_service.payments import departments, wallets
from wallet_service.payments.wallets import Wallet

blueprint = Blueprint("wallets", __name__, url_prefix="/v1/wallets", description="Operators' wallets")

LIST = "wallets"
_OPERATOR = re.compile(OPERATOR_PATTERN, re.ASCII)
_CENTRE_PATTERN = r"^[A-Z0-9][A-Z0-9/_-]{0,31}$"


class BalanceView(View):
    """Three balances: available = current - held."""

    current = Amount()
    held = Amount()
    available = Amount()


class BalanceNowOrThenView(BalanceView):
    """The balances now; as of a day only `current`."""

    OPTIONAL = frozenset({"held", "available"})


class WalletView(View):
    """A wallet as it stands."""

    operator_code = fields.String()
    centre_code = fields.String()
    centre_name = fields.String(allow_none=True)
    centre_name_bn = fields.String(allow_none=True)
    district = fields.String()
    state = OneOf("open", "frozen", "closed")
    floor = Amount()
    balance = fields.Nested(BalanceView())
    number = fields.Integer(metadata={"description": "The number of the last entry in its book"})


class OpenRequest(Asked):
    """Whose wallet, and where."""

    operator_code = operator(required=True)
    centre_code = Code(_CENTRE_PATTERN, "1 to 32 capital letters, digits and / _ -", required=True)
    centre_name = Text(120)
    centre_name_bn = Text(120)
    district = OneOf(*departments.package_districts(), required=True)
    floor = Amount(load_default=Paise(0))


class ReasonRequest(Asked):
    """Why."""

    reason = Text(200, required=True)


class WalletsQuery(PageQuery):
    """Which page of the wallets."""

    cursor = Cursor(LIST, OPERATOR_PATTERN.strip("^$"), load_default=None)


class BalanceQuery(Asked):
    """As of which day; without one, now."""

    as_of = Day(load_default=None)


WALLET = WalletView()
REASON = ReasonRequest()


@blueprint.post("")
@requires("wallets:write")
@declines(WalletExists)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(OpenRequest())
@blueprint.response(201, WALLET)
def open_wallet(asked: dict[str, Any]) -> Response:
    """Open an operator's wallet. An operator has one."""

    def act(connection: Connection) -> Wallet:
        return wallets.open_wallet(connection, **asked, by=caller().person)

    return once(WALLET, act, status=201, location=lambda body: f"/v1/wallets/{body['operator_code']}")


@blueprint.get("")
@requires("wallets:read")
@blueprint.arguments(WalletsQuery(), location="query")
@blueprint.response(200, page_of(WalletView))
def list_wallets(asked: dict[str, Any]) -> Paged:
    """List the wallets by operator code."""
    with database().statement() as connection:
        found = wallets.list_wallets(connection, after=asked["cursor"], limit=asked["limit"] + 1)
    return page(found, asked["limit"], LIST, lambda wallet: wallet.operator_code)


@blueprint.get("/<operator_code>")
@requires("wallets:read")
@declines(WalletNotFound)
@blueprint.response(200, WALLET)
def get_wallet(operator_code: str) -> Wallet:
    """Return a wallet as it stands."""
    with database().statement() as connection:
        return wallets.get(connection, named(operator_code))


@blueprint.post("/<operator_code>/freeze")
@requires("wallets:write")
@declines(WalletNotFound, WalletClosed, WalletStateUnchanged)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(REASON)
@blueprint.response(200, WALLET)
def freeze(asked: dict[str, Any], operator_code: str) -> Response:
    """Refuse debits and holds from now on; captures, voids, refunds, credits and returns pass."""
    return _change(wallets.freeze, operator_code, asked["reason"])


@blueprint.post("/<operator_code>/unfreeze")
@requires("wallets:write")
@declines(WalletNotFound, WalletClosed, WalletStateUnchanged)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(REASON)
@blueprint.response(200, WALLET)
def unfreeze(asked: dict[str, Any], operator_code: str) -> Response:
    """Let a frozen wallet pay again."""
    return _change(wallets.unfreeze, operator_code, asked["reason"])


@blueprint.post("/<operator_code>/close")
@requires("wallets:write")
@declines(WalletNotFound, WalletClosed, WalletNotEmpty)
@blueprint.doc(parameters=HONOURED)
@blueprint.arguments(REASON)
@blueprint.response(200, WALLET)
def close(asked: dict[str, Any], operator_code: str) -> Response:
    """Close a wallet for good. It must be empty, with nothing held or open."""
    return _change(wallets.close, operator_code, asked["reason"])


@blueprint.get("/<operator_code>/balance")
@requires("wallets:read")
@declines(WalletNotFound, DayInFuture)
@blueprint.arguments(BalanceQuery(), location="query")
@blueprint.response(200, BalanceNowOrThenView())
def balance(asked: dict[str, Any], operator_code: str) -> Balance | Response:
    """Return a wallet's balances now, or its current balance as a day left it."""
    code, day = named(operator_code), asked["as_of"]
    with database().statement() as connection:
        if day is None:
            return balances.balance(connection, code)
        return jsonify(current=rupees(balances.balance_as_of(connection, code, day)))


def named(operator_code: str) -> OperatorCode:
    """Return the operator code of an address.

    Raises:
        WalletNotFound: it is none, so there is no such wallet.
    """
    if not _OPERATOR.fullmatch(operator_code):
        raise WalletNotFound(wallet=operator_code[:64])
    return OperatorCode(operator_code)


def _change(verb: Callable[..., Wallet], operator_code: str, reason: str) -> Response:
    def act(connection: Connection) -> Wallet:
        return verb(connection, named(operator_code), reason=reason, by=caller().person)

    return once(WALLET, act)
