"""The service as the portal sees it: every call is a method."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from .debits import Debits
from .deposits import Deposits
from .reports import Reports
from .wallets import Wallets


class Portal(Wallets, Debits, Deposits, Reports):
    """The service at *url*, as the client whose *token* it is; a context manager that closes its connections.

    Threads may share it. After 429, 503 or a lost answer a request is sent again with the same key and the same bytes,
    within the bounds of *patience*; *timeout* (seconds) is for one try. Nothing else is repeated.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
