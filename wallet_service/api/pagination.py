"""Lists in pages: a cursor says after which place to go on, and means nothing else to its caller."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from marshmallow import ValidationError, fields

from wallet_service.api.fields import Count
from wallet_service.api.parsing import Asked, View

LARGEST_PAGE = 200
USUAL_PAGE = 50
_CURSOR = r"[A-Za-z0-9_-]{2,200}"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Paged:
    """One page of a list, and the cursor of the next one; None when it is the last."""

    items: Sequence[Any]
    next_cursor: str | None


class Cursor(fields.String):
    """The place after which a list goes on. Only what one of our own pages gave for this list is taken."""

    def __init__(self, kind: str, place: str, **options: Any) -> None:
        self.kind = kind
        self.place = re.compile(place, re.ASCII)
        metadata = {"description": "`next_cursor` of the page before", "pattern": f"^{_CURSOR}$"}
        super().__init__(metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        place = _place(self.kind, value)
        if place is None or not self.place.fullmatch(place):
            raise ValidationError("Give the next_cursor of a page of this list, unchanged.")
        return place


class PageQuery(Asked):
    """How many items a page may have."""

    limit = Count(1, LARGEST_PAGE, load_default=USUAL_PAGE)


def page_of(item: type[View]) -> View:
    """Return the schema of a page of such items."""
    members = {"items": fields.List(fields.Nested(item())), "next_cursor": fields.String(allow_none=True)}
    made: View = type(f"{item.__name__.removesuffix('View')}Page", (View,), members)()
    return made


def page(found: Sequence[Item], limit: int, kind: str, place: Callable[[Item], object]) -> Paged:
    """Return the page of *limit* items out of up to one more, which only shows that there is a next page."""
    items = found[:limit]
    more = len(found) > limit
    return Paged(items, cursor(kind, place(items[-1])) if more else None)


def cursor(kind: str, place: object) -> str:
    """Return the cursor of a place in a list of that kind."""
    return urlsafe_b64encode(f"{kind}:{place}".encode()).decode().rstrip("=")


def _place(kind: str, text: Any) -> str | None:
    if not isinstance(text, str) or not re.fullmatch(_CURSOR, text, re.ASCII):
        return None
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        return None
    place = found.removeprefix(f"{kind}:")
    return place if found.startswith(f"{kind}:") and cursor(kind, place) == text else None
