"""Callers of the API, each with a token of its own, and how a person makes the same call by hand.

They call by the portal's client: by its methods, or, where the story is about the answer itself, by `get` and `post`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from wallet_service.client import Portal, PortalError
from wallet_service.demo.own_service import DemoFailed

_SECONDS = 30.0
_BOUNDARY = "bank-file-of-the-demo"


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    content: bytes
    replayed: bool

    @property
    def body(self) -> dict[str, Any]:
        """Return the JSON object that was answered."""
        found: dict[str, Any] = json.loads(self.content)
        return found

    @property
    def slug(self) -> str:
        """Return which problem was answered; empty where none was."""
        return str(self.body.get("type", "")).removeprefix("/problems/")


class Caller:
    """A client of the API; `demo.env` has its Authorization header as the variable *variable*."""

    def __init__(self, api: str, variable: str, token: str) -> None:
        self.variable = variable
        self.header = f"Authorization: Bearer {token}"
        self.client = Portal(api, token, timeout=_SECONDS)

    def get(self, path: str) -> Answer:
        """Return what the API answers to a GET."""
        return self._call("GET", path, b"", {})

    def post(self, path: str, body: dict[str, Any], key: str = "") -> Answer:
        """Send *body* as JSON, with the idempotency *key* if one is given."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return self._call("POST", path, json.dumps(body).encode(), headers)

    def upload(self, content: bytes, filename: str, **named: str) -> Answer:
        """Send a bank file; an ``account`` names the bank account that it is of, a ``profile`` what reads it."""
        said = "".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{part}"\r\n\r\n{name}\r\n'
            for part, name in named.items()
        )
        part = f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
        body = f"{said}--{_BOUNDARY}\r\n{part}".encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
        return self._call(
            "POST", "/v1/bank-files", body, {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
        )

    def by_hand(self, path: str) -> str:
        """Return the command that shows what a GET answers."""
        return f'curl -s -H "${self.variable}" "$API{path}"'

    def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        try:
            answer = self.client.exchange(method, path, body, headers)
        except PortalError as error:
            raise DemoFailed(f"{method} {path} had no answer ({error}).") from error
        return Answer(answer.status, answer.content, answer.headers.get("idempotency-replayed") == "true")
