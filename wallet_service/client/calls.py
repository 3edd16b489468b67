"""Calls that are repeated until they have an answer: a request is sent again with the same key and the same bytes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from random import SystemRandom
from typing import Any, Literal, NoReturn, TypeVar
from urllib.parse import quote, urlencode

from .connections import Answer, Connections, Lost, Request
from .keys import fit_key
from .problems import Broken, GivenUp, OutcomeUnknown, Problem, Refused, Unavailable, Unintelligible, document, problem
from .reading import read

T = TypeVar("T")
GivingUp = Literal["tell", "abandon"]
Query = Mapping[str, str | date | None]

_AGAIN = (429, 502, 503, 504)
_FOR_GOOD = (409, 422)
_LARGEST_PAGE = 200
_A_DAY = 86_400
_random = SystemRandom()


@dataclass(frozen=True)
class Patience:
    """How often and how long, in seconds, a request is tried; the pauses between tries double, and are never even."""

    tries: int = 5
    seconds: float = 30.0
    first_pause: float = 0.1
    longest_pause: float = 2.0

    def pause(self, number: int, asked: float) -> float:
        """Return how long to wait after try *number*: at least what the service *asked* for in Retry-After."""
        usual: float = min(self.longest_pause, self.first_pause * 2.0 ** (number - 1))
        return max(asked, usual / 2) + _random.uniform(0, usual / 2)


class _Unsettled(Exception):
    """The tries are over without an answer to rely on; *last* is what the last one met."""

    def __init__(self, last: Exception) -> None:
        super().__init__(str(last))
        self.last = last


class Calls:
    """Reads and writes of the service at *url*, as the client whose *token* it is. Threads may share it.

    *timeout* is for one try. A write that has no answer after all tries raises OutcomeUnknown; with
    ``giving_up="abandon"`` its key is abandoned then, which raises GivenUp, or tells what had happened after all.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 10.0,
        patience: Patience | None = None,
        giving_up: GivingUp = "tell",
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "wallet-portal/1"}
        self._connections = Connections(url, headers)
        self._timeout = timeout
        self._patience = patience or Patience()
        self._giving_up = giving_up

    def close(self) -> None:
        """Close the connections that are kept for the next request."""
        self._connections.close()

    def exchange(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to any request, whatever its status is; for what has no method here.

        It is tried again like every other, so a POST that may not happen twice needs its ``Idempotency-Key`` among
        *headers*.

        Raises:
            Unavailable: after all tries there was no answer, or only 429 and 503.
        """
        try:
            answer, _ = self._tried(Request(method, path, body, headers or {}))
        except _Unsettled as unsettled:
            raise _unavailable(unsettled.last) from unsettled.last.__cause__
        return answer

    def _read(self, kind: type[T], path: str, query: Query | None = None) -> T:
        """Return what a GET answers, as a *kind*."""
        asked = urlencode({name: value for name, value in (query or {}).items() if value is not None})
        try:
            answer, _ = self._tried(Request("GET", f"{path}?{asked}" if asked else path))
        except _Unsettled as unsettled:
            raise _unavailable(unsettled.last) from unsettled.last.__cause__
        if answer.status >= 300:
            raise problem(answer.status, document(answer.content))
        return read(kind, json.loads(answer.content))

    def _pages(self, kind: type[T], path: str, query: Query) -> Iterator[T]:
        """Yield the pages of a list, each a *kind* with a `next_cursor`."""
        cursor: str | None = None
        while True:
            page = self._read(kind, path, {**query, "limit": str(_LARGEST_PAGE), "cursor": cursor})
            yield page
            cursor = getattr(page, "next_cursor", None)
            if cursor is None:
                return

    def _write(self, kind: type[T], path: str, body: Mapping[str, Any], key: str | None) -> T:
        """Return what a POST answers, as a *kind*."""
        return read(kind, self._told(path, body, fit_key(key)))

    def _told(self, path: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Return what a POST answers, with the key and whether it is told again beside it."""
        answer = self._answered(_post(path, body, key), key)
        return {**json.loads(answer.content), "key": key, "replayed": _replayed(answer)}

    def _answered(self, request: Request, key: str) -> Answer:
        try:
            return self._settled(request, key)
        except _Unsettled as unsettled:
            if self._giving_up != "abandon":
                raise OutcomeUnknown(key) from unsettled.last
            return self._abandoned(request, key)

    def _settled(self, request: Request, key: str, *, in_doubt: bool = False) -> Answer:
        """Return the answer of a write. *in_doubt*: the request was sent before, and nobody knows what became of it.

        What leaves no trace says nothing of a try that was lost: a token may have been revoked since.
        """
        answer, lost = self._tried(request)
        if answer.status < 300:
            return answer
        refusal = problem(answer.status, document(answer.content), key=key, replayed=_replayed(answer))
        if isinstance(refusal, Broken) or ((lost or in_doubt) and answer.status not in _FOR_GOOD):
            raise _Unsettled(refusal)
        raise refusal

    def _abandoned(self, request: Request, key: str) -> Answer:
        """Spend the key, then ask once more: by now the key has an answer for good, whatever it is."""
        try:
            self._spend(key)
            return self._settled(request, key, in_doubt=True)
        except _Unsettled as unsettled:
            raise OutcomeUnknown(key) from unsettled.last
        except Refused as refused:
            if refused.type == "key-abandoned":
                raise GivenUp(key) from None
            raise

    def _spend(self, key: str) -> None:
        try:
            self._settled(_post("/v1/debits/abandon", {}, key), key)
        except Problem as refused:
            if refused.type != "key-reused":  # That would say that something other than a debit was posted by it.
                raise _Unsettled(refused) from None

    def _tried(self, request: Request) -> tuple[Answer, bool]:
        """Return the first answer that is one, and whether a try before it was lost.

        Raises:
            _Unsettled: the tries or the time are over.
        """
        end = time.monotonic() + self._patience.seconds
        lost = False
        last: Exception = Lost("no time for a try")
        for number in range(1, self._patience.tries + 1):
            asked = 0.0
            try:
                answer = self._exchanged(request, min(self._timeout, end - time.monotonic()))
                if answer.status not in _AGAIN:
                    return answer, lost
                last = problem(answer.status, document(answer.content))
                asked = _retry_after(answer)
            except Lost as error:
                last, lost = error, True
            pause = self._patience.pause(number, asked)
            if number == self._patience.tries or time.monotonic() + pause >= end:
                break
            time.sleep(pause)
        raise _Unsettled(last)

    def _exchanged(self, request: Request, seconds: float) -> Answer:
        answer = self._connections.exchange(request, seconds)
        if answer.status < 300 and not _is_object(answer.content):
            raise Lost(f"{request.method} {request.path}: the answer is not JSON, or not all of it")
        if 300 <= answer.status < 400:
            _refuse_redirect(answer)
        return answer


def segment(text: str) -> str:
    """Return *text* as one segment of an address."""
    return quote(text, safe="")


def _post(path: str, body: Mapping[str, Any], key: str) -> Request:
    content = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
    return Request("POST", path, content, {"Content-Type": "application/json", "Idempotency-Key": key})


def _unavailable(last: Exception) -> Problem:
    return last if isinstance(last, Problem) else Unavailable("no-answer", "No answer came.", str(last))


def _replayed(answer: Answer) -> bool:
    return answer.headers.get("idempotency-replayed") == "true"


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False


def _refuse_redirect(answer: Answer) -> NoReturn:
    raise Unintelligible(f"The address redirects ({answer.status}) to {answer.headers.get('location')}: use that one.")


def _retry_after(answer: Answer) -> float:
    """Return the seconds of a Retry-After, which may be a date; 0 without one. Source: RFC 9110, section 10.2.3."""
    text = answer.headers.get("retry-after", "")
    if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        return min(int(text), _A_DAY)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):  # No date, or one without a zone.
        return 0.0
