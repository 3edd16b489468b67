"""What the API is, in its own words: OpenAPI for machines, one plain page for people, nothing from another host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Blueprint, Flask, Response, current_app, json, render_template
from flask_smorest import Api
from marshmallow import Schema

from wallet_service import __version__
from wallet_service.api import authentication, idempotency
from wallet_service.api.authentication import public
from wallet_service.api.problems import MEDIA_TYPE, declined, status_of
from wallet_service.api.protocol import BodyTooLarge, Forbidden, Unauthenticated, UnsupportedMediaType
from wallet_service.errors import (
    Busy,
    DatabaseUnavailable,
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    InternalError,
    InvalidRequest,
    KeyAbandoned,
    KeyReused,
    OutcomeUnknown,
    WalletError,
)

CONFIGURATION = {"API_TITLE": "Wallet", "API_VERSION": __version__, "OPENAPI_VERSION": "3.1.0"}
blueprint = Blueprint("docs", __name__, template_folder="templates")

_INTRODUCTION = """\
Keeps the e-wallets of Bangla Sahayata Kendra operators as double-entry books.

Amounts are strings of rupees with exactly two decimals. Days are calendar dates in Asia/Kolkata, instants are UTC.
Every call that moves money needs an Idempotency-Key header; the same key with the same request gives the first answer
again, a refusal included, with `Idempotency-Replayed: true`. Every error is a problem document (RFC 9457)."""

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "pattern": "^/problems/[a-z-]+$"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do next."},
        "request_id": {"type": "string"},
    },
}
_OF_THE_LIBRARY = ("ErrorSchema", "PaginationMetadataSchema")
_PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def naming() -> MarshmallowPlugin:
    """Return the plugin that calls a schema by what it shows: `Debit` for `DebitView`."""
    return MarshmallowPlugin(schema_name_resolver=_name)


def describe(api: Api) -> None:
    """Say what holds for every route: who may call, and what an error looks like."""
    spec = api.spec
    spec.options["info"] = {"description": _INTRODUCTION}
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.options["security"] = [{"token": []}]
    spec.components.schema("Problem", _PROBLEM)
    api.DEFAULT_ERROR_RESPONSE_NAME = None  # Each route tells its own, by status.


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """Return the API's description as OpenAPI 3.1."""
    return Response(json.dumps(specification(current_app), sort_keys=False), content_type="application/json")


@blueprint.get("/docs")
@public
def page() -> Response:
    """Return the API's description as a page."""
    response = Response(
        render_template("docs.html", spec=specification(current_app)), content_type="text/html; charset=utf-8"
    )
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


@blueprint.get("/docs/style.css")
@public
def style() -> Response:
    """Return the page's style sheet."""
    return Response(render_template("docs.css"), content_type="text/css; charset=utf-8")


def specification(app: Flask) -> dict[str, Any]:
    """Return the description of every route of *app*: the scopes of which a caller needs one, and every error."""
    spec: dict[str, Any] = app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    for unused in _OF_THE_LIBRARY:
        spec["components"]["schemas"].pop(unused, None)
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        scopes = authentication.policy(view)
        path = spec["paths"].get(_openapi_path(rule.rule))
        for method in rule.methods or ():
            operation = (path or {}).get(method.lower())
            if operation is not None and scopes:
                operation["x-scopes"] = list(scopes)
                _without_nulls(operation)
                for status, name in _problems((*_of_every(method, operation), *declined(view))).items():
                    spec["components"].setdefault("responses", {})[name] = _problem(name.split("."))
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return spec


def written(app: Flask) -> str:
    """Return the description as it is kept in a file: one member a line, so that a change of it can be read."""
    return json.dumps(specification(app), sort_keys=False, indent=1, ensure_ascii=False) + "\n"


def _of_every(method: str, operation: Mapping[str, Any]) -> list[type[WalletError]]:
    """Return the errors that an operation shares with all that have a body, or a key, as it has."""
    found: list[type[WalletError]] = [InvalidRequest, Unauthenticated, Forbidden, InternalError]
    found += [Busy, DatabaseUnavailable]
    if method != "GET":
        found += [OutcomeUnknown, BodyTooLarge, UnsupportedMediaType]
    keys = [each for each in operation.get("parameters", ()) if each["name"] == idempotency.HEADER]
    if keys:
        found += [IdempotencyKeyMalformed, KeyReused, KeyAbandoned]
        found += [IdempotencyKeyMissing] if keys[0]["required"] else []
    return found


def _problems(errors: Iterable[type[WalletError]]) -> dict[str, str]:
    """Return, by status, the name of the response by which these errors leave: the slugs that it may have."""
    ordered = sorted(set(errors), key=lambda error: (status_of(error), error.slug()))
    return {str(status): ".".join(error.slug() for error in of_one) for status, of_one in groupby(ordered, status_of)}


def _problem(slugs: list[str]) -> dict[str, Any]:
    types = {"properties": {"type": {"enum": [f"/problems/{slug}" for slug in slugs]}}}
    return {
        "description": f"Declined: {', '.join(slugs)}",
        "content": {MEDIA_TYPE: {"schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, types]}}},
    }


def _without_nulls(operation: dict[str, Any]) -> None:
    """Leave out defaults of null: a parameter that is not sent has no value, and null is none that could be sent."""
    for parameter in operation.get("parameters", ()):
        if parameter["schema"].get("default", 0) is None:
            del parameter["schema"]["default"]


def _name(schema: Schema | type[Schema] | str) -> str:
    found = resolve_schema_cls(schema)
    one = found[0] if isinstance(found, list) else found
    return one.__name__.removesuffix("View")


def _openapi_path(rule: str) -> str:
    return rule.replace("<", "{").replace(">", "}")
