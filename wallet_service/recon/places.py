"""The chain of an account as it is kept: what it has, and the lines by which a released file makes it grow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from sqlalchemy import Connection

from wallet_service.money import Paise
from wallet_service.recon import line_numbers, narration
from wallet_service.recon.bank_accounts import BankAccount
from wallet_service.recon.chain import Chain, KnownDay, NewLine, Place
from wallet_service.recon.statements import Direction, Statement

_AT_ONCE = 2_000
_INSERT = """
INSERT INTO bank_lines (bank_account, file, row_number, booked_on, value_date, direction, amount_paise,
  balance_before_paise, balance_after_paise, occurrence, description, reference, branch, strong_references,
  deposit_number, kind, is_reversal, tokens, own_number)
SELECT %s, %s, (t ->> 0)::integer, (t ->> 1)::date, (t ->> 2)::date, (t ->> 3)::direction, (t ->> 4)::bigint,
  (t ->> 5)::bigint, (t ->> 6)::bigint, (t ->> 7)::integer, t ->> 8, t ->> 9, t ->> 10,
  string_to_array(t ->> 11, ' '), t ->> 12, t ->> 13, (t ->> 14)::boolean, t ->> 15, t ->> 16
FROM json_array_elements(%s::json) WITH ORDINALITY AS told (t, n) ORDER BY n
"""


def known(connection: Connection, account: BankAccount, statement: Statement) -> Chain | None:
    """Return what the account already has, with the days that matter to the statement; None before its first file."""
    first = connection.exec_driver_sql(
        "SELECT period_first, opening_paise FROM bank_files WHERE bank_account = %s AND state = 'released'"
        " ORDER BY period_first, id LIMIT 1",
        (account.id,),
    ).one_or_none()
    last = connection.exec_driver_sql(
        "SELECT booked_on, balance_after_paise FROM bank_lines WHERE bank_account = %s"
        " ORDER BY booked_on DESC, id DESC LIMIT 1",
        (account.id,),
    ).one_or_none()
    if first is None or last is None:
        return None
    rows = connection.exec_driver_sql(
        "SELECT booked_on, balance_before_paise, balance_after_paise, direction::text, amount_paise, occurrence"
        " FROM bank_lines WHERE bank_account = %s AND booked_on BETWEEN %s AND %s ORDER BY booked_on, id",
        (account.id, min(statement.period_first, last.booked_on), max(statement.period_last, last.booked_on)),
    ).all()
    known = []
    for day, of_day in groupby(rows, key=lambda row: row.booked_on):
        lines = list(of_day)
        taken = tuple(
            Place(
                day, Paise(row.balance_before_paise), Direction(row.direction), Paise(row.amount_paise), row.occurrence
            )
            for row in lines
        )
        known.append(KnownDay(day, Paise(lines[0].balance_before_paise), Paise(lines[-1].balance_after_paise), taken))
    return Chain(
        begins=first.period_first,
        opening=Paise(first.opening_paise),
        ends=last.booked_on,
        closing=Paise(last.balance_after_paise),
        days=tuple(known),
    )


def add(connection: Connection, file_id: int, account: BankAccount, new: Sequence[NewLine]) -> None:
    """Let an account's chain, which is locked, grow by the new lines of a file.

    A few thousand go at once, and while the server stores them, the words of the next are read.
    """
    with ThreadPoolExecutor(max_workers=1) as ahead:
        coming = ahead.submit(_told, new[:_AT_ONCE])
        for first in range(0, len(new), _AT_ONCE):
            told = coming.result()
            coming = ahead.submit(_told, new[first + _AT_ONCE : first + 2 * _AT_ONCE])
            connection.exec_driver_sql(_INSERT, (account.id, file_id, told))


def _told(some: Sequence[NewLine]) -> str:
    return json.dumps([_columns(added) for added in some], ensure_ascii=False)


def _columns(added: NewLine) -> tuple[object, ...]:
    """Return a line as its row keeps it: as the bank told it, its place, and what its words tell."""
    line = added.line
    words = narration.parse(line.description, line.reference)
    references, number = line_numbers.of_line(words, line.direction, line.booked_on, line.value_date)
    return (
        *(line.row, str(line.booked_on), str(line.value_date), line.direction.value, line.amount),
        *(line.balance_before, line.balance_after, added.place.occurrence, line.description, line.reference),
        *(line.branch or words.branch, " ".join(references), number),
        *(words.kind.value, words.reversal, " ".join(sorted(words.tokens)), words.own),
    )
