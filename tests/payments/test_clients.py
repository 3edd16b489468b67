"""Machine clients: who is who by a token, for how long, and what goes with what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.books import Books, set_clock
from wallet_service.errors import ClientExists, ClientNotFound, InvalidRequest, ScopesExclude, ScopeUnknown
from wallet_service.payments import clients
from wallet_service.payments.clients import Client, Issued

DAY = timedelta(days=1)


def test_a_token_shows_its_client_and_what_it_may_do(books: Books) -> None:
    issued = _add(books, "portal", "debits:write", "department:POD", person="asha")

    found = _authenticate(books, issued.token)

    assert found == issued.client
    assert found is not None
    assert (found.name, found.person) == ("portal", "asha")
    assert found.scopes == {"debits:write", "department:POD"}


def test_a_client_stands_for_its_own_name_unless_a_person_is_named(books: Books) -> None:
    assert _add(books, "uploads", "finance:make").client.person == "uploads"


def test_a_token_has_256_random_bits_and_is_kept_only_as_a_hash(books: Books) -> None:
    first = _add(books, "portal", "debits:write").token
    second = _add(books, "other", "debits:write").token

    with books.database.statement() as connection:
        rows = connection.exec_driver_sql(
            "SELECT to_jsonb(t)::text FROM client_tokens t UNION ALL SELECT to_jsonb(a)::text FROM audit a"
        ).scalars()
        kept = "\n".join(rows)

    assert first != second
    assert first.startswith("wallet_")
    assert len(first) == len("wallet_") + 43
    assert first not in kept
    assert first.removeprefix("wallet_") not in kept


@pytest.mark.parametrize("token", ["", "wallet_", "wallet_" + "A" * 43, "wallet_" + "é" * 43, "x" * 10_000, "\x00"])
def test_what_is_no_token_of_ours_shows_nobody(books: Books, token: str) -> None:
    assert _authenticate(books, token) is None


def test_a_caller_is_known_in_one_round_trip_by_an_index(books: Books) -> None:
    token = _add(books, "portal", "debits:write").token
    sent: list[str] = []

    with books.database.statement() as connection:
        event.listen(connection, "before_cursor_execute", lambda *facts: sent.append(facts[2]))
        clients.authenticate(connection, token)
        [statement] = sent
        connection.exec_driver_sql("SET enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {statement}", (b"",)).scalars().all()

    assert any("client_tokens_pkey" in line for line in plan)


def test_a_token_ends_on_its_day(books: Books) -> None:
    issued = _add(books, "portal", "debits:write", days=2)
    shift = set_clock(books)

    shift("47 hours 59 minutes")
    before = _authenticate(books, issued.token)
    shift("48 hours 1 second")
    after = _authenticate(books, issued.token)

    assert before is not None
    assert after is None


@pytest.mark.parametrize(("scope", "most"), [("debits:write", 365), ("finance:check", 30)])
def test_a_token_is_good_for_the_longest_time_allowed_and_never_longer(books: Books, scope: str, most: int) -> None:
    issued = _add(books, "portal", scope)

    with pytest.raises(InvalidRequest) as refused:
        _add(books, "too-long", scope, days=most + 1)

    with books.database.statement() as connection:
        now = connection.exec_driver_sql("SELECT instant()").scalar_one()
    assert timedelta(0) <= now + most * DAY - issued.client.expires_at < timedelta(minutes=1)
    assert set(refused.value.facts["errors"]) == {"days"}


def test_a_rotated_token_ends_at_once_and_the_new_one_is_good(books: Books) -> None:
    old = _add(books, "portal", "debits:write").token

    new = _rotate(books, "portal").token

    assert _authenticate(books, old) is None
    assert _authenticate(books, new) is not None


def test_with_an_overlap_both_tokens_are_good_until_it_is_over(books: Books) -> None:
    old = _add(books, "portal", "debits:write").token
    shift = set_clock(books)
    new = _rotate(books, "portal", overlap_minutes=10).token

    shift("9 minutes")
    meanwhile = _authenticate(books, old), _authenticate(books, new)
    shift("11 minutes")
    afterwards = _authenticate(books, old), _authenticate(books, new)

    assert None not in meanwhile
    assert afterwards[0] is None
    assert afterwards[1] is not None


def test_an_overlap_never_makes_an_old_token_last_longer(books: Books) -> None:
    old = _add(books, "portal", "debits:write", days=1).token
    shift = set_clock(books)
    shift("23 hours 59 minutes")

    _rotate(books, "portal", overlap_minutes=60)
    shift("24 hours 1 second")

    assert _authenticate(books, old) is None


def test_a_revoked_client_is_nobody_and_can_be_given_a_token_again(books: Books) -> None:
    tokens = [_add(books, "portal", "debits:write").token, _rotate(books, "portal", overlap_minutes=60).token]

    with books.database.transaction() as connection:
        ended = clients.revoke(connection, "portal", by="system:asha")

    assert ended == 2
    assert [_authenticate(books, token) for token in tokens] == [None, None]
    assert _authenticate(books, _rotate(books, "portal").token) is not None


@pytest.mark.parametrize("other", ["debits:write", "credits:write", "wallets:write", "finance:make"])
def test_who_checks_does_not_make(books: Books, other: str) -> None:
    with pytest.raises(ScopesExclude) as refused:
        _add(books, "both", "finance:check", "reports:read", other)

    assert refused.value.facts == {"excluded": [other]}


@pytest.mark.parametrize("scope", ["debits", "debits:*", "DEBITS:WRITE", "department:QQQ", "department:", "admin"])
def test_a_scope_that_is_not_there_is_refused(books: Books, scope: str) -> None:
    with pytest.raises(ScopeUnknown) as refused:
        _add(books, "portal", "debits:read", scope)

    assert refused.value.facts["unknown"] == [scope]


@pytest.mark.parametrize(
    ("name", "person", "wrong"),
    [
        ("Portal", "asha", {"name"}),
        ("a b", "asha", {"name"}),
        ("portal", " asha", {"person"}),
        ("", "a\nb", {"name", "person"}),
    ],
)
def test_names_are_plain(books: Books, name: str, person: str, wrong: set[str]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        _add(books, name, "debits:read", person=person)

    assert set(refused.value.facts["errors"]) == wrong


def test_a_name_is_taken_once_and_an_unknown_one_is_told(books: Books) -> None:
    _add(books, "portal", "debits:write")

    with pytest.raises(ClientExists):
        _add(books, "portal", "reports:read")
    with pytest.raises(ClientNotFound):
        _rotate(books, "nobody")


def test_the_list_says_until_when_each_client_is_good(books: Books) -> None:
    issued = _add(books, "portal", "debits:write")
    _add(books, "gone", "reports:read")
    with books.database.transaction() as connection:
        clients.revoke(connection, "gone", by="test")

    with books.database.statement() as connection:
        listed = {each.name: (each.tokens, each.expires_at) for each in clients.list_clients(connection)}

    assert listed == {"gone": (0, None), "portal": (1, issued.client.expires_at)}


def test_each_act_is_audited_with_who_did_it(books: Books) -> None:
    _add(books, "portal", "debits:write")
    _rotate(books, "portal")
    with books.database.transaction() as connection:
        clients.revoke(connection, "portal", by="system:asha")

    with books.database.statement() as connection:
        rows = connection.exec_driver_sql("SELECT by_whom, act, subject FROM audit ORDER BY id").all()

    acts = ["client-add", "client-rotate", "client-revoke"]
    assert [tuple(row) for row in rows] == [("system:asha", act, "portal") for act in acts]


def _add(books: Books, name: str, *scopes: str, person: str | None = None, days: int | None = None) -> Issued:
    with books.database.transaction() as connection:
        return clients.add(connection, name, scopes, person=person, days=days, by="system:asha")


def _rotate(books: Books, name: str, *, overlap_minutes: int = 0) -> Issued:
    with books.database.transaction() as connection:
        return clients.rotate(connection, name, overlap_minutes=overlap_minutes, by="system:asha")


def _authenticate(books: Books, token: str) -> Client | None:
    with books.database.statement() as connection:
        return clients.authenticate(connection, token)
