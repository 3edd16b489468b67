"""What can be wrong with a call before the books are asked: who calls, by which method, in which form, how often."""

from __future__ import annotations

from typing import ClassVar

from wallet_service.errors import WalletError


class CallRefused(WalletError):
    """The call was refused before the books were asked."""

    status: ClassVar[int]


class Unauthenticated(CallRefused):
    """The call carries no token, or one that is unknown, expired or revoked."""

    status = 401
    next_step = "Send the header 'Authorization: Bearer TOKEN' with a token that is still valid."


class Forbidden(CallRefused):
    """The token does not have the scope that this call needs."""

    status = 403
    next_step = "Ask the administrator for a token with one of the scopes named here."


class MethodNotAllowed(CallRefused):
    """There is something at this address, but not for this method."""

    status = 405
    next_step = "See the Allow header for the methods there are."


class BodyTooLarge(CallRefused):
    """The body is larger than this call takes."""

    status = 413
    next_step = "Send at most 1 MB of JSON (2 MB to the batch), or a bank file of at most 20 MB."


class UnsupportedMediaType(CallRefused):
    """The body is not of the type that this call takes."""

    status = 415
    next_step = "Send JSON with 'Content-Type: application/json', or a bank file as 'multipart/form-data'."


class TooManyRequests(CallRefused):
    """Too many calls in too short a time; nothing happened."""

    status = 429
    next_step = "Wait as long as Retry-After says, then send it again with the same key."


class NotReady(CallRefused):
    """The service is not ready for calls: its database cannot be reached or lacks migrations."""

    status = 503
    next_step = "Run `wallet doctor`; it says what to do."
