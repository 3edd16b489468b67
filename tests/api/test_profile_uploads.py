"""A file read by a profile over HTTP: uploaded with the name of its profile, released by another; it posts nothing."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from tests.api.portal import Caller, Told, application, caller
from tests.recon.profile_files import DEPARTMENT, VAN
from tests.servers import Servers
from wallet_service.api.connections import databases
from wallet_service.recon import announcements


@pytest.fixture
def maker(fresh_servers: Servers) -> Iterator[Caller]:
    with application(fresh_servers) as app:
        yield caller(app, "finance:make", "reports:read")


def upload(maker: Caller, content: str, *profiles: str, key: str | None = None) -> Told:
    form = {"file": (io.BytesIO(content.encode()), "mis.txt"), **({"profile": list(profiles)} if profiles else {})}
    return maker.post("/v1/bank-files", data=form, content_type="multipart/form-data", key=key)


def test_a_van_mis_is_uploaded_released_by_another_person_and_announces(maker: Caller) -> None:
    uploaded = upload(maker, VAN, "van-mis", key="mis-1")
    again = upload(maker, VAN, "van-mis", key="mis-1")
    path = uploaded.headers["Location"]
    released = caller(maker.app, "finance:check").post(f"{path}/release", {})

    told = uploaded.json
    assert (uploaded.status_code, told["state"], told["profile"], told["form"]) == (
        201,
        "read",
        "van-mis",
        "van-mis version 1",
    )
    assert (told["lines"], told["new_lines"], told["inflows"], told["bank_account"]) == (3, 3, "37250.50", None)
    assert again.data == uploaded.data
    assert (released.status_code, released.json["state"], released.json["posted_lines"]) == (200, "released", 0)
    assert maker.get(f"{path}/lines").json["items"] == []
    with databases(maker.app).of_this_process().statement() as connection:
        assert announcements.find(connection, ["609312345679"])["609312345679"][0].operator == "BSKOP0071010"


def test_a_key_with_another_profile_is_another_request(maker: Caller) -> None:
    upload(maker, VAN, "van-mis", key="mis-1")

    other = upload(maker, VAN, "department-mis", key="mis-1")

    assert (other.status_code, other.json["type"]) == (422, "/problems/key-reused")


def test_what_the_profile_cannot_read_is_refused_whole_with_reasons_and_kept(maker: Caller) -> None:
    refused = upload(maker, DEPARTMENT.replace("PENDING", "LOST"), "department-mis")

    assert (refused.status_code, refused.json["type"]) == (400, "/problems/file-not-readable")
    assert [each["line"] for each in refused.json["rejects"]] == [2]
    assert maker.get(f"/v1/bank-files/{refused.json['file']}").json["state"] == "rejected"


@pytest.mark.parametrize(
    ("profiles", "status", "problem"),
    [
        (("nobody",), 404, "profile-not-found"),
        (("VAN MIS",), 400, "invalid-request"),
        (("",), 400, "invalid-request"),
        (("van-mis", "van-mis"), 400, "invalid-request"),
        (("x" * 100,), 400, "invalid-request"),
    ],
)
def test_a_profile_is_named_once_and_must_be_there(
    maker: Caller, profiles: tuple[str, ...], status: int, problem: str
) -> None:
    answer = upload(maker, VAN, *profiles)

    assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{problem}")
    assert maker.get("/v1/bank-files").json["items"] == []
