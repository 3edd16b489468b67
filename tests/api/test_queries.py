"""A list's query names what it knows, each once and as it should be written."""

from __future__ import annotations

import pytest

from tests.api.portal import Caller


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (path, query)
        for path, own in [
            ("/v1/claims?", ("state=paid", "wallet=", "wallet=bsk", "mode=cash")),
            ("/v1/jobs?", ("state=waiting", "state=", "kind=night", "id=job-1")),
            ("/v1/breaks?", ("state=closed", "kind=", "kind=debit", "wallet=BSKOP0071010")),
            ("/v1/reports/day-book?day=2026-04-01&", ("day=2026-04-02", "from=2026-04-01", "day=")),
            ("/v1/reports/day-book?", ("", "day=", "day=2026-13-01", "day=%E0%A7%A7")),
            ("/v1/reports/late-entries?", ("", "day=", "day=2026-02-30", "day=2026-04-01&from=2026-04-01")),
            ("/v1/reports/ledger?account=bank:charges&", ("from=1-1-2026", "from=2026-04-02&to=2026-04-01", "as_of=x")),
            ("/v1/reports/ledger?", ("", "account=", "account=%00", "account=bank", "account=Bank:charges")),
        ]
        for query in (*own, "limit=201&account=bank:charges&day=2026-04-01", "cursor=nonsense", "cursor=&colour=blue")
    ],
)
def test_a_query_that_is_unknown_repeated_missing_or_wrong_is_refused(portal: Caller, path: str, query: str) -> None:
    answer = portal.get(path + query)

    assert answer.status_code == 400, answer.text
    assert answer.json["type"] == "/problems/invalid-request"
