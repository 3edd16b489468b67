"""A bank file as it is uploaded: one part with its bytes, perhaps one that names its profile or its bank account."""

from __future__ import annotations

import hashlib
import re

from flask import g, request

from wallet_service.api.connections import database
from wallet_service.api.protocol import BodyTooLarge, UnsupportedMediaType
from wallet_service.errors import InvalidRequest
from wallet_service.recon import taking
from wallet_service.recon.bank_accounts import NAME as ACCOUNT_NAME
from wallet_service.recon.readers import LARGEST_FILE
from wallet_service.recon.readers.declaring import NAME as PROFILE_NAME
from wallet_service.recon.taking import Keep

_LONGEST_NAME = 200
_NAMES = {
    "profile": (PROFILE_NAME, "profile, such as van-mis"),
    "account": (ACCOUNT_NAME, "bank account, such as sbi:pool"),
}
FORM = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "As the bank gave it"},
                    "profile": {
                        "type": "string",
                        "pattern": f"^{PROFILE_NAME}$",
                        "description": "The profile that reads it, where its layout is none that is known",
                    },
                    "account": {
                        "type": "string",
                        "pattern": f"^{ACCOUNT_NAME}$",
                        "description": "The bank account that it is of, where it names none; not with a profile",
                    },
                },
                "additionalProperties": False,
            }
        }
    },
}
"""How the upload is described."""


def brought() -> tuple[str, Keep]:
    """Read the file that the request at work brings, and return its name and what keeps it.

    Raises:
        UnsupportedMediaType, BodyTooLarge, InvalidRequest.
        ProfileNotFound: there is no profile of the name that it gives.
    """
    content, filename, named = _uploaded()
    keep = taking.read_or_leave(database(), content, profile=named.get("profile"), account=named.get("account"))
    return filename, keep


def _uploaded() -> tuple[bytes, str, dict[str, str]]:
    """Return the bytes and the name of the one file that the request at work brings, and what else it names.

    Raises:
        UnsupportedMediaType, BodyTooLarge, InvalidRequest.
    """
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType
    request.max_content_length = LARGEST_FILE + 65_536  # The file, and the wrapping of its part.
    request.max_form_memory_size = 2 * 65_536  # Of a file, too, werkzeug counts each piece that it reads: 64 KB.
    parts = list(request.files.items(multi=True))
    if len(parts) != 1 or parts[0][0] != "file" or set(request.form) - set(_NAMES):
        raise InvalidRequest({"file": ["Send one part named file, perhaps a profile or an account, and nothing else."]})
    named = {part: _name(part, request.form.getlist(part)) for part in request.form}
    if len(named) > 1:
        raise InvalidRequest({"account": ["A file that a profile reads is of no bank account."]})
    content = parts[0][1].read()
    if len(content) > LARGEST_FILE:
        raise BodyTooLarge
    name = re.split(r"[/\\]", parts[0][1].filename or "")[-1][:_LONGEST_NAME]
    filename = "".join(letter if letter.isprintable() else "_" for letter in name) or "unnamed"
    g.body = {"sha256": hashlib.sha256(content).hexdigest(), "filename": filename} | named
    return content, filename, named


def _name(part: str, told: list[str]) -> str:
    pattern, wanted = _NAMES[part]
    if len(told) != 1 or len(told[0]) > _LONGEST_NAME or not re.fullmatch(pattern, told[0], re.ASCII):
        raise InvalidRequest({part: [f"Send the name of one {wanted}."]})
    return told[0]
