"""The API as it describes itself: each operation's fields and answers, and what in a request or an answer is not so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import Draft202012Validator

from tests.api.portal import Told
from wallet_service.api import docs
from wallet_service.api.app import create_app
from wallet_service.settings import Settings

PROBLEM = "application/problem+json"
JSON = "application/json"


@dataclass(frozen=True)
class Field:
    """A parameter of an operation, or a member of its body at the place *path* (0 stands for the first of a list)."""

    where: str
    path: tuple[str | int, ...]
    schema: Mapping[str, Any]
    required: bool

    @property
    def name(self) -> str:
        return str(self.path[-1])

    @property
    def label(self) -> str:
        return f"{self.where} {'.'.join(str(each) for each in self.path)}"


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    document: Mapping[str, Any]
    fields: tuple[Field, ...]

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def scopes(self) -> list[str]:
        return list(self.document["x-scopes"])

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def media_type(self) -> str | None:
        """Return the type of the body, None where there is none."""
        return next(iter(self.document.get("requestBody", {}).get("content", {})), None)

    @property
    def body_schema(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["requestBody"]["content"][self.media_type]["schema"]
        return found

    def at(self, where: str) -> list[Field]:
        """Return the fields of that kind: `path`, `query`, `header` or `body`."""
        return [field for field in self.fields if field.where == where]

    def wrong_in_answer(self, answer: Told) -> list[str]:
        """Return what this answer is or has that the description does not say."""
        status, responses = answer.status_code, self.document["responses"]
        if str(status) not in responses:
            return [f"status {status}: {answer.text}"[:300]]
        response = _resolved(responses[str(status)])
        media_type = answer.content_type.partition(";")[0]
        if media_type not in response["content"] or (status >= 400) != (media_type == PROBLEM):
            return [f"content type {answer.content_type} of a {status}"]
        shape = _validator(json.dumps(response["content"][media_type]["schema"]), exact=status < 400)
        told = answer.json if media_type in (JSON, PROBLEM) else answer.text
        return [f"{status}: {'.'.join(map(str, e.instance_path))}: {e.message}" for e in shape.iter_errors(told)]

    def wrong_in_body(self, body: Any) -> list[str]:
        """Return what in a JSON body does not fit the description."""
        if self.media_type != JSON:
            return []
        return [e.message[:200] for e in _validator(json.dumps(self.body_schema)).iter_errors(body)]

    def wrong_in_query(self, query: str) -> list[str]:
        """Return what in a query does not fit the description."""
        given = [pair.partition("=")[::2] for pair in query.split("&")] if query else []
        named = {field.name: field for field in self.at("query")}
        wrong = [f"{field.name} is missing" for field in named.values() if field.required and field.name not in query]
        names = [unquote(name.replace("+", " ")) for name, _ in given]
        wrong += [f"{name!r} is unknown" for name in names if name not in named]
        wrong += [f"{name!r} is repeated" for name in set(names) if names.count(name) > 1]
        for name, (_, text) in zip(names, given, strict=True):
            if name in named and not takes(named[name], unquote(text.replace("+", " "))):
                wrong.append(f"{name} {text!r}"[:200])
        return wrong


def takes(field: Field, value: Any) -> bool:
    """Return whether a field's own schema allows the value; outside a body a number is written in digits."""
    if field.where != "body" and field.schema.get("type") == "integer":
        value = int(value) if re.fullmatch("[0-9]{1,9}", value, re.ASCII) else value
    if isinstance(value, str) and not _is_unicode(value):
        return False
    return _validator(json.dumps(field.schema)).is_valid(value)


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


@cache
def document() -> dict[str, Any]:
    """Return the description, made without any database."""
    app = create_app(Settings(database_url="", redis_url=""))
    with app.app_context():
        found: dict[str, Any] = json.loads(docs.written(app))
    return found


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation there is."""
    return tuple(
        Operation(method.upper(), path, one, tuple(_fields(one, methods.get("parameters", ()))))
        for path, methods in document()["paths"].items()
        for method, one in methods.items()
        if method != "parameters"
    )


def _fields(operation: Mapping[str, Any], shared: Any) -> Iterator[Field]:
    for each in (*shared, *operation.get("parameters", ())):
        yield Field(each["in"], (each["name"],), each["schema"], bool(each.get("required")))
    if "requestBody" in operation:
        for media_type, content in operation["requestBody"]["content"].items():
            yield from _members(content["schema"], ()) if media_type == JSON else ()


def _members(schema: Mapping[str, Any], before: tuple[str | int, ...]) -> Iterator[Field]:
    found = _resolved(schema)
    for name, inner in found.get("properties", {}).items():
        yield Field("body", (*before, name), _resolved(inner), name in found.get("required", ()))
        yield from _members(inner, (*before, name))
    if "items" in found:
        yield from _members(found["items"], (*before, 0))


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = document()
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(found)


@cache
def _validator(schema: str, *, exact: bool = False) -> Draft202012Validator:
    """Return what checks a schema; an *exact* one takes no member that is not described, and days must exist."""
    components = document()["components"]
    whole = {"allOf": [json.loads(schema)], "components": _closed(components) if exact else components}
    return Draft202012Validator(whole, validate_formats=True)


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(schema.get("properties"), dict) else closed
