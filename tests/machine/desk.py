"""Finance and its bank files: one uploads a statement, another releases it, and its lines are posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.machine.asking import BankLine
from tests.machine.model_bank import Became
from wallet_service.database import Database
from wallet_service.money import Paise
from wallet_service.recon import bank_accounts, bank_files, intake, posting

_HEAD = """Account Name       :	PMU BSK E-WALLET POOL
Account Number     :	_00000031234567890
Opening Balance    :	{opening}
Start Date          :	{day}
End Date            :	{day}

Txn Date	Value Date	Description	Ref No./Cheque No.	Branch Code	Debit	Credit	Balance
"""
_WIDE = 200


class Desk:
    """Mita brings files, Kamal releases them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            bank_accounts.add(connection, "sbi:pool", "31234567890", by="test")

    def receive(self, lines: Sequence[BankLine], day: date, opening: Paise) -> int:
        """Take a statement of one day in, and return its file's id."""
        with self._database.transaction() as connection:
            reading = intake.read(statement(lines, day, opening), today=intake.today(connection))
            file = intake.receive(connection, reading, filename="statement.xls", by="mita")
        assert file.state == "read", file
        return file.id

    def release(self, file: int) -> list[Became]:
        """Release a file, post it, and return what became of its lines."""
        with self._database.transaction() as connection:
            statements = intake.read_for_release(connection, file)
            released = intake.release(connection, file, statements, by="kamal")
        assert released.state == "released", released
        posting.post_file(self._database, file)
        return self.became(file)

    def became(self, file: int) -> list[Became]:
        """Return what has become of a file's lines by now."""
        with self._database.statement() as connection:
            lines = bank_files.list_lines(connection, file, after=None, limit=_WIDE)
        return [Became(line.id, line.state, line.rule or "", line.entry or "") for line in lines]


def statement(lines: Sequence[BankLine], day: date, opening: Paise) -> bytes:
    """Return the bank's text file of a day's lines, the chain of balances going on from *opening*."""
    balance, rows = opening, []
    for line in lines:
        balance = Paise(balance + (line.amount if line.is_inflow else -line.amount))
        sides = (" ", _rupees(line.amount)) if line.is_inflow else (_rupees(line.amount), " ")
        days = (f"{day:%d/%m/%Y}", f"{line.value_date:%d/%m/%Y}")
        rows.append("\t".join((*days, line.description, " ", line.branch.lstrip("0"), *sides, _rupees(balance))))
    head = _HEAD.format(opening=_rupees(opening), day=f"{day:%d/%m/%Y}")
    return (head + "\n".join(rows) + "\n").encode()


def _rupees(paise: int) -> str:
    return f"{'-' if paise < 0 else ''}{abs(paise) // 100}.{abs(paise) % 100:02d}"
