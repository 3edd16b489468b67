"""A department's list of today: what it was paid by its own account, against what the counters paid it."""

from __future__ import annotations

from datetime import date

from wallet_service.demo.callers import Caller
from wallet_service.demo.own_service import DemoFailed, OwnService
from wallet_service.demo.telling import again, heading, must, must_answer, say
from wallet_service.embedded.children import wait_until

_COMPARED_SECONDS = 30.0
# The one that it lacks is the electricity bill of the batch, BSK-T-0009.
_ROWS = (
    "POD|001|BSK-T-0001||101234567|1234.56|WBSEDCL000812|{day} 00:00:01|SUCCESS",
    "POD|002|BSK-T-0006|NSC-2026-4411||2150.00||{day} 00:00:02|FAILED",
    "POD|001|BSK-T-0099||101234599|500.00|WBSEDCL000819|{day} 00:00:03|SUCCESS",
)
BREAKS = [("failed-there", "2150.00"), ("ours-only", "980.00"), ("theirs-only", "500.00")]
"""What does not agree in it."""
_SUMS = [
    ("agreed", 1, "1234.56", "1234.56"),
    ("ours-only", 1, "980.00", "0.00"),
    ("theirs-only", 1, "0.00", "500.00"),
    ("failed-there", 1, "2150.00", "0.00"),
]


def take_in(mita: Caller, kamal: Caller, service: OwnService, today: date) -> None:
    """Bring the list as Mita, release it as Kamal, and show its tie-out as a clerk prints it.

    Raises:
        DemoFailed: the worker does not compare it in time.
    """
    heading("19. The power department sends its list of today: does it say what the counters paid it?")
    content = "".join(f"{row.format(day=today.isoformat())}\n" for row in _ROWS)
    brought = mita.upload(content.encode(), f"pod-{today.isoformat()}.txt", profile="department-mis")
    must_answer("the upload of the list", brought, 201)
    say("Three rows: one is paid, one says that it failed there, and one nobody here has paid. Mita brings it:")
    say(str(brought.body["reason"]))
    path = f"/v1/tie-outs/{brought.body['id']}"
    must_answer("Kamal's release", kamal.post(f"/v1/bank-files/{brought.body['id']}/release", {}), 200)
    if not wait_until(lambda: mita.get(path).body["list"]["state"] == "compared", _COMPARED_SECONDS, interval=0.1):
        raise DemoFailed(f"The worker did not compare the list within {_COMPARED_SECONDS:.0f} s.")
    told = mita.get(path).body
    must("the list", (told["list"]["version"], told["list"]["amount"], told["agrees"]), (1, "1734.56", True))
    must("its sums", [(e["found"], e["count"], e["ours"], e["theirs"]) for e in told["sums"]], _SUMS)
    must("what the books say", told["collected"], {"count": 3, "amount": "4364.56"})
    page = service.wallet("tie-out", "POD", today.isoformat())
    must("what the page lacks", [each for each in ("₹4,364.56", "It agrees.") if each not in page], [])
    say("Kamal releases it, and the worker compares it. Each row ties one payment; the rest is told as what it is:")
    for line in page.splitlines():
        say(line)
    say("Nothing was posted. What failed there is given back once two persons say so: `refund`, among the breaks.")
    again('wallet tie-out POD "$TODAY"', mita.by_hand(f"{path}/results?state=open"))
