"""The curl commands that documents and the demo show, understood without curl: not every machine has one."""

from __future__ import annotations

import http.client
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_BOUNDARY = "a-bank-file"


@dataclass(frozen=True)
class Call:
    """The request that a command makes."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def read(command: str, variables: Mapping[str, str]) -> Call:
    """Return the request that `curl …` makes in a shell with these variables; a word it does not know is an error."""
    words = iter([_filled(word, variables) for word in shlex.split(command.replace("\\\n", " "))])
    assert next(words) == "curl", command
    url, headers, body = "", dict[str, str](), b""
    for word in words:
        match word:
            case "-s" | "-si":
                pass
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "-d":
                body = next(words).encode()
            case "-F":
                body = _form(Path(next(words).removeprefix("file=@")))
                headers["Content-Type"] = f"multipart/form-data; boundary={_BOUNDARY}"
            case _:
                assert (word.startswith("http"), url) == (True, ""), f"{word!r} of {command!r} is not understood"
                url = word
    address = urlsplit(url)
    path = f"{address.path}?{address.query}" if address.query else address.path
    return Call("POST" if body else "GET", path, headers, body)


def send(call: Call, api: str) -> tuple[int, str]:
    """Make the request and return the status and the body of its answer."""
    connection = http.client.HTTPConnection(urlsplit(api).netloc, timeout=30)
    connection.request(call.method, call.path, call.body or None, call.headers)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def _filled(word: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$([A-Z]+)", lambda found: variables[found[1]], word)


def _form(path: Path) -> bytes:
    part = f'Content-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    return f"--{_BOUNDARY}\r\n{part}".encode() + path.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()
