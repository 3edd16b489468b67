"""The pages in which lists come."""

from __future__ import annotations

from dataclasses import dataclass

from .results import Claim, Credit, Debit, Entry, Fate, Wallet


@dataclass(frozen=True)
class WalletPage:
    """A page of wallets."""

    items: tuple[Wallet, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class DebitPage:
    """A page of debits; of a look-up by key also what became of the key."""

    items: tuple[Debit, ...]
    next_cursor: str | None
    key: Fate | None = None


@dataclass(frozen=True)
class CreditPage:
    """A page of advised deposits."""

    items: tuple[Credit, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class ClaimPage:
    """A page of claims."""

    items: tuple[Claim, ...]
    next_cursor: str | None


@dataclass(frozen=True)
class EntryPage:
    """A page of entries."""

    items: tuple[Entry, ...]
    next_cursor: str | None
