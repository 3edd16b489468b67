"""A bank's file of one lakh lines, from its bytes to its last line posted.

It is a text: a true .xls holds 65,536 rows at most, so that a lakh of lines comes as text, .xlsx, MT940 or camt.053.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bench.commands import run_wallet
from bench.figures import Figure, NotMeasured, most
from bench.ground import Ground
from wallet_service.dates import today

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
class Credit:
    """A line by which money came: the bank's words, its reference column, the branch, and paise."""

    words: str
    reference: str
    branch: int
    paise: int


def measure(ground: Ground) -> list[Figure]:
    """Return how long a file of one lakh lines takes from bytes to entries, and the most memory that took."""
    ledger = ground.ledger("bank")
    path = ground.directory / "statement.csv"
    ground.tell(f"writing a statement of {LINES:,} lines")
    path.write_text(statement(LINES, ledger.wallets, today() - timedelta(days=1)), encoding="utf-8")
    taken = run_wallet(ground, ledger.service_url, "import", str(path), "--by=maker")
    released = run_wallet(ground, ledger.service_url, "release", str(taken.facts["id"]), "--by=checker")
    if released.facts["posted_lines"] != LINES:
        raise NotMeasured(f"{released.facts['posted_lines']} of {LINES} lines were posted")
    return [
        Figure(
            f"bank file of {LINES:,} lines: read, checked, stored, matched, posted",
            taken.seconds + released.seconds,
            "s",
            most(60),
            note=f"wallet import {taken.seconds:.1f} s and {taken.most_bytes / 1_000_000:.0f} MB, "
            f"wallet release {released.seconds:.1f} s and {released.most_bytes / 1_000_000:.0f} MB",
        ),
        Figure(
            f"bank file of {LINES:,} lines: memory",
            max(taken.most_bytes, released.most_bytes) / 1_000_000,
            "MB",
            most(300),
            note="the larger of the two commands, at its peak",
        ),
    ]


def statement(count: int, wallets: Sequence[str], day: date) -> str:
    """Return SBI's corporate statement as text: credits of *day*, most naming an operator, the rest by UTR or UPI."""
    return as_statement(_credits(count, wallets), day)


def as_statement(credits: Iterable[Credit], day: date, came_before: int = 0) -> str:
    """Return SBI's corporate statement of one day as text, with these credits, after *came_before* paise came in."""
    told = day.strftime("%d-%b-%y")
    balance = _OPENING_PAISE + came_before
    rows = [_PREAMBLE.format(account=_ACCOUNT, opening=_grouped(balance), first=told, last=told)]
    for each in credits:
        balance += each.paise
        amounts = f'"{_grouped(each.paise)}","{_grouped(balance)}"'
        rows.append(f"{told},{told},{each.words},{each.reference},{each.branch},,{amounts}\n")
    return "".join(rows)


def _credits(count: int, wallets: Sequence[str]) -> Iterator[Credit]:
    draw = random.Random(count)  # noqa: S311 (a load, no secret)
    for number in range(1, count + 1):
        paise = draw.randrange(50, 2_000) * 10_000
        kind = draw.random()
        if kind < 0.6:
            words, reference = f"CASH DEPOSIT-CASH DEPOSIT {draw.choice(wallets)}--", ""
        elif kind < 0.8:
            words = f"BY TRANSFER-NEFT*YESB0000001*YESAP{number:011d}*TEST REMITTER--"
            reference = "TRANSFER FROM 4697738044302"
        else:
            words = f"BY TRANSFER-UPI/CR/{600_000_000_000 + number}/TESTPAYE/UTIB/test.payer/TOP UP--"
            reference = "TRANSFER FROM 4897695162091"
        yield Credit(words, reference, draw.randrange(1, 20_000), paise)


def _grouped(paise: int) -> str:
    """Return an amount as the bank writes it: 12,34,567.00."""
    rupees, rest = divmod(paise, 100)
    digits = str(rupees)
    pairs = re.findall(r".{1,2}", digits[:-3][::-1])
    return ",".join([*(pair[::-1] for pair in reversed(pairs)), digits[-3:]]) + f".{rest:02d}"
