"""A bank's file of one lakh lines, from its bytes to its last line posted. It informs: its bar is of a later issue."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bench.figures import Figure, NotMeasured
from bench.ground import Ground, own_processes
from wallet_service.database import Database
from wallet_service.dates import today
from wallet_service.recon import intake, posting

LINES = 100_000
_OPENING_PAISE = 1_00_00_000_00
_ACCOUNT = "00000031234567890"
_PREAMBLE = """\
Account Name       :,PMU BSK E-WALLET POOL,,,,,,
Account Number     :,_{account},,,,,,
Account Description:,CURRENT ACCOUNT,,,,,,
Currency           :,INR,,,,,,
Branch             :,KOLKATA MAIN,,,,,,
Opening Balance    :,"{opening}",,,,,,
Start Date          :,{first},,,,,,
End Date            :,{last},,,,,,
,,,,,,,
Txn Date,Value Date,Description,Ref No./Cheque No.,Branch Code,Debit,Credit,Balance
"""


@dataclass(frozen=True)
class Taken:
    """How a file was taken in: seconds to read and keep it, to accept it, to post it; and the most memory that took."""

    received: float
    released: float
    posted: float
    most_bytes: int


def measure(ground: Ground) -> list[Figure]:
    """Return how long a file of one lakh lines takes from bytes to entries, and the most memory that took."""
    ledger = ground.ledger("bank")
    path = ground.directory / "statement.csv"
    ground.tell(f"writing a statement of {LINES:,} lines")
    path.write_text(statement(LINES, ledger.wallets, today() - timedelta(days=1)), encoding="utf-8")
    ground.tell("taking it in, releasing it and posting it")
    with own_processes(1) as pool:
        taken = pool.submit(_take_in, ledger.service_url, path, LINES).result()
    return [
        Figure(
            f"bank file of {LINES:,} lines: read, checked, stored, matched, posted",
            taken.received + taken.released + taken.posted,
            "s",
            note=f"read {taken.received:.1f} s, accepted {taken.released:.1f} s, posted {taken.posted:.1f} s; "
            "its bar of 60 s belongs to a later issue",
        ),
        Figure(
            f"bank file of {LINES:,} lines: memory",
            taken.most_bytes / 1_000_000,
            "MB",
            note="its bar of 300 MB belongs to a later issue",
        ),
    ]


def statement(count: int, wallets: Sequence[str], day: date) -> str:
    """Return SBI's corporate statement as text: credits of *day*, most naming an operator, the rest by UTR or UPI."""
    told = day.strftime("%d-%b-%y")
    head = _PREAMBLE.format(account=_ACCOUNT, opening=_grouped(_OPENING_PAISE), first=told, last=told)
    return head + "".join(_rows(count, wallets, told))


def _rows(count: int, wallets: Sequence[str], told: str) -> Iterator[str]:
    draw = random.Random(count)  # noqa: S311 (a load, no secret)
    balance = _OPENING_PAISE
    for number in range(1, count + 1):
        paise = draw.randrange(50, 2_000) * 10_000
        balance += paise
        kind = draw.random()
        if kind < 0.6:
            words, reference = f"CASH DEPOSIT-CASH DEPOSIT {draw.choice(wallets)}--", ""
        elif kind < 0.8:
            words = f"BY TRANSFER-NEFT*YESB0000001*YESAP{number:011d}*TEST REMITTER--"
            reference = "TRANSFER FROM 4697738044302"
        else:
            words = f"BY TRANSFER-UPI/CR/{600_000_000_000 + number}/TESTPAYE/UTIB/test.payer/TOP UP--"
            reference = "TRANSFER FROM 4897695162091"
        branch = draw.randrange(1, 20_000)
        yield f'{told},{told},{words},{reference},{branch},,"{_grouped(paise)}","{_grouped(balance)}"\n'


def _grouped(paise: int) -> str:
    """Return an amount as the bank writes it: 12,34,567.00."""
    rupees, rest = divmod(paise, 100)
    digits = str(rupees)
    pairs = re.findall(r".{1,2}", digits[:-3][::-1])
    return ",".join([*(pair[::-1] for pair in reversed(pairs)), digits[-3:]]) + f".{rest:02d}"


def _take_in(url: str, path: Path, count: int) -> Taken:
    database = Database(url, pool_size=1, statement_timeout_ms=600_000)
    began = time.perf_counter()
    with database.transaction() as connection:
        file = intake.receive(connection, content=path.read_bytes(), filename=path.name, by="maker")
    if file.state != "read":
        raise NotMeasured(f"the file is {file.state}: {file.reason}")
    received = time.perf_counter()
    with database.transaction() as connection:
        intake.release(connection, file.id, by="checker")
    released = time.perf_counter()
    if (lines := posting.post_file(database, file.id)) != count:
        raise NotMeasured(f"{lines} of {count} lines were posted")
    posted = time.perf_counter()
    database.close()
    return Taken(received - began, released - received, posted - released, _most_bytes())


def _most_bytes() -> int:
    """Return the most memory that this process ever held at once, which the kernel calls its high water mark."""
    found = re.search(r"^VmHWM:\s+([0-9]+) kB$", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    if found is None:
        raise NotMeasured("the kernel does not say how much memory was used")
    return int(found[1]) * 1024
