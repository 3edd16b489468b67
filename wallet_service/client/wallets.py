"""Wallets: opened, looked at, frozen, closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .amounts import Amount, rupees
from .calls import Calls, segment
from .pages import WalletPage
from .results import Balance, Entry, Passbook, Wallet


@dataclass(frozen=True)
class _CurrentBalance:
    current: Decimal


class Wallets(Calls):
    """What the portal asks of wallets. Every method raises what `problems` tells of."""

    def open_wallet(
        self,
        operator_code: str,
        *,
        centre_code: str,
        district: str,
        centre_name: str | None = None,
        centre_name_bn: str | None = None,
        floor: Amount = "0.00",
        key: str | None = None,
    ) -> Wallet:
        """Open an operator's wallet, below whose *floor* no payment goes."""
        body = {
            "operator_code": operator_code,
            "centre_code": centre_code,
            "district": district,
            "centre_name": centre_name,
            "centre_name_bn": centre_name_bn,
            "floor": rupees(floor),
        }
        return self._write(Wallet, "/v1/wallets", body, key)

    def wallet(self, operator_code: str) -> Wallet:
        """Return a wallet as it stands."""
        return self._read(Wallet, f"/v1/wallets/{segment(operator_code)}")

    def wallets(self) -> Iterator[Wallet]:
        """Yield every wallet, by operator code."""
        for page in self._pages(WalletPage, "/v1/wallets", {}):
            yield from page.items

    def balance(self, operator_code: str) -> Balance:
        """Return a wallet's balances now."""
        return self._read(Balance, f"/v1/wallets/{segment(operator_code)}/balance")

    def balance_as_of(self, operator_code: str, day: date) -> Decimal:
        """Return the current balance in which *day* left a wallet."""
        path = f"/v1/wallets/{segment(operator_code)}/balance"
        return self._read(_CurrentBalance, path, {"as_of": day}).current

    def passbook(self, operator_code: str, first: date | None = None, last: date | None = None) -> Passbook:
        """Return a wallet's entries from *first* to *last*, both included, with the balances before and after them."""
        pages = list(self.passbook_pages(operator_code, first, last))
        entries = tuple(line for page in pages for line in page.entries)
        return Passbook(pages[0].opening, entries, pages[-1].closing)

    def passbook_pages(
        self, operator_code: str, first: date | None = None, last: date | None = None
    ) -> Iterator[Passbook]:
        """Yield a passbook page by page, for a period that is too long to be held at once."""
        path = f"/v1/wallets/{segment(operator_code)}/passbook"
        yield from self._pages(Passbook, path, {"from": first, "to": last})

    def freeze(self, operator_code: str, reason: str, *, key: str | None = None) -> Wallet:
        """Refuse debits and holds from now on; captures, voids, refunds, credits and returns pass."""
        return self._write(Wallet, f"/v1/wallets/{segment(operator_code)}/freeze", {"reason": reason}, key)

    def unfreeze(self, operator_code: str, reason: str, *, key: str | None = None) -> Wallet:
        """Let a frozen wallet pay again."""
        return self._write(Wallet, f"/v1/wallets/{segment(operator_code)}/unfreeze", {"reason": reason}, key)

    def close_wallet(self, operator_code: str, reason: str, *, key: str | None = None) -> Wallet:
        """Close a wallet for good. It must be empty, with nothing held or open."""
        return self._write(Wallet, f"/v1/wallets/{segment(operator_code)}/close", {"reason": reason}, key)

    def entry(self, entry_id: str) -> Entry:
        """Return one entry of the books, and what it is tied to."""
        return self._read(Entry, f"/v1/entries/{segment(entry_id)}")
