"""Bank files as statements. What a file is, is decided by its content, never by its name."""

from __future__ import annotations

from datetime import date

from wallet_service.recon.readers import camt053, mt940, sbi
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.confined import confined
from wallet_service.recon.readers.kinds import LARGEST_FILE, LARGEST_SUM, is_workbook, refused_bytes, refused_text
from wallet_service.recon.readers.refusals import unreadable
from wallet_service.recon.readers.text import decode
from wallet_service.recon.statements import Statement

__all__ = ["LARGEST_FILE", "read"]


def read(content: bytes, *, today: date) -> Statement:
    """Return the statement that a bank file holds. It touches nothing: no lock need be held while a large file is read.

    *today* is the business day; rows and periods after it are refused.

    Raises:
        FileNotReadable: the file is no statement that can be read, or a line of it cannot be relied on. Its ``reason``
            says what to do; its ``rejects`` are up to 200 of ``{"line", "reason", "text"}``.
    """
    statement = _read(content, today=today)
    if max(statement.inflows.total, statement.outflows.total) >= LARGEST_SUM:
        raise unreadable("The lines come to more than any bank account holds: the file was changed. Download it again.")
    return statement


def _read(content: bytes, *, today: date) -> Statement:
    if reason := refused_bytes(content):
        raise unreadable(reason)
    if is_workbook(content):
        return confined("workbook", content, today=today)
    try:
        text = decode(content)
    except Unreadable as error:
        raise unreadable(str(error)) from error
    if reason := refused_text(text):
        raise unreadable(reason)
    if camt053.fits(text.content):
        return confined("camt053", content, today=today)
    if mt940.fits(text.content):
        return mt940.read(text, today=today)
    return sbi.read(text, today=today)
