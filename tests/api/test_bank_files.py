"""Bank files over HTTP: uploaded, looked at, released by a second person; and the day's reconciliation."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.api.portal import Caller, Told, application, caller
from tests.servers import Servers
from wallet_service.api.connections import databases
from wallet_service.recon import bank_accounts, posting, readers, received, releasing
from wallet_service.recon.statements import Statement

FIXTURES = Path(__file__).parents[2] / "fixtures" / "sbi"
DAY = (FIXTURES / "sbi-pool-2026-04-02.xls").read_bytes()
AS_CSV = (FIXTURES / "sbi-pool-2026-04-02.csv").read_bytes()


class Desk:
    """A maker and a checker, on books that only this test sees."""

    def __init__(self, maker: Caller, checker: Caller) -> None:
        self.maker = maker
        self.checker = checker

    def upload(self, content: bytes, name: str = "statement.xls", *, key: str | None = None) -> Told:
        return self.maker.post("/v1/bank-files", data={"file": (io.BytesIO(content), name)}, key=key)

    def post(self, file_id: int) -> None:
        """Do the job of the worker."""
        posting.post_file(databases(self.maker.app).of_this_process(), file_id)


@pytest.fixture
def desk(fresh_servers: Servers) -> Iterator[Desk]:
    with application(fresh_servers) as app:
        with databases(app).of_this_process().transaction() as connection:
            bank_accounts.add(connection, "sbi:pool", "31234567890", by="tests")
        yield Desk(caller(app, "finance:make", "reports:read"), caller(app, "finance:check"))


def test_a_file_is_read_released_by_another_person_and_posted(desk: Desk) -> None:
    uploaded = desk.upload(DAY)
    path = uploaded.headers["Location"]
    own = desk.maker.post(f"{path}/release")
    released = desk.checker.post(f"{path}/release", {})
    desk.post(uploaded.json["id"])
    shown = desk.maker.get(path).json
    lines = desk.maker.get(f"{path}/lines?limit=200").json["items"]

    assert (uploaded.status_code, uploaded.json["state"], uploaded.json["received_by"]) == (
        201,
        "read",
        desk.maker.name,
    )
    assert own.status_code == 403
    assert (released.status_code, released.json["state"], released.json["decided_by"]) == (
        200,
        "released",
        desk.checker.name,
    )
    assert shown["posted_lines"] == shown["lines"] == len(lines) > 0
    assert {line["state"] for line in lines} <= {"posted", "suspense"}
    assert all(desk.maker.get(f"/v1/entries/{line['entry']}").json["amount"] == line["amount"] for line in lines)


def test_no_transaction_is_open_while_a_file_is_read(
    desk: Desk, fresh_servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file is read for longer than a session may be idle in a transaction, and than others wait for a lock."""
    open_ones: list[Any] = []
    really = readers.read

    def read(content: bytes, *, today: date) -> Statement:
        with psycopg.connect(fresh_servers.superuser_url) as connection:
            query = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
            open_ones.append(connection.execute(f"{query} AND pid <> pg_backend_pid()").fetchall())
        return really(content, today=today)

    monkeypatch.setattr(readers, "read", read)
    uploaded = desk.upload(DAY, key="upload-1")
    released = desk.checker.post(f"{uploaded.headers['Location']}/release", {}, key="release-1")

    assert (uploaded.status_code, released.json["state"]) == (201, "released")
    assert open_ones == [[], []]


def test_a_large_file_is_received_at_once_and_read_afterwards(desk: Desk) -> None:
    blank_rows = (b"\t" * 99 + b"\r\n") * 5_000  # They say nothing, and are read.
    large = DAY + blank_rows

    uploaded = desk.upload(large, key="upload-large")
    repeated = desk.upload(large, key="upload-large")
    again = desk.upload(large)
    path = uploaded.headers["Location"]
    released = desk.checker.post(f"{path}/release")
    received.read(databases(desk.maker.app).of_this_process(), uploaded.json["id"])
    read = desk.maker.get(path).json

    assert (uploaded.status_code, uploaded.json["state"], uploaded.json["bytes"]) == (201, "received", len(large))
    assert (repeated.status_code, repeated.json) == (201, uploaded.json)
    assert (again.status_code, again.json["type"]) == (409, "/problems/file-already-received")
    assert again.json["file"] == uploaded.json["id"]
    assert (released.status_code, released.json["type"]) == (409, "/problems/bank-file-not-releasable")
    assert (read["state"], read["lines"], read["inflow_lines"], read["outflow_lines"]) == ("read", 7, 6, 1)
    assert (read["joins"], read["new_lines"], read["known_lines"]) == ("first file", 7, 0)


