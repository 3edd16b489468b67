"""ISO 20022's camt.053, a bank's statement as XML, of any version. Source: domain facts A4.

It is read piece by piece, so memory is that of its lines and not of its tree. Rows are the entries of the file, counted
from 1: a bank may write all of them in one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from itertools import pairwise

from wallet_service.recon.readers import cells, running
from wallet_service.recon.readers.camt_entries import Balance, balance, is_booked, movement, words
from wallet_service.recon.readers.camt_pieces import Node, pieces
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.refusals import Refusals, unreadable
from wallet_service.recon.readers.running import Movement, Part
from wallet_service.recon.readers.sbi_rows import MOST_ROWS
from wallet_service.recon.readers.text import decode
from wallet_service.recon.statements import Statement

_START = re.compile(r"\s*<(?:\?xml|(?:[a-z0-9]+:)?document\b)", re.IGNORECASE)
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_INTERIM = "ITBD"
_BRING = "Download it as a whole, all pages in one file."


@dataclass(slots=True)
class _Told:
    """What one statement, or page of one, has told so far."""

    name: str
    page: int = 1
    is_last: bool = True
    account_number: str | None = None
    balances: list[Balance] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)


def fits(letters: str) -> bool:
    """Tell whether a file's letters begin as an XML document does; which one, its reader says."""
    return bool(_START.match(letters[:2_000].lstrip("\ufeff")))


def read(content: bytes, *, today: date) -> Statement:
    """Return the statement that a camt.053 tells, proved by its opening and closing balances.

    Raises:
        FileNotReadable: it is no such file, its account or balances do not fit, or an entry cannot be relied on.
    """
    refusals = Refusals()
    try:
        written = decode(content)
        version, told = _told(written.content.lstrip("\ufeff \t\r\n"), refusals)
        refusals.settle()
        _prove_pages(told)
        return running.statement(
            [_part(each) for each in told],
            refusals,
            today=today,
            encoding=written.encoding,
            form=f"camt053-{version}",
        )
    except Unreadable as error:
        raise unreadable(str(error)) from error


def _told(letters: str, refusals: Refusals) -> tuple[str, list[_Told]]:
    """Return a file's version, and what each of its statements tells; entries that cannot be relied on are noted."""
    told: list[_Told] = []
    header = _Told("The file")
    version, row = "", 0
    for version, piece in pieces(letters):  # noqa: B007 (the version of the last piece is that of the file)
        if piece.part == 0:
            _take(header, piece.node)
            continue
        if piece.part > len(told):
            told.append(_Told(f"Statement {piece.part} of the file", header.page, header.is_last))
        if piece.node.name == "Ntry":
            row += 1
            if row > MOST_ROWS:
                raise Unreadable(f"The file has more than {MOST_ROWS:,} entries. Download a shorter period.")
            take: Callable[[], None] = partial(_take_entry, told[-1], piece.node, row)
            refusals.attempt(row, words(piece.node), take)
        else:
            _take(told[-1], piece.node)
    return version, told


def _take(told: _Told, node: Node) -> None:
    """Take an element of a statement, or of the header, that is no entry.

    Raises:
        Unreadable: it cannot be relied on.
    """
    match node.name:
        case "Acct":
            if node.said("Ccy") not in {"", "INR"}:
                raise Unreadable(f"The account is kept in {node.said('Ccy')[:10]}; only Indian rupees are read.")
            try:
                told.account_number = cells.account_number(node.said("Id", "Othr", "Id"))
            except Unreadable as error:
                raise Unreadable(f"{told.name}: {error}.") from error
        case "Bal":
            try:
                told.balances.append(balance(node))
            except Unreadable as error:
                raise Unreadable(f"{told.name}, a balance: {error}.") from error
        case "StmtPgntn" | "MsgPgntn":
            page = node.said("PgNb")
            if not re.fullmatch(r"[1-9][0-9]{0,4}", page, re.ASCII):
                raise Unreadable(f"{told.name} has “{page[:20]}” for the number of its page.")
            told.page, told.is_last = int(page), node.said("LastPgInd") in {"true", "1"}


def _take_entry(told: _Told, node: Node, row: int) -> None:
    if is_booked(node):
        told.movements.append(movement(node, row))


def _part(told: _Told) -> Part:
    """Return what a statement tells, its lines by day: a bank may list its credits before its debits.

    A page of several has interim balances (``ITBD``) where it does not begin or end the statement.
    """
    opening = _stated(told, _OPENING) or (_interim(told, 0) if told.page > 1 else None)
    closing = _stated(told, _CLOSING) or (_interim(told, -1) if not told.is_last else None)
    if opening is None or closing is None or told.account_number is None:
        what = "account number" if told.account_number is None else "opening balance" if opening is None else "closing"
        raise Unreadable(f"{told.name} (page {told.page}) does not state its {what}. Download it again, as a whole.")
    return Part(
        name=told.name,
        account_number=told.account_number,
        opening=opening.amount,
        opened_on=opening.day,
        closing=closing.amount,
        closed_on=closing.day,
        movements=tuple(sorted(told.movements, key=lambda each: each.booked_on)),
    )


def _stated(told: _Told, codes: tuple[str, ...]) -> Balance | None:
    """Return the balance of the first of these codes that is stated; all that are must be equal."""
    found = [each for code in codes for each in told.balances if each.code == code]
    if len({each.amount for each in found}) > 1:
        raise Unreadable(f"{told.name} states {' and '.join(each.code for each in found)} differently.")
    return found[0] if found else None


def _interim(told: _Told, which: int) -> Balance | None:
    interim = [each for each in told.balances if each.code == _INTERIM]
    needed = 2 if told.page > 1 and not told.is_last else 1
    return interim[which] if len(interim) == needed else None


def _prove_pages(told: list[_Told]) -> None:
    """Raise Unreadable where a page of a statement is missing, between two of the file, before them or after them."""
    if told and told[0].page > 1:
        raise Unreadable(f"{told[0].name} is page {told[0].page}, and a page before it is missing. {_BRING}")
    for page, after in pairwise(told):
        if after.page not in ({1} if page.is_last else {page.page, page.page + 1}):
            raise Unreadable(f"After page {page.page} comes page {after.page}: a page of the statement is missing.")
    if told and not told[-1].is_last:
        raise Unreadable(f"{told[-1].name} is page {told[-1].page} and not the last: the rest is missing. {_BRING}")
