"""A week of another bank account: six files in five formats, none of which the service is told the format of."""

from __future__ import annotations

from pathlib import Path

from wallet_service.demo.bank import posted_lines
from wallet_service.demo.callers import Caller
from wallet_service.demo.own_service import DemoFailed, OwnService
from wallet_service.demo.telling import again, heading, money, must, must_answer, say, table

_FIXTURES = Path(__file__).parents[2] / "fixtures" / "week"
_ACCOUNT, _NUMBER = "sbi:week", "32345678901"
_BEGINS, _LAST = "2026-04-06", "2026-04-11"
# The file, its form, how many lines it has, and where they lead: brought last day first, they wait for one another.
_FILES = (
    ("sbi-pool-2026-04-06.xls", "sbi-8-tab", 4, "262441.00"),
    ("sbi-pool-2026-04-07.xlsx", "sbi-8-xlsx", 4, "303941.00"),
    ("sbi-pool-2026-04-08.sta", "mt940", 3, "297675.00"),
    ("sbi-pool-2026-04-09.xml", "camt053-08", 3, "335675.00"),
    ("sbi-pool-2026-04-10.csv", "sbi-6-comma", 3, "355675.00"),
    ("sbi-pool-2026-04-11.xls", "sbi-7-tab", 1, "358675.00"),
)
OPEN_ITEMS = (
    *("35000.00", "7500.00", "9000.00", "10000.00", "10000.00", "5000.00"),
    *("15000.00", "15000.00", "8000.00", "20000.00", "3000.00"),
)
"""What of the week's lines nobody can be found for, in rupees: nothing of it was advised or claimed."""
_TWICE = OPEN_ITEMS.index("15000.00")
BREAKS = [
    ("twice-credited" if place == _TWICE else "unmatched-credit", amount) for place, amount in enumerate(OPEN_ITEMS)
]
"""The same as breaks: one of the two equal credits is the bank's repetition of the other."""
_FIGURES = ("₹3,58,675.00", "₹2,00,000.00", "₹1,37,500.00", "₹20,000.00", "It agrees.")


def take_in(mita: Caller, kamal: Caller, service: OwnService) -> None:
    """Bring a week's files the wrong way round and show the statement of its last day.

    Raises:
        DemoFailed: the fixtures are not there.
    """
    heading("18. A week of another account comes in five formats, the last day first")
    service.wallet("bank-account", "add", _ACCOUNT, "--number", _NUMBER, "--begins", _BEGINS)
    say(f"bank:{_ACCOUNT} begins on {_BEGINS}: files of later days wait for those before. They are in fixtures/week.")
    ids = dict(reversed([(name, _upload(mita, name, state)) for name, state in _brought()]))
    rows = []
    for name, form, lines, closing in _FILES:
        file = mita.get(f"/v1/bank-files/{ids[name]}").body
        must(f"the state of {name}", (file["state"], file["form"], file["closing"]), ("read", form, closing))
        must_answer("Kamal's release", kamal.post(f"/v1/bank-files/{ids[name]}/release", {}), 200)
        posted_lines(mita, ids[name], lines)
        rows.append((name, form, str(lines), money(file["opening"]), money(closing)))
    say("Each is told by its content what it is; released one after the other, each lets the next one in:")
    table(("file", "read as", "lines", "opening", "closing"), rows, right=("lines", "opening", "closing"))
    page = service.wallet("reconcile", _LAST)
    must("what the page lacks", [figure for figure in _FIGURES if figure not in page], [])
    say(f"The reconciliation statement of its last day, {_LAST}, as a clerk prints it:")
    for line in page.splitlines():
        say(line)
    again(f"wallet reconcile {_LAST}", mita.by_hand("/v1/bank-files"))


def _brought() -> list[tuple[str, str]]:
    """Return the files in the order in which they are brought, each with the state it then has."""
    return [(name, "read" if day == 0 else "waiting") for day, (name, *_) in reversed(list(enumerate(_FILES)))]


def _upload(mita: Caller, name: str, state: str) -> int:
    path = _FIXTURES / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DemoFailed(f"{path} cannot be read ({error}): run the demo from a checkout of the project.") from error
    answer = mita.upload(content, name, account=_ACCOUNT)
    must_answer(f"the upload of {name}", answer, 201)
    must(f"the state of {name}", answer.body["state"], state)
    return int(answer.body["id"])
