"""What a file is, where it is no bank statement in text, and which file to bring instead. By content, never by name.

Source: domain facts A0 (first bytes), A1.5 (passwords, PDF).
"""

from __future__ import annotations

import re

from wallet_service.recon.readers.text import Text

LARGEST_FILE = 20_000_000
"""Bytes in a bank file."""

LARGEST_SUM = 10**17
"""Paise that the lines of one direction come to at most: ten thousand times what the scheme moves in a year."""

_TEXT_STATEMENT = (
    "Download the account statement from SBI's internet banking as text (.xls or .csv) and bring that file unchanged."
)
_ZIP = b"PK\x03\x04"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_HTML = re.compile(r"\s*<(?:!doctype html|html|head|body|table|meta|style|div)\b", re.IGNORECASE)


def is_workbook(content: bytes) -> bool:
    """Return whether these bytes begin as an Excel workbook does: an archive (.xlsx), or a compound file (.xls)."""
    return content.startswith((_ZIP, _OLE))


def refused_bytes(content: bytes) -> str | None:
    """Return why these bytes are no statement, with the file to bring instead; None where they may be one."""
    if len(content) > LARGEST_FILE:
        return f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Download a shorter period."
    if not content.strip():
        return f"The file is empty. {_TEXT_STATEMENT}"
    if content.startswith(b"PK\x05\x06"):
        return f"This is an archive with nothing in it. {_TEXT_STATEMENT}"
    if content.startswith(_OLE) and _ENCRYPTED in content:
        return "This workbook is locked with a password. Open it, remove the password, and bring it again."
    if b"%PDF-" in content[:1024]:
        return f"This is a PDF, which cannot be relied on for figures. {_TEXT_STATEMENT}"
    return None


def refused_text(text: Text) -> str | None:
    """Return why this text is no delimited statement, with the file to bring instead; None where it may be one."""
    start = text.content[:2000].lstrip("\ufeff")
    if "\x00" in text.content:
        return f"This is no text: it holds bytes of a program or picture. {_TEXT_STATEMENT}"
    if not text.content.strip("\ufeff \t\r\n"):
        return f"The file is empty. {_TEXT_STATEMENT}"
    if _HTML.match(start):
        return f"This is a web page saved under another name. {_TEXT_STATEMENT}"
    return None