def test_who_brought_a_file_may_not_release_it_with_another_token(desk: Desk) -> None:
    checker = caller(desk.maker.app, "finance:check", person=desk.maker.name)
    uploaded = desk.upload(DAY).json

    answer = checker.post(f"/v1/bank-files/{uploaded['id']}/release")

    assert (answer.status_code, answer.json["type"]) == (422, "/problems/same-person")
    assert desk.maker.get(f"/v1/bank-files/{uploaded['id']}").json["state"] == "read"


def test_the_same_file_again_is_pointed_to_the_first(desk: Desk) -> None:
    first = desk.upload(DAY).json

    again = desk.upload(DAY, "renamed.xls")
    saved_anew = desk.upload(AS_CSV, "statement.csv")

    for answer in (again, saved_anew):
        assert (answer.status_code, answer.json["type"]) == (409, "/problems/file-already-received")
        assert answer.json["file"] == first["id"]


@pytest.mark.parametrize("path", sorted((FIXTURES / "broken").iterdir()), ids=lambda path: path.name)
def test_a_file_that_is_no_statement_is_refused_whole_with_reasons(desk: Desk, path: Path) -> None:
    uploaded = desk.upload(path.read_bytes(), path.name)

    told = uploaded.json
    assert (uploaded.status_code, told["type"]) == (400, "/problems/file-not-readable")
    kept = desk.maker.get(f"/v1/bank-files/{told['file']}").json
    assert (kept["state"], kept["lines"], kept["reason"]) == ("rejected", 0, told["reason"])
    released = desk.checker.post(f"/v1/bank-files/{told['file']}/release")
    assert (released.status_code, released.json["type"]) == (409, "/problems/bank-file-not-releasable")


def test_a_file_is_rejected_by_a_checker_with_a_reason(desk: Desk) -> None:
    uploaded = desk.upload(DAY).json
    path = f"/v1/bank-files/{uploaded['id']}"

    reasonless = desk.checker.post(f"{path}/reject", {})
    rejected = desk.checker.post(f"{path}/reject", {"reason": "of the wrong branch"})
    late = desk.checker.post(f"{path}/release")

    assert reasonless.status_code == 400
    assert (rejected.json["state"], rejected.json["reason"]) == ("rejected", "of the wrong branch")
    assert late.status_code == 409


def test_an_upload_is_told_again_to_whoever_repeats_its_key(desk: Desk) -> None:
    first = desk.upload(DAY, key="upload-1")

    again = desk.upload(DAY, key="upload-1")
    other = desk.upload(AS_CSV, key="upload-1")

    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, other.json["type"]) == (422, "/problems/key-reused")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"file": "not a file"},
        {"other": (io.BytesIO(b"x"), "x.xls")},
        {"file": [(io.BytesIO(b"x"), "x.xls"), (io.BytesIO(b"y"), "y.xls")]},
        {"file": (io.BytesIO(b"x"), "x.xls"), "profiles": "van"},
    ],
    ids=["nothing", "a field", "another name", "two files", "a field more"],
)
def test_one_part_is_uploaded_and_nothing_else(desk: Desk, form: dict[str, object]) -> None:
    answer = desk.maker.post("/v1/bank-files", data=form, content_type="multipart/form-data")

    assert answer.status_code == 400
    assert list(answer.json["errors"]) == ["file"]
    assert desk.maker.get("/v1/bank-files").json["items"] == []


def test_a_file_is_uploaded_as_a_form_or_not_at_all(desk: Desk) -> None:
    answers = [
        desk.maker.post("/v1/bank-files", data=DAY, content_type="application/vnd.ms-excel"),
        desk.maker.post("/v1/bank-files", {"file": "x"}),
        desk.maker.post("/v1/bank-files"),
    ]

    assert [answer.status_code for answer in answers] == [415, 415, 415]


