"""The next morning: the night has closed the day, and the power department is paid what is due to it.

It is the next day on which the bank works, whatever day the demo is played on: only then is anything payable.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection

from wallet_service import dates
from wallet_service.demo import moved_files
from wallet_service.demo.bank import posted_lines, tell_lines
from wallet_service.demo.callers import Caller
from wallet_service.demo.own_service import DemoFailed, OwnService
from wallet_service.demo.telling import again, heading, money, must, must_answer, say, table
from wallet_service.embedded.children import wait_until
from wallet_service.ledger import bank_days, outbox
from wallet_service.money import paise
from wallet_service.payments.settlements import USUAL_TERM
from wallet_service.recon.night import NIGHT_JOB
from wallet_service.recon.night_steps import Step

_OPENS = time(10, 30)
_NIGHT_SECONDS, _NIGHT_TRIES = 20.0, 3
_LAWS = 14
# Of each service: how many payments, what it collected, gave back, what is due, and what of that is in tie-out.
_DUE = {
    "FIN 001": (1, "12345.67", "0.00", "12345.67", "0.00"),
    "LND 001": (2, "4350.00", "0.00", "4350.00", "0.00"),
    "POD 001": (2, "2214.56", "0.00", "2214.56", "980.00"),
    "POD 002": (1, "2150.00", "0.00", "2150.00", "2150.00"),
    "PRD 001": (1, "600.00", "0.00", "600.00", "0.00"),
    "TRA 001": (2, "4480.00", "0.00", "4480.00", "0.00"),
    "UDM 001": (1, "1200.00", "1200.00", "0.00", "0.00"),
    "UDM 002": (1, "3650.00", "0.00", "3650.00", "0.00"),
}
_IN_TIE_OUT = "980.00"
_PAID, _OPENING, _CLOSING = "2214.56", "1097675.00", "1095460.44"
_ACCOUNT = "department:POD:001"
_LEDGER = f"/v1/reports/ledger?account={_ACCOUNT}"
_SETTLEMENTS = "/v1/settlements?department=POD"


def morning_after(connection: Connection, today: date) -> date:
    """Return the day on which what is due for *today* is payable: the next one on which the bank works."""
    return bank_days.calendar(connection, today, today).after(today, USUAL_TERM)


def seconds_ahead(morning: date, now: datetime) -> int:
    """Return by how many seconds a clock that shows the aware instant *now* shows half past ten on *morning*, India."""
    opens = datetime.combine(morning, _OPENS, tzinfo=dates.INDIA)
    return math.ceil((opens - now).total_seconds())


def close(service: OwnService, reports: Caller, today: date) -> date:
    """Let the night close the day, show what it drew up, and return the morning that it is then.

    Raises:
        DemoFailed: the worker does not close it in time, or a law does not hold.
    """
    heading("21. The night closes the day, and says what is due to each department")
    with service.transaction() as connection:
        morning = morning_after(connection, today)
    service.set_clock_ahead(seconds_ahead(morning, dates.now()))
    say(
        "The demo cannot wait for midnight: its books set their clock ahead, to half past ten in the morning of "
        f"{morning}, the next day on which the bank works."
    )
    steps = {each["step"]: each for each in _night_over(service, reports, today)["steps"]}
    told = reports.get(f"/v1/days/{today.isoformat()}").body
    must("the day", told["state"], "closed")
    must("the laws tested on it", sum(law["holds"] for law in told["laws"]), _LAWS)
    must("the steps of its night", list(steps), [step.value for step in Step])
    say(
        "The worker is woken as it is at five past midnight, and closes each day gone by: it adds the day up, tests "
        f"{_LAWS} laws on it, closes it only if all hold, and draws up what is due to each department."
    )
    _tell_due(_settlements(reports, f"/v1/settlements?from={today}&to={today}"), morning)
    again(
        "wallet settlements list",
        reports.by_hand("/v1/settlements?from=$TODAY&to=$TODAY"),
        'wallet day "$TODAY"',
    )
    return morning


def advise(mita: Caller, kamal: Caller, service: OwnService) -> str:
    """Propose as Mita to pay the power department, approve it as Kamal, and return the number of the advice."""
    heading("22. Mita proposes to pay the power department, and Kamal approves it")
    asked = {"department": "POD", "service": "001", "reason": "Electricity bills of yesterday; see the tie-out for 002"}
    answer = mita.post("/v1/settlements", asked, "settlement-1")
    must_answer("the proposal", answer, 201)
    proposed = answer.body
    payload = proposed["payload"]
    told = (proposed["kind"], payload["amount"], payload["in_tie_out"])
    must("what is proposed", told, ("advise-settlement", _PAID, _IN_TIE_OUT))
    say(
        "The department's list says that the one payment for its service 002 failed there: that waits until somebody "
        f"has decided on it. Mita proposes service 001 only, {money(_PAID)}. Of it {money(_IN_TIE_OUT)} is in tie-out, "
        "too: today's list lacks that bill, and by the books it is the department's."
    )
    path = f"/v1/approvals/{proposed['id']}"
    shown = kamal.get(path).body
    must("what Kamal is shown", (shown["proposed_by"], shown["payload"]), ("mita", payload))
    approved = kamal.post(f"{path}/approve", {"payload_sha256": shown["payload_sha256"]})
    must_answer("Kamal's approval", approved, 200)
    must("the proposal then", (approved.body["state"], approved.body["entries"]), ("approved", []))
    (advice,) = mita.get("/v1/settlements/advices?department=POD").body["items"]
    must("the advice", (advice["state"], advice["amount"], advice["approved_by"]), ("advised", _PAID, "kamal"))
    number = str(advice["number"])
    page = service.wallet("settlements", "show", number)
    must("what the page lacks", [each for each in (number, "ADVISED", money(_PAID)) if each not in page], [])
    say("Kamal approves what he was shown, by its hash. No money moves; there is an advice for the bank.")
    for line in page.splitlines():
        say(line)
    again(mita.by_hand(path), f"wallet settlements show {number}", mita.by_hand(f"/v1/settlements/advices/{number}"))
    return number


def pay(mita: Caller, kamal: Caller, service: OwnService, *, today: date, morning: date, advice: str) -> None:
    """Bring the morning's statement as Mita, release it as Kamal, and show that its line has paid the settlement."""
    heading("23. The bank's next statement has the payout, and the settlement is paid")
    name = f"sbi-pool-{morning.isoformat()}.xls"
    content = moved_files.statement_of_the_morning(
        today,
        morning,
        words=f"TO TRANSFER-INB NEFT {advice} WB POWER DEPARTMENT--",
        amount=paise(_PAID),
        opening=paise(_OPENING),
    )
    (service.directory / name).write_bytes(content)
    answer = mita.upload(content, name)
    must_answer("the upload of the morning", answer, 201)
    file = answer.body
    must("the file", [file[each] for each in ("state", "lines", "new_lines")], ["read", 1, 1])
    must("its balances", [file["opening"], file["closing"]], [_OPENING, _CLOSING])
    say(f"Mita brings {name}, in which the bank names {advice}.")
    say(f"Read: 1 line, {money(_OPENING)} to {money(_CLOSING)}; it goes on where the evening's ended.")
    must_answer("Kamal's release", kamal.post(f"/v1/bank-files/{file['id']}/release", {}), 200)
    lines = posted_lines(mita, file["id"], 1)
    must("what decided its line", [(line["rule"], line["state"]) for line in lines], [("settled", "posted")])
    say("Kamal releases it, and the worker posts it:")
    tell_lines(lines)
    again(mita.by_hand(f"/v1/bank-files/{file['id']}"), mita.by_hand(f"/v1/bank-files/{file['id']}/lines"))
    _tell_paid(mita, morning, advice, entry=lines[0]["entry"])


