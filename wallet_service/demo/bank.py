"""The bank's part of the day: its statement taken in by one person, released by another, posted once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from wallet_service.demo import moved_files
from wallet_service.demo.callers import Caller
from wallet_service.demo.counters import BALLY, HOWRAH, ULUBERIA
from wallet_service.demo.own_service import DemoFailed, OwnService
from wallet_service.demo.telling import again, heading, money, must, must_answer, say, table
from wallet_service.embedded.children import wait_until

_POSTED_SECONDS = 30.0
_RULES = ["advised", "advised", "advised", "operator-named", "unexplained", "charge", "interest"]
_AFTER = ["47615.44", "2850.00", "4674.33"]
_WORDS = {
    ("advised", "posted"): "tied to its advice",
    ("claimed", "posted"): "tied to its claim: credited",
    ("claimed", "suspense"): "a person decides: suspense",
    ("returned", "posted"): "a credit taken back",
    ("operator-named", "posted"): "names its operator: credited",
    ("unexplained", "suspense"): "nobody can be found: suspense",
    ("settled", "posted"): "pays an advice of settlement",
    ("charge", "posted"): "what the bank took",
    ("interest", "posted"): "what the bank added",
}


def take_in(mita: Caller, kamal: Caller, service: OwnService, path: Path) -> int:
    """Upload the statement as Mita and release it as Kamal; return the file's id once all its lines are posted."""
    heading("9. The statement of the State Bank comes, and Mita takes it in")
    say("It is fixtures/sbi/sbi-pool-2026-04-02.xls with its dates moved, so that its last day is today.")
    say(f"Kept as {path}")
    answer = mita.upload(path.read_bytes(), path.name)
    must_answer("the upload", answer, 201)
    file = answer.body
    must("the file", [file[name] for name in ("state", "lines", "new_lines", "posted_lines")], ["read", 7, 7, 0])
    must("its balances", [file["opening"], file["closing"]], ["1000000.00", "1081175.00"])
    say(f"Read: {file['lines']} lines, {money(file['opening'])} to {money(file['closing'])}; nothing is posted yet.")
    say(file["reason"])
    again(mita.by_hand(f"/v1/bank-files/{file['id']}"))

    heading("10. A second person must release it")
    must_answer("Mita's release", mita.post(f"/v1/bank-files/{file['id']}/release", {}), 403, "forbidden")
    say("Mita's token has no right to release: 403 forbidden. At the command line she is refused by name:")
    said = service.refusal("release", str(file["id"]), "--by", "mita")
    must("why Mita may not release", "a second person must look" in said, True)
    say(f"“{said.removeprefix('Error: ').partition(' (')[0]}”")
    again(mita.by_hand(f"/v1/bank-files/{file['id']}"))
    must_answer("Kamal's release", kamal.post(f"/v1/bank-files/{file['id']}/release", {}), 200)
    _tell_morning(mita, file["id"])
    return int(file["id"])


def refuse_again(mita: Caller, file_id: int, path: Path, today: date) -> None:
    """Upload the same statement twice more, as it was and as a spreadsheet saved it: both are refused."""
    heading("11. The same statement comes again, once as it was and once saved by a spreadsheet as CSV")
    for filename, content in ((path.name, path.read_bytes()), ("copy.csv", moved_files.statement_as_csv(today))):
        answer = mita.upload(content, filename)
        must_answer(f"the upload of {filename}", answer, 409, "file-already-received")
        must("the file pointed to", answer.body["file"], file_id)
        say(f"{filename}: 409 file-already-received, see file {answer.body['file']}. Nobody is credited twice.")
    again('curl -s -H "$MITA" -F file=@"$STATEMENT" "$API/v1/bank-files"')


def posted_lines(mita: Caller, file_id: int, count: int) -> list[dict[str, Any]]:
    """Return the *count* lines that a released file brought, once the worker has posted them.

    Raises:
        DemoFailed: it takes too long.
    """

    def posted() -> int:
        return int(mita.get(f"/v1/bank-files/{file_id}").body["posted_lines"])

    if not wait_until(lambda: posted() == count, _POSTED_SECONDS, interval=0.1):
        raise DemoFailed(f"The worker posted {posted()} of {count} lines in {_POSTED_SECONDS:.0f} s.")
    lines: list[dict[str, Any]] = mita.get(f"/v1/bank-files/{file_id}/lines").body["items"]
    return lines


def tell_lines(lines: list[dict[str, Any]]) -> None:
    """Tell what became of each line of a file."""
    rows = [
        (
            str(line["row"]),
            line["booked_on"],
            money(line["amount"] if line["direction"] == "inflow" else f"-{line['amount']}"),
            _WORDS[line["rule"], line["state"]],
            line["entry"],
        )
        for line in lines
    ]
    table(("row", "day", "amount", "what it is", "entry"), rows, right=("row", "amount"))


def _tell_morning(mita: Caller, file_id: int) -> None:
    lines = posted_lines(mita, file_id, len(_RULES))
    must("what decided each line", [line["rule"] for line in lines], _RULES)
    must("the balances after it", [_current(mita, each) for each in (HOWRAH, BALLY, ULUBERIA)], _AFTER)
    say(f"Kamal releases it, and the worker posts {len(lines)} lines, each once:")
    tell_lines(lines)
    say(f"{HOWRAH} has {money(_AFTER[0])} with the {money('20000.00')} that named it; what was advised it had before.")
    again(mita.by_hand(f"/v1/bank-files/{file_id}/lines"), mita.by_hand(f"/v1/wallets/{HOWRAH}/passbook"))


def _current(caller: Caller, wallet: str) -> str:
    return str(caller.get(f"/v1/wallets/{wallet}/balance").body["current"])
