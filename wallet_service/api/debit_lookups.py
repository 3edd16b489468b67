"""Looking debits up: by what the counter knows, or by the key, to learn what became of a payment."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from wallet_service.api import problems
from wallet_service.api.authentication import caller, requires
from wallet_service.api.connections import database
from wallet_service.api.debits import STATES, DebitView
from wallet_service.api.fields import Code, Day, OneOf, department, number_of_theirs, operator
from wallet_service.api.pagination import Cursor, PageQuery, page
from wallet_service.api.parsing import Blueprint, View
from wallet_service.api.problems import declines
from wallet_service.errors import FilterTooWide, InvalidRequest, KeyUnknown
from wallet_service.payments import debits, lookups

blueprint = Blueprint("look-ups", __name__, url_prefix="/v1/debits", description="Debits found again")

LIST = "debits"
_KEY_PATTERN = r"^[\x20-\x7E]{1,140}$"
_FILTERS = ("service_ticket_no", "application_no", "wallet", "first", "last", "department", "state")


class FateView(View):
    """What became of a key: posted, refused with a problem, or abandoned."""

    state = OneOf("posted", "refused", "abandoned")
    refusal = fields.Dict(allow_none=True, metadata={"description": "The problem document it was refused with"})

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the attribute; a refusal as its problem document."""
        value = getattr(obj, attr)
        return problems.document(value) if attr == "refusal" and value is not None else value


class DebitPage(View):
    """A page of debits; of a look-up by key also what became of the key."""

    OPTIONAL = frozenset({"key"})

    items = fields.List(fields.Nested(DebitView()))
    next_cursor = fields.String(allow_none=True)
    key = fields.Nested(FateView())

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """Return the page's member; it may have no key."""
        return obj.get(attr, default)


class DebitsQuery(PageQuery):
    """Which debits. One of service_ticket_no, application_no, key, wallet, or from and to is needed."""

    service_ticket_no = number_of_theirs()
    application_no = number_of_theirs()
    key = Code(_KEY_PATTERN, "1 to 140 printable ASCII characters.")
    wallet = operator()
    first = Day(data_key="from")
    last = Day(data_key="to")
    department = department()
    state = OneOf(*STATES)
    cursor = Cursor(LIST, r"[A-Z][A-Z0-9]{3,19}-D[0-9]{6,18}", load_default=None)


@blueprint.get("")
@requires("debits:read", "debits:write")
@declines(FilterTooWide, KeyUnknown)
@blueprint.arguments(DebitsQuery(), location="query")
@blueprint.response(200, DebitPage())
def find(asked: dict[str, Any]) -> dict[str, Any]:
    """Find your debits. By `key`: what became of that key, without paying."""
    filters = {name: asked[name] for name in _FILTERS if name in asked}
    if "key" in asked:
        if filters or asked["cursor"]:
            raise InvalidRequest({"key": ["A look-up by key takes no other filter."]})
        return _by_key(asked["key"])
    if "first" in filters and "last" in filters and filters["first"] > filters["last"]:
        raise InvalidRequest({"to": ["The last day comes before the first."]})
    limit = asked["limit"]
    with database().statement() as connection:
        found = lookups.find(connection, client_id=caller().id, **filters, after=asked["cursor"], limit=limit + 1)
    return vars(page(found, limit, LIST, lambda debit: debit.id))


def _by_key(text: str) -> dict[str, Any]:
    with database().statement() as connection:
        fate = debits.by_key(connection, text, client_id=caller().id)
    return {"items": [fate.debit] if fate.debit else [], "next_cursor": None, "key": fate}
