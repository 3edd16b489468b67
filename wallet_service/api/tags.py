"""Answers with an entity tag: whoever has this very answer already is told so, and nothing is sent again.

An answer about money is not to be stored by any cache on the way (`no-store`); the tag is for the caller's own program,
which keeps the answer itself. Source: RFC 9110, sections 8.8.3 and 13.1.2.
"""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, json, request

NOT_MODIFIED = {"304": {"description": "It is what `If-None-Match` names: the answer has not changed."}}


def tagged(told: dict[str, Any]) -> Response:
    """Return *told* as JSON with its tag; 304 without a body where the request at work names that tag."""
    content = json.dumps(told, separators=(",", ":"))
    response = Response(content, content_type="application/json")
    tag = hashlib.sha256(content.encode()).hexdigest()[:32]
    response.set_etag(tag)
    if request.if_none_match.contains(tag):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
    return response