def _tell_paid(mita: Caller, morning: date, advice: str, *, entry: str) -> None:
    paid = mita.get(f"/v1/settlements/advices/{advice}").body
    must("the advice", (paid["state"], paid["paid_on"]), ("paid", morning.isoformat()))
    found = _settlements(mita, _SETTLEMENTS)
    told = [(_service(each), each["state"], each["advice"], each["entry"]) for each in found]
    must("the settlements", told, [("POD 001", "paid", advice, entry), ("POD 002", "due", None, None)])
    ledger = mita.get(_LEDGER).body
    must("what is owed to the department", ledger["closing"], "0.00")
    last = ledger["entries"][-1]
    must("its last entry", (last["kind"], last["debit"], last["id"]), ("settlement", _PAID, entry))
    columns = ("service", "due", "state", "paid on", "by", "advice")
    rows = [
        (
            _service(each),
            money(each["due"]),
            each["state"],
            *(each[name] or "" for name in ("paid_on", "entry", "advice")),
        )
        for each in found
    ]
    table(columns, rows, right=("due",))
    say(
        f"Paid by bank line {paid['line']}, to the paisa. {_ACCOUNT} is debited {money(_PAID)}, and is owed "
        f"{money('0.00')}."
    )
    again(mita.by_hand(_SETTLEMENTS), f"wallet settlements show {advice}", mita.by_hand(_LEDGER))


