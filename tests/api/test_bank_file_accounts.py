"""A bank file that names no account, over HTTP: who brings it says which."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.portal import Caller, Told, application, caller
from tests.recon.bank_files import POOL, fixture
from tests.recon.six_columns import SIX
from tests.servers import Servers
from wallet_service.api.connections import databases
from wallet_service.recon import bank_accounts


@pytest.fixture
def maker(fresh_servers: Servers) -> Iterator[Caller]:
    with application(fresh_servers) as app:
        with databases(app).of_this_process().transaction() as connection:
            bank_accounts.add(connection, "sbi:pool", "31234567890", by="tests")
            bank_accounts.add(connection, "sbi:fees", "31234567891", by="tests")
        yield caller(app, "finance:make")


def upload(maker: Caller, content: str, *, key: str | None = None, **said: Any) -> Told:
    file = (io.BytesIO(content.encode()), "six.csv")
    return maker.post("/v1/bank-files", data={"file": file} | said, key=key)


def test_it_is_refused_until_its_account_is_said(maker: Caller) -> None:
    unsaid = upload(maker, SIX)
    said = upload(maker, SIX, account="sbi:fees")

    assert (unsaid.status_code, unsaid.json["type"]) == (400, "/problems/file-not-readable")
    assert "sbi:fees, sbi:pool" in unsaid.json["reason"]
    assert (said.status_code, said.json["state"], said.json["bank_account"]) == (201, "read", "sbi:fees")
    assert said.json["account_number"] is None


def test_another_account_than_it_names_is_refused(maker: Caller) -> None:
    refused = upload(maker, fixture(POOL), account="sbi:fees")

    assert refused.status_code == 400
    assert "it was brought for sbi:fees" in refused.json["reason"]


def test_an_account_that_is_not_there_is_not_found(maker: Caller) -> None:
    refused = upload(maker, SIX, account="sbi:poll")

    assert (refused.status_code, refused.json["type"]) == (404, "/problems/bank-account-not-found")


@pytest.mark.parametrize(
    "said",
    [
        {"account": "SBI"},
        {"account": ""},
        {"account": ["sbi:pool", "sbi:fees"]},
        {"account": "sbi:pool", "profile": "van-mis"},
        {"accounts": "sbi:pool"},
    ],
)
def test_what_names_no_one_account_is_malformed(maker: Caller, said: dict[str, Any]) -> None:
    refused = upload(maker, SIX, **said)

    assert (refused.status_code, refused.json["type"]) == (400, "/problems/invalid-request")


def test_the_same_key_with_another_account_is_another_request(maker: Caller) -> None:
    first = upload(maker, SIX, key="once", account="sbi:fees")
    again = upload(maker, SIX, key="once", account="sbi:fees")
    other = upload(maker, SIX, key="once", account="sbi:pool")

    assert (first.status_code, again.json) == (201, first.json)
    assert (other.status_code, other.json["type"]) == (422, "/problems/key-reused")
