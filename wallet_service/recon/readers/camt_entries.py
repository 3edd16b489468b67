"""One entry or balance of a camt.053: from elements to days, paise and words. Source of every rule: domain facts A4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain

from wallet_service.dates import business_day
from wallet_service.identifiers import strong_reference
from wallet_service.money import Paise
from wallet_service.recon.readers.camt_pieces import Node
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.running import Movement
from wallet_service.recon.statements import Direction

_FIGURE = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2})0{0,3})?", re.ASCII)
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
)
_DIRECTIONS = {"CRDT": Direction.INFLOW, "DBIT": Direction.OUTFLOW}
_BOOKED = "BOOK"
_NOT_BOOKED = {"PDNG", "INFO", "FUTR"}
_REFERENCES = ("ClrSysRef", "TxId", "EndToEndId", "AcctSvcrRef")
_NO_REFERENCE = {"", "NOTPROVIDED"}


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance: its code, such as ``OPBD``, its day, and its paise, below zero where it is marked ``DBIT``."""

    code: str
    day: date
    amount: Paise


def balance(node: Node) -> Balance:
    """Return what a ``Bal`` says.

    Raises:
        Unreadable: it is not in rupees, or its amount, sign or day cannot be read.
    """
    size = _amount(node)
    return Balance(
        code=node.said("Tp", "CdOrPrtry", "Cd"),
        day=_day(node, "Dt") or _absent("a balance has no day"),
        amount=size if _direction(node) is Direction.INFLOW else Paise(-size),
    )


def is_booked(node: Node) -> bool:
    """Tell whether an entry moved money: ``Sts`` as text, or with a ``Cd`` in it; both occur in one file.

    Raises:
        Unreadable: it says neither that it is booked nor that it is pending or for information.
    """
    status = node.said("Sts", "Cd") or node.said("Sts")
    if status != _BOOKED and status not in _NOT_BOOKED:
        raise Unreadable(f"the status “{status[:20]}” says neither that the entry is booked nor that it is not")
    return status == _BOOKED


def movement(node: Node, row: int) -> Movement:
    """Return what a booked entry says. Its ``CdtDbtInd`` is the effect already, that of a reversal too.

    Where an entry stands for several payments, the words of each are left out: an operator whom one of them names is
    not owed the whole.

    Raises:
        Unreadable: its amount, direction or days cannot be read, or its payments do not add up to it.
    """
    amount, direction = _amount(node), _direction(node)
    if not amount:
        raise Unreadable("the amount is zero")
    booked_on, value_date = _day(node, "BookgDt"), _day(node, "ValDt")
    payments = node.all("NtryDtls", "TxDtls")
    _prove_payments(node, payments, amount, direction)
    one = payments[0] if len(payments) == 1 else None
    references = list(_references(node, one))
    return Movement(
        row=row,
        booked_on=booked_on or value_date or _absent("the entry has no date"),
        value_date=value_date or booked_on or _absent("the entry has no date"),
        direction=direction,
        amount=amount,
        description=_description(node, payments, one, references),
        reference=_reference(references),
    )


def words(node: Node) -> str:
    """Return an entry as a clerk finds it again: amount, direction, and what it says of itself."""
    return " ".join(filter(None, (node.said("Amt"), node.said("CdtDbtInd"), node.said("AddtlNtryInf"))))


def _prove_payments(node: Node, payments: list[Node], amount: Paise, direction: Direction) -> None:
    """Raise Unreadable where the payments of an entry are fewer than it says, or do not add up to it.

    Where one carries no amount, or zero, the entry's rules (it occurs in ISO's own samples).
    """
    announced = [batch.said("NbOfTxs") for batch in node.all("NtryDtls", "Btch")]
    if payments and all(announced) and announced and sum(_number(each) for each in announced) != len(payments):
        raise Unreadable(f"the entry announces {' + '.join(announced)[:40]} payments and holds {len(payments)}")
    if len(payments) < 2:
        return
    total = 0
    for payment in payments:
        told = payment.all("Amt") or payment.all("AmtDtls", "TxAmt", "Amt")
        size = _figure(told[0]) if told else Paise(0)
        if not size:
            return
        opposite = bool(payment.all("CdtDbtInd")) and _direction(payment) is not direction
        total += -size if opposite else size
    if total != amount:
        raise Unreadable("the payments of the entry do not add up to its amount")


