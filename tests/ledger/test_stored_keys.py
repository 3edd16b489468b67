"""A key is stored in fewer bytes than it is written in, and stays the key that it was."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import Books
from wallet_service.ledger.idempotency import Key

UUIDS = st.uuids().map(str)
KEYS = st.one_of(
    UUIDS,
    UUIDS.map(str.upper),
    UUIDS.map(lambda text: text.replace("-", "")),
    st.builds("{}#{}".format, UUIDS, st.integers(0, 999)),
    st.builds("{}{}".format, UUIDS, UUIDS),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=128),
)


def stored(books: Books, text: str) -> tuple[bytes, str]:
    """Return a key's stored form, and what that form is read as."""
    with books.database.transaction() as connection:
        row = connection.exec_driver_sql(
            "SELECT key_bytes(%s) AS bytes, key_text(key_bytes(%s)) AS text", (text, text)
        ).one()
    return bytes(row.bytes), row.text


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KEYS)
def test_every_key_is_read_as_it_was_written(books: Books, text: str) -> None:
    assert stored(books, text)[1] == text


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KEYS)
def test_the_service_writes_a_key_as_the_database_does(books: Books, text: str) -> None:
    assert Key(1, text, b"").stored == stored(books, text)[0]


@pytest.mark.parametrize("behind", ["", "#17"])
def test_a_uuid_takes_17_bytes_whatever_stands_behind_it(books: Books, behind: str) -> None:
    text = "01932c07-8f00-7abc-8def-0123456789ab"

    form, _ = stored(books, text + behind)

    assert form == b"\0" + UUID(text).bytes + behind.encode()
