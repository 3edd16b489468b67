"""Every way a call can fail, told apart by what the caller does next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_MEMBERS = ("type", "title", "detail", "status", "request_id")


class PortalError(Exception):
    """A call that did not succeed."""


class Problem(PortalError):
    """The service's no, as its problem document tells it.

    *type* is the name in `docs/errors.md` (``insufficient-funds``); a program goes by it. *title* says what happened,
    *detail* what to do, and *facts* has the rest, amounts as strings of rupees. *key* is the request's, None of a
    look-up; *replayed* says that the key had this answer before.
    """

    def __init__(
        self,
        type: str,  # noqa: A002 (the member's name in RFC 9457)
        title: str,
        detail: str = "",
        facts: Mapping[str, Any] | None = None,
        *,
        status: int = 0,
        request_id: str | None = None,
        key: str | None = None,
        replayed: bool = False,
    ) -> None:
        super().__init__(" ".join(each for each in (f"{type}: {title}", detail) if each))
        self.type = type
        self.title = title
        self.detail = detail
        self.facts = dict(facts or {})
        self.status = status
        self.request_id = request_id
        self.key = key
        self.replayed = replayed


class Malformed(Problem):
    """400, 405, 413 or 415: correct the request. It left no trace, and its key is as fresh as before."""


class Unauthorised(Problem):
    """401 or 403: another token is needed. It left no trace, and its key is as fresh as before."""


class NotFound(Problem):
    """404: there is no such thing, or it is not yours. It left no trace, and its key is as fresh as before."""


class Conflict(Problem):
    """409: what is recorded says otherwise; look at it. This is the answer of the key for good."""


class Refused(Problem):
    """422: a rule of the books said no. This is the answer of the key for good; to pay after all, take a new key."""


class Unavailable(Problem):
    """A look-up had no answer however often it was asked (``no-answer``), or only 429 and 503."""


class Broken(Problem):
    """500: do not repeat it; tell the people who run the service, with the `request_id`."""


class OutcomeUnknown(PortalError):
    """Nobody can say whether it happened: the tries are over, and no answer was one to rely on.

    Send the same request with the same *key* again, look the key up (`fate`), or `abandon` it. Never take a new key
    before one of these has an answer: it could happen twice.
    """

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Nobody knows what became of key {key!r}: send the same request with it again, look it up, or abandon it."
        )
        self.key = key


class GivenUp(PortalError):
    """The tries are over and the *key* was abandoned: nothing happened by it, and nothing will."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Nothing happened by key {key!r}, and nothing will: it was abandoned after the last try.")
        self.key = key


class Unintelligible(PortalError):
    """The service answered something that this client does not understand: is it too old, or is the address wrong?"""


_FAMILIES: dict[int, type[Problem]] = {
    401: Unauthorised,
    403: Unauthorised,
    404: NotFound,
    409: Conflict,
    422: Refused,
    429: Unavailable,
}


def problem(status: int, told: Mapping[str, Any], *, key: str | None = None, replayed: bool = False) -> Problem:
    """Return the error that a problem document is."""
    family = _FAMILIES.get(status) or (Malformed if status < 500 else Broken if status == 500 else Unavailable)
    return family(
        str(told.get("type", "about:blank")).removeprefix("/problems/"),
        str(told.get("title", f"The answer has status {status} and is no problem document.")),
        str(told.get("detail", "")),
        {name: fact for name, fact in told.items() if name not in _MEMBERS},
        status=status,
        request_id=told.get("request_id"),
        key=key,
        replayed=replayed,
    )


def document(content: bytes) -> dict[str, Any]:
    """Return the problem document in the body of an answer; empty where somebody else, a proxy say, answered."""
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
