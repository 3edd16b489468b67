"""Reports over all the books."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from wallet_service.api.authentication import FINANCE, requires
from wallet_service.api.connections import database
from wallet_service.api.fields import Amount, Day, SignedAmount
from wallet_service.api.parsing import Asked, Blueprint, View
from wallet_service.ledger import trial_balance
from wallet_service.ledger.trial_balance import TrialBalance

blueprint = Blueprint("reports", __name__, url_prefix="/v1/reports", description="Reports over all the books")


class TrialBalanceLineView(View):
    """An account's balance, on the side where it stands."""

    account = fields.String()
    debit = Amount()
    credit = Amount()


class TrialBalanceView(View):
    """Every account's balance as of a day, and the proof that all debits equal all credits."""

    as_of = Day()
    lines = fields.List(fields.Nested(TrialBalanceLineView()))
    debits = Amount()
    credits = Amount()
    difference = SignedAmount()


class AsOfQuery(Asked):
    """As of which business day; without one, now."""

    as_of = Day(load_default=None)


@blueprint.get("/trial-balance")
@requires("reports:read", *FINANCE)
@blueprint.arguments(AsOfQuery(), location="query")
@blueprint.response(200, TrialBalanceView())
def read_trial_balance(asked: dict[str, Any]) -> TrialBalance:
    """Return the trial balance."""
    with database().snapshot() as connection:
        return trial_balance.trial_balance(connection, asked["as_of"])
