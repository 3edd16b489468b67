"""A cursor is opaque, and only our own is taken."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from marshmallow import ValidationError

from wallet_service.api.pagination import Cursor, cursor, page

WALLETS = Cursor("wallets", r"[A-Z]{4}")


def test_a_cursor_leads_to_the_place_after_which_the_list_goes_on() -> None:
    assert WALLETS.deserialize(cursor("wallets", "ABCD")) == "ABCD"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "!!!!",
        "ABCD",
        "a" * 201,
        cursor("debits", "ABCD"),
        cursor("wallets", "abcd"),
        cursor("wallets", "ABCD\n"),
        cursor("wallets", "'; DROP TABLE wallets"),
        cursor("wallets", "ABCD") + "=",
        urlsafe_b64encode("wallets:ক".encode()).decode().rstrip("="),
        urlsafe_b64encode(b"wallets:\xff").decode().rstrip("="),
        None,
        7,
    ],
)
def test_any_other_cursor_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        WALLETS.deserialize(text)


@pytest.mark.parametrize(
    ("found", "items", "more"), [([], [], False), ([1, 2], [1, 2], False), ([1, 2, 3], [1, 2], True)]
)
def test_the_item_beyond_a_page_only_shows_that_there_is_a_next_one(
    found: list[int], items: list[int], more: bool
) -> None:
    shown = page(found, 2, "numbers", str)

    assert shown.items == items
    assert (shown.next_cursor is not None) is more