def _tell_due(found: list[dict[str, Any]], morning: date) -> None:
    must("what is due", {_service(each): _figures(each) for each in found}, _DUE)
    must("the day on which it is payable", {each["payable_on"] for each in found}, {morning.isoformat()})
    rows = [
        (
            _service(each),
            str(each["payments"]),
            *(money(amount) for amount in _figures(each)[1:]),
            each["payable_on"],
            each["state"],
        )
        for each in found
    ]
    columns = ("service", "payments", "collected", "given back", "due", "in tie-out", "payable on", "state")
    table(columns, rows, right=columns[1:6])
    say(
        "The trade licence was refunded, so nothing is due for it. What the power department's list does not say that "
        "it was paid is in tie-out: due all the same, until somebody has explained it."
    )


def _night_over(service: OwnService, reports: Caller, today: date) -> dict[str, Any]:
    """Wake the worker as the clock does at five past midnight, and return the day once its night is over.

    The service's own clock goes by the machine's time, and does not know what the books' clock was set to. Should it
    have woken the worker just before that, the worker finds nothing to close, and is woken again.

    Raises:
        DemoFailed: it takes too long.
    """
    told: dict[str, Any] = {}

    def over() -> bool:
        told.update(reports.get(f"/v1/days/{today.isoformat()}").body)
        return any(each["step"] == Step.STATEMENT and each["ended_at"] for each in told["steps"])

    for _ in range(_NIGHT_TRIES):
        with service.transaction() as connection:
            outbox.enqueue_unless_open(connection, NIGHT_JOB, "clock")
        if wait_until(over, _NIGHT_SECONDS, interval=0.1):
            return told
    raise DemoFailed(f"The worker did not close {today} within {_NIGHT_TRIES * _NIGHT_SECONDS:.0f} s: {told}")


def _settlements(caller: Caller, path: str) -> list[dict[str, Any]]:
    """Return settlements in the order of their departments and services."""
    answer = caller.get(path)
    must_answer("the settlements", answer, 200)
    return sorted(answer.body["items"], key=_service)


def _service(settlement: dict[str, Any]) -> str:
    return f"{settlement['department']} {settlement['service']}"


def _figures(settlement: dict[str, Any]) -> tuple[int, str, str, str, str]:
    """Return how many payments it is for, and in rupees what was collected, given back, is due, and is in tie-out."""
    must("what is neither", [settlement[each] for each in ("rebated", "brought_forward")], ["0.00", "0.00"])
    collected, refunded, due, contested = (settlement[name] for name in ("collected", "refunded", "due", "in_tie_out"))
    return settlement["payments"], collected, refunded, due, contested