def test_a_file_larger_than_is_taken_is_refused_before_it_is_read(desk: Desk) -> None:
    answer = desk.maker.call(
        "POST",
        "/v1/bank-files",
        content_type="multipart/form-data; boundary=b",
        input_stream=io.BytesIO(b""),
        environ_overrides={"CONTENT_LENGTH": str(readers.LARGEST_FILE + 65_537)},
    )

    assert (answer.status_code, answer.json["type"]) == (413, "/problems/body-too-large")


def test_a_name_that_would_deceive_is_made_harmless(desk: Desk) -> None:
    uploaded = desk.upload(DAY, "desk/a\u202eslx.exe")

    assert uploaded.json["filename"] == "a_slx.exe"


def test_files_and_lines_are_listed_in_pages(desk: Desk) -> None:
    files = [
        desk.upload(path.read_bytes(), path.name).json["file"] for path in sorted((FIXTURES / "broken").iterdir())[:3]
    ]

    first = desk.maker.get("/v1/bank-files?limit=2").json
    rest = desk.maker.get(f"/v1/bank-files?limit=2&cursor={first['next_cursor']}").json

    assert [file["id"] for file in first["items"] + rest["items"]] == sorted(files, reverse=True)
    assert desk.maker.get("/v1/bank-files?state=released").json["items"] == []


@pytest.mark.parametrize("path", ["0", "01", "x", "999999999999999999", "9" * 30, "%E0%A7%A7", "1/lines", "9/lines"])
def test_a_file_that_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    answer = desk.maker.get(f"/v1/bank-files/{path}")

    assert (answer.status_code, answer.json["type"]) == (404, "/problems/bank-file-not-found")


def test_the_statement_of_a_day_agrees_once_its_file_is_posted(desk: Desk) -> None:
    uploaded = desk.upload(DAY).json
    absent = desk.maker.get("/v1/reconciliations/2026-04-02")
    before = desk.maker.post("/v1/reconciliations", {"day": "2026-04-02"})
    desk.checker.post(f"/v1/bank-files/{uploaded['id']}/release")
    desk.post(uploaded["id"])

    made = desk.maker.post("/v1/reconciliations", {"day": "2026-04-02"})

    assert (absent.status_code, absent.json["type"]) == (404, "/problems/reconciliation-not-found")
    assert before.json["state"] == "provisional"
    assert made.status_code == 201
    assert (made.json["version"], made.json["state"], made.json["agrees"]) == (2, "final", True)
    assert made.json["part_a"][0]["difference"] == made.json["part_b"]["difference"] == "0.00"
    assert desk.checker.get(made.headers["Location"]).json == made.json


@pytest.mark.parametrize(("day", "status"), [("2026-4-2", 400), ("2199-01-01", 422), (20260402, 400), (None, 400)])
def test_a_statement_is_of_a_day_that_has_come(desk: Desk, day: object, status: int) -> None:
    assert desk.maker.post("/v1/reconciliations", {"day": day}).status_code == status
    assert desk.maker.get(f"/v1/reconciliations/{day}").status_code == 404


def test_a_large_file_is_released_at_once_and_takes_its_places_afterwards(desk: Desk) -> None:
    blank_rows = (b"\t" * 99 + b"\r\n") * 5_000
    uploaded = desk.upload(DAY + blank_rows).json
    path, database = f"/v1/bank-files/{uploaded['id']}", databases(desk.maker.app).of_this_process()
    received.read(database, uploaded["id"])

    own = desk.maker.post(f"{path}/release")
    asked, repeated = (desk.checker.post(f"{path}/release", key="release") for _ in range(2))
    releasing.release(database, uploaded["id"])
    released = desk.checker.get(path).json

    assert own.status_code == 403
    assert (asked.status_code, asked.json["state"], repeated.json) == (200, "read", asked.json)
    assert "has released it" in asked.json["reason"]
    assert (released["state"], released["decided_by"], released["reason"]) == ("released", desk.checker.name, None)