def _references(node: Node, payment: Node | None) -> Iterator[str]:
    """Yield what may name the deposit: what the clearing gave it first, then what the payer wrote, then the rest.

    Domain facts A4 tell where to look. Their order is not that of trust: ``EndToEndId`` is the payer's own words, the
    same on all of his payments or another's number, and nobody who pays money in is ever shown a ``UETR``.
    """
    told = [payment.said("Refs", name) for name in _REFERENCES] if payment else []
    last = payment.said("Refs", "UETR") if payment else ""
    for reference in dict.fromkeys((*told, node.said("AcctSvcrRef"), last)):
        if reference.upper() not in _NO_REFERENCE:
            yield reference


def _reference(references: list[str]) -> str:
    """Return the first with ten digits in a row, as a clearing's numbers have, else the first strong one, or any."""
    numbers = (each for each in references if (strong_reference(each) or "").isdigit())
    return next(chain(numbers, filter(strong_reference, references), references), "")


def _description(node: Node, payments: list[Node], payment: Node | None, references: list[str]) -> str:
    said = [node.said("AddtlNtryInf")]
    if payment:
        said += [note.text for note in payment.all("RmtInf", "Ustrd")]
        said += [payment.said("AddtlTxInf"), *references]
    elif payments:
        said.append(f"BATCH OF {len(payments)}")
    text = ""
    for each in (" ".join(piece.split()) for piece in said):
        if each and each not in text:
            text = f"{text} {each}".strip()
    codes = sorted({code for each in payments if (code := each.said("RtrInf", "Rsn", "Cd"))})
    if codes:
        text += f" REVERSAL RETURNED {' '.join(codes)}"
    elif node.said("RvslInd") in {"true", "1"}:
        text += " REVERSAL"
    return text.strip()


def _amount(node: Node) -> Paise:
    told = node.all("Amt")
    if not told:
        raise Unreadable("there is no amount")
    return _figure(told[0])


def _figure(told: Node) -> Paise:
    if told.currency != "INR":
        raise Unreadable(f"an amount is in {told.currency[:10] or 'no currency'}; only Indian rupees are read")
    figure = _FIGURE.fullmatch(told.text.strip())
    if not figure:
        raise Unreadable(f"“{told.text.strip()[:40]}” is not an amount in rupees and paise")
    return Paise(int(figure[1]) * 100 + int((figure[2] or "").ljust(2, "0")))


def _direction(node: Node) -> Direction:
    mark = node.said("CdtDbtInd")
    if mark not in _DIRECTIONS:
        raise Unreadable(f"“{mark[:20]}” is neither CRDT nor DBIT")
    return _DIRECTIONS[mark]


def _number(written: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", written, re.ASCII):
        raise Unreadable(f"“{written[:20]}” is no number of payments")
    return int(written)


def _day(node: Node, name: str) -> date | None:
    """Return the day of a ``Dt`` or ``DtTm``, in India where it has a zone; None where the element is absent."""
    if not node.all(name):
        return None
    plain, instant = node.said(name, "Dt"), node.said(name, "DtTm")
    try:
        if found := _DAY.fullmatch(plain):
            return date.fromisoformat(found[1])
        if found := _INSTANT.fullmatch(instant):
            moment = datetime.fromisoformat(found[1] + (found[2] or ""))
            return business_day(moment) if moment.tzinfo else moment.date()
    except (ValueError, OverflowError) as error:
        raise Unreadable(f"{plain or instant} is no day of the calendar") from error
    raise Unreadable(f"“{(plain or instant)[:40]}” is no date such as 2026-04-02")


def _absent(reason: str) -> date:
    raise Unreadable(reason)
