"""Hostile values in every field of every route: refused with a problem that names the field, and nothing is kept.

A value that a field's own description allows is no hostile one there: it must only be answered as described.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.described import JSON, PROBLEM, Field, Operation, operations, takes
from tests.api.hostile import BODIES, JSON_VALUES, STRINGS
from tests.api.portal import Told, number
from tests.api.town import Request, Town, everything, town
from tests.servers import Servers, fresh_database

TYPES = ["", "text/plain", "application/xml", "application/json; charset=utf-16", "application/jsonp", "a/b\x00", "*/*"]
NO_OPERATION = {"/problems/route-not-found", "/problems/method-not-allowed"}
EACH = pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
WRITES = pytest.mark.parametrize(
    "operation", [each for each in operations() if each.media_type], ids=lambda operation: operation.label
)


class Attack:
    """Sends one operation's sound request with something in it spoilt, and keeps what was not refused as it should."""

    def __init__(self, here: Town, servers: Servers, operation: Operation) -> None:
        self.here, self.servers, self.operation = here, servers, operation
        proof = here.sent(operation, here.request(operation))
        assert proof.status_code < 300, f"the town has no sound request for it: {proof.text}"
        self.sound = here.request(operation)
        self.before = everything(servers)
        self.wrong: list[str] = []

    def refused(self, answer: Told, what: str, *, field: Field | None = None) -> None:
        """Note an answer that is no refusal, or names another field. A spoilt address may be no operation's."""
        is_elsewhere = field is not None and field.where == "path" and answer.json["type"] in NO_OPERATION
        wrong = [] if is_elsewhere else self.operation.wrong_in_answer(answer)
        if not 400 <= answer.status_code < 500 or answer.content_type != PROBLEM:
            wrong.append(f"{answer.status_code} {answer.text[:200]}")
        elif field is not None and field.where in {"body", "query"} and answer.status_code == 400:
            named = set(answer.json.get("errors", ()))
            wrong += [] if named & {str(field.path[0]), "body"} else [f"does not name it: {answer.text[:200]}"]
        self.wrong += [f"{what[:120]}: {each}" for each in wrong]

    def nothing_is_kept(self, what: str) -> None:
        """Note what stands in the tables and did not before."""
        now = everything(self.servers)
        changed = {name: (self.before[name], now[name]) for name in now if now[name] != self.before[name]}
        if changed:
            self.wrong.append(f"{what}: kept {changed}")
        self.before = now

    def send(self, request: Request, **environ: str) -> Told:
        """Send a request byte for byte as it says, past what the test's client would put right."""
        address = "/".join(
            _raw(request.path[step[1:-1]]) if step.startswith("{") else step for step in self.operation.path.split("/")
        )
        query = "&".join(f"{name}={_quoted(value)}" for name, value in request.query.items())
        exact = {"PATH_INFO": address, "QUERY_STRING": query, **environ}
        exact |= {f"HTTP_{name.upper().replace('-', '_')}": _raw(value) for name, value in request.headers.items()}
        content: dict[str, Any] = {}
        if self.operation.media_type == JSON:
            body = request.body if isinstance(request.body, bytes) else json.dumps(request.body).encode()
            content = {"data": body, "content_type": JSON}
        return request.caller.call(self.operation.method, "/", environ_overrides=exact, **content)


@pytest.fixture(scope="module")
def own(servers: Servers) -> Iterator[Servers]:
    with fresh_database(servers) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def here(own: Servers) -> Iterator[Town]:
    with town(own) as built:
        yield built


@EACH
def test_a_hostile_value_in_any_field_is_refused_and_not_kept(here: Town, own: Servers, operation: Operation) -> None:
    attack = Attack(here, own, operation)
    allowed: list[tuple[Field, object]] = []

    for field in operation.fields:
        for value in JSON_VALUES if field.where == "body" else STRINGS:
            if field.where != "path" and takes(field, value):  # An address that is of nothing is refused all the same.
                allowed.append((field, value))
            else:
                answer = attack.send(_spoilt(attack.sound, field, value))
                attack.refused(answer, f"{field.label} {value!r}", field=field)
        attack.nothing_is_kept(field.label)
    for field, value in allowed[::8]:
        again = _spoilt(attack.sound, field, value)
        again.headers = {"Idempotency-Key": number(24), **(again.headers if field.where == "header" else {})}
        wrong = operation.wrong_in_answer(attack.send(again))
        attack.wrong += [f"{field.label} {value!r}: {each}"[:300] for each in wrong]

    assert attack.wrong == []


@EACH
def test_a_hostile_token_or_query_is_refused_and_not_kept(here: Town, own: Servers, operation: Operation) -> None:
    attack = Attack(here, own, operation)

    for value in STRINGS[::3]:
        answer = attack.send(attack.sound, HTTP_AUTHORIZATION=_raw(f"Bearer {value}"))
        attack.refused(answer, f"token {value!r}: {answer.status_code}")
        assert answer.status_code == 401
        answer = attack.send(attack.sound, QUERY_STRING=f"{_quoted(value)}={_quoted(value)}")
        attack.refused(answer, f"query {value!r}")
    for field in operation.at("query"):
        twice = f"{field.name}=1&{field.name}=1"
        attack.refused(attack.send(attack.sound, QUERY_STRING=twice), twice, field=field)
    attack.nothing_is_kept("token or query")

    assert attack.wrong == []


@WRITES
def test_a_hostile_body_is_refused_and_not_kept(here: Town, own: Servers, operation: Operation) -> None:
    attack = Attack(here, own, operation)
    sound = json.dumps(attack.sound.body).encode() if operation.media_type == JSON else b"{}"
    bodies = [*BODIES, sound + b"\xff", sound + sound, sound[:-1], b"\xef\xbb\xbf" + sound]
    bodies.append(sound.decode().encode("utf-16"))
    for field in operation.at("body"):
        twice = f'{{"{field.name}": 1, "{field.name}": 1, '.encode() + sound.lstrip(b"{")
        bodies.append(twice)
    bodies.append(b'{"narration": "' + b"a" * 2_200_000 + b'"}')

    for body in bodies:
        spoilt = copy.copy(attack.sound)
        spoilt.body = body
        attack.refused(attack.send(spoilt), f"body {body[:80]!r}")
    for media_type in TYPES:
        attack.refused(attack.send(attack.sound, CONTENT_TYPE=media_type), f"type {media_type}")
    attack.refused(attack.send(attack.sound, HTTP_CONTENT_ENCODING="gzip"), "compressed")
    attack.nothing_is_kept("body")

    assert attack.wrong == []


def _spoilt(sound: Request, field: Field, value: Any) -> Request:
    """Return the request with *value* in one field."""
    spoilt = Request(sound.caller, *copy.deepcopy((sound.path, sound.query, sound.headers, sound.body)))
    if field.where == "body":
        place = spoilt.body
        for step in field.path[:-1]:
            place = place[step]
        place[field.path[-1]] = value
    else:
        target = {"path": spoilt.path, "query": spoilt.query, "header": spoilt.headers}[field.where]
        target[field.name] = value
    return spoilt


def _raw(text: str) -> str:
    """Return text as WSGI hands it on: each byte of its UTF-8 a character."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")
