"""A department's list over HTTP: brought, released by another person, compared; read by sums, by row, as a page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.portal import Caller, application, caller
from tests.books import Books
from tests.recon.tie_week import FIXTURES, LISTS, Departments
from tests.servers import Servers
from wallet_service.recon import tying

SCROLL, POD = LISTS[0], LISTS[1]


@dataclass
class Desk:
    """Finance's two persons at the API, and the counters behind it."""

    maker: Caller
    checker: Caller
    departments: Departments

    def bring(self, told: dict[str, Any]) -> str:
        """Take a list of the fixtures in when it came, and return its file's path."""
        self.departments.until(told["brought"])
        form = {"file": (io.BytesIO((FIXTURES / told["file"]).read_bytes()), told["file"]), "profile": told["profile"]}
        return str(self.maker.post("/v1/bank-files", data=form).headers["Location"])

    def compared(self, told: dict[str, Any]) -> str:
        """Take a list in, have it released and compared, and return its tie-out's path."""
        path = self.bring(told)
        released = self.checker.post(f"{path}/release", {})
        assert released.status_code == 200, released.text
        with self.departments.books.database.statement() as connection:
            jobs = connection.exec_driver_sql("SELECT subject FROM outbox WHERE job = 'tie-department-list'").scalars()
            subjects = list(jobs)
        for subject in subjects:
            tying.tie_file(self.departments.books.database, int(subject))
        return path.replace("bank-files", "tie-outs")


@pytest.fixture
def desk(fresh_servers: Servers, books: Books) -> Iterator[Desk]:
    with application(fresh_servers) as app:
        maker, checker = caller(app, "finance:make", "reports:read"), caller(app, "finance:check")
        yield Desk(maker, checker, Departments(books))


def test_a_list_is_compared_once_a_second_person_has_released_it(desk: Desk) -> None:
    path = desk.bring(POD)
    early = desk.maker.get(path.replace("bank-files", "tie-outs"))

    told = desk.maker.get(desk.compared(SCROLL)).json

    assert (early.status_code, early.json["type"]) == (404, "/problems/tie-out-not-found")
    assert (told["list"]["department"], told["list"]["name"]) == ("TRA", "SBI 000092 2026-04-02")
    assert (told["list"]["state"], told["list"]["version"], told["agrees"]) == ("compared", 1, True)
    assert told["sums"][0] == {"found": "agreed", "count": 2, "open": 0, "ours": "3875.00", "theirs": "3875.00"}
    listed = desk.maker.get("/v1/tie-outs?department=TRA&day=2026-04-02").json["items"]
    assert listed == [told["list"]]
    assert desk.maker.get("/v1/tie-outs?department=POD").json["items"] == []


def test_its_rows_come_in_pages_and_by_what_they_are(desk: Desk) -> None:
    path = desk.compared(POD)

    first = desk.maker.get(f"{path}/results?limit=4").json
    second = desk.maker.get(f"{path}/results?limit=200&cursor={first['next_cursor']}").json
    failed = desk.maker.get(f"{path}/results?found=failed-there&state=open").json["items"]
    wrong = desk.maker.get(f"{path}/results?state=closed")

    rows = [*first["items"], *second["items"]]
    assert [each["line"] for each in rows] == [1, 2, 3, 4, 5, 6, None, None]
    assert [each["ours"] for each in failed] == ["1200.00"]
    assert (failed[0]["rule"], failed[0]["rule_version"], failed[0]["wallet"]) == ("ticket", 1, "BSKOP0071011")
    assert not {"application_no", "consumer_no", "narration"} & set(rows[0])
    assert wrong.status_code == 400


def test_a_refund_is_proposed_from_the_break_and_nothing_moves_before_it_is_approved(desk: Desk) -> None:
    desk.compared(POD)
    (found,) = desk.maker.get("/v1/breaks?kind=failed-there").json["items"]
    path, body = f"/v1/breaks/{found['id']}/resolutions", {"resolution": "refund", "reason": "it failed there"}

    lacking = desk.maker.post(path, body)
    proposed = desk.maker.post(path, {**body, "order_number": "POD/8.4.2026"})
    still = desk.maker.get("/v1/breaks?kind=failed-there").json["items"]
    shown = {"payload_sha256": proposed.json["payload_sha256"]}
    approved = desk.checker.post(f"/v1/approvals/{proposed.json['id']}/approve", shown)

    assert (lacking.status_code, lacking.json["type"]) == (400, "/problems/invalid-request")
    assert proposed.json["payload"]["amount"] == "1200.00"
    assert still == [{**found, "proposals": [proposed.json["id"]]}]
    assert (approved.json["state"], len(approved.json["entries"])) == ("approved", 1)
    assert desk.maker.get("/v1/breaks?kind=failed-there").json["items"] == []


def test_it_comes_as_a_page_of_80_columns(desk: Desk) -> None:
    path = desk.compared(POD)

    page = desk.maker.get(path, headers={"Accept": "text/plain"})

    assert page.content_type == "text/plain; charset=utf-8"
    lines = page.text.splitlines()
    assert max(map(len, lines)) == 80
    assert lines[:2] == ["TIE-OUT OF POD of 08/04/2026", "Version 1, compared"]
    assert "Agreed                               3       0        ₹1,743.00        ₹1,743.00" in lines
    assert "Paid here 08/04/2026                 6                ₹3,993.00" in lines
    assert "It agrees." in lines
    assert "Failed there, paid here, BSKOP0071011, line 2, BSKOP0071011-D000002" in lines


def test_what_is_no_tie_out_is_not_found(desk: Desk) -> None:
    for path in ("/v1/tie-outs/1", "/v1/tie-outs/x", "/v1/tie-outs/1/results", f"/v1/tie-outs/{'9' * 30}"):
        answer = desk.maker.get(path)
        assert (answer.status_code, answer.json["type"]) == (404, "/problems/tie-out-not-found"), path


def test_a_list_with_a_row_of_another_department_is_refused_with_its_line(desk: Desk) -> None:
    desk.departments.until(POD["brought"])
    content = (FIXTURES / POD["file"]).read_bytes().replace(b"POD|001|BSK26040800000004", b"TRA|001|BSK26040800000004")
    form = {"file": (io.BytesIO(content), "pod.txt"), "profile": "department-mis"}

    refused = desk.maker.post("/v1/bank-files", data=form)

    assert (refused.status_code, refused.json["type"]) == (400, "/problems/file-not-readable")
    assert [each["line"] for each in refused.json["rejects"]] == [3]
    assert desk.maker.get(f"/v1/bank-files/{refused.json['file']}").json["state"] == "rejected"
