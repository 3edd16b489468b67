"""Reports over all the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from .calls import Calls
from .pages import EntryPage
from .results import Entry, Ledger, TrialBalance


class Reports(Calls):
    """What an auditor, or the portal's nightly check, reads; the token needs the scope ``reports:read``."""

    def trial_balance(self, as_of: date | None = None) -> TrialBalance:
        """Return every account's balance as of a business day; without one, now."""
        return self._read(TrialBalance, "/v1/reports/trial-balance", {"as_of": as_of})

    def day_book(self, day: date) -> Iterator[Entry]:
        """Yield every entry of a business day, book by book, the house's first."""
        for page in self._pages(EntryPage, "/v1/reports/day-book", {"day": day}):
            yield from page.items

    def ledger(self, account: str, first: date | None = None, last: date | None = None) -> Ledger:
        """Return what moved an account from *first* to *last*, both included, at most 366 days."""
        query = {"account": account, "from": first, "to": last}
        pages = list(self._pages(Ledger, "/v1/reports/ledger", query))
        entries = tuple(line for page in pages for line in page.entries)
        return replace(pages[-1], opening=pages[0].opening, entries=entries)
