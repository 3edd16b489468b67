"""Every no as a problem document (RFC 9457). Only this module knows which number a family has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from flask import Flask, Response, json
from werkzeug.exceptions import HTTPException

from wallet_service import telemetry
from wallet_service.api import authentication, tracing
from wallet_service.api.protocol import (
    BodyTooLarge,
    CallRefused,
    MethodNotAllowed,
    TooManyRequests,
    Unauthenticated,
    UnsupportedMediaType,
)
from wallet_service.dates import wire
from wallet_service.errors import (
    BooksBroken,
    Conflict,
    InternalError,
    InvalidRequest,
    Malformed,
    NotFound,
    OutcomeUnknown,
    Refused,
    RouteNotFound,
    Unavailable,
    WalletError,
)
from wallet_service.money import rupees

View = TypeVar("View", bound=Callable[..., Any])

MEDIA_TYPE = "application/problem+json"
STATUS: dict[type[WalletError], int] = {
    Malformed: 400,
    NotFound: 404,
    Conflict: 409,
    Refused: 422,
    Unavailable: 503,
    BooksBroken: 500,
}
_DECLINED = "_declined"
_RETRY_AFTER_SECONDS = 1
_OF_HTTP: dict[int, type[WalletError]] = {
    404: RouteNotFound,
    405: MethodNotAllowed,
    413: BodyTooLarge,
    415: UnsupportedMediaType,
    429: TooManyRequests,
}


def register(app: Flask) -> None:
    """Let every error of *app* leave as a problem document, those of Flask and Werkzeug included."""
    app.register_error_handler(WalletError, of_error)
    app.register_error_handler(HTTPException, of_http)


def declines(*errors: type[WalletError]) -> Callable[[View], View]:
    """Say of a view which errors its callers must expect besides those of every view."""

    def mark(view: View) -> View:
        setattr(view, _DECLINED, errors)
        return view

    return mark


def declined(view: Callable[..., Any]) -> tuple[type[WalletError], ...]:
    """Return the errors that *view* declares."""
    found: tuple[type[WalletError], ...] = getattr(view, _DECLINED, ())
    return found


def status_of(error: type[WalletError]) -> int:
    """Return the HTTP status of an error's family."""
    if issubclass(error, CallRefused):
        return error.status
    return next(status for family, status in STATUS.items() if issubclass(error, family))


def document(error: WalletError) -> dict[str, Any]:
    """Return the members of the problem document of *error*, in a fixed order."""
    facts = members(error.facts)
    return {
        "type": f"/problems/{error.slug()}",
        "title": error.title(),
        "status": status_of(type(error)),
        "detail": _detail(error.next_step, facts),
        **facts,
    }


def members(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as they go over the wire: amounts as rupees, their names without the unit, instants in UTC."""
    found: dict[str, Any] = {}
    for name, value in sorted(facts.items()):  # The order must not depend on whether the facts were kept meanwhile.
        if name.endswith("_paise") and isinstance(value, int):
            found[name.removesuffix("_paise")] = rupees(value)  # type: ignore[arg-type]
        else:
            found[name] = _plain(value)
    return found


def of_error(error: WalletError) -> Response:
    """Return the answer that *error* is to its caller; to somebody unknown it is another one."""
    error = _to_a_known_caller(error)
    status = status_of(type(error))
    content = {**document(error), "request_id": tracing.request_id()}
    response = Response(json.dumps(content, sort_keys=False), status, content_type=MEDIA_TYPE)
    if status in (429, 503):
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    count(error)
    return response


def count(error: WalletError) -> None:
    """Count a refusal among the service's own figures."""
    if isinstance(error, OutcomeUnknown):
        telemetry.UNKNOWN_OUTCOMES.inc()
    elif status_of(type(error)) < 500:
        telemetry.REFUSALS.labels(error.slug()).inc()
    if error.replayed:
        telemetry.REPLAYS.inc()


def of_http(error: HTTPException) -> Response:
    """Return what Flask or Werkzeug refused, or what nobody expected, as a problem document without inner details.

    An unexpected exception has been logged with its stack by Flask before it comes here.
    """
    code = error.code or 500
    if code < 400:
        return error.get_response()  # type: ignore[return-value]  # A redirect is no error.
    if kind := _OF_HTTP.get(code):
        response = of_error(kind())
    elif code < 500:
        response = of_error(InvalidRequest({"request": ["The server could not read it."]}))
    else:
        response = of_error(InternalError())
    if methods := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _to_a_known_caller(error: WalletError) -> WalletError:
    try:
        authentication.prove()
    except WalletError as other:
        return other
    return error


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return wire(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, Mapping):
        return members(value)
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Iterable):
        return [_plain(item) for item in value]
    return str(value)


def _detail(next_step: str, facts: Mapping[str, Any]) -> str:
    return next_step.format_map(facts) if "{" in next_step else next_step
