"""Money paid into the bank: advised by the portal, or claimed by an operator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from .amounts import Amount, rupees
from .calls import Calls, segment
from .pages import ClaimPage, CreditPage
from .results import Claim, ClaimAnswer, Credit, CreditAnswer


class Deposits(Calls):
    """What the portal tells of deposits. A deposit is credited once, however often it is told."""

    def credit(
        self,
        wallet: str,
        amount: Amount,
        *,
        bank_reference: str,
        booked_on: date,
        channel: str,
        key: str | None = None,
    ) -> CreditAnswer:
        """Advise a deposit that the bank has a reference for; one that can be relied on is credited at once."""
        body = {
            "wallet": wallet,
            "amount": rupees(amount),
            "bank_reference": bank_reference,
            "booked_on": booked_on.isoformat(),
            "channel": channel,
        }
        return self._write(CreditAnswer, "/v1/credits", body, key)

    def advised(self, credit_id: str) -> Credit:
        """Return an advised deposit as it stands."""
        return self._read(Credit, f"/v1/credits/{segment(credit_id)}")

    def credits(
        self, *, wallet: str | None = None, state: str | None = None, bank_reference: str | None = None
    ) -> Iterator[Credit]:
        """Yield the deposits you advised."""
        query = {"wallet": wallet, "state": state, "bank_reference": bank_reference}
        for page in self._pages(CreditPage, "/v1/credits", query):
            yield from page.items

    def claim(
        self,
        wallet: str,
        amount: Amount,
        *,
        deposited_on: date,
        mode: str,
        branch_code: str | None = None,
        cdm_no: str | None = None,
        slip_no: str | None = None,
        key: str | None = None,
    ) -> ClaimAnswer:
        """Claim a deposit: ``cash``, ``cdm`` or ``cheque``. The branch's code or the machine's number is needed."""
        body = {
            "wallet": wallet,
            "amount": rupees(amount),
            "deposited_on": deposited_on.isoformat(),
            "mode": mode,
            "branch_code": branch_code,
            "cdm_no": cdm_no,
            "slip_no": slip_no,
        }
        return self._write(ClaimAnswer, "/v1/claims", body, key)

    def claimed(self, claim_id: str) -> Claim:
        """Return a claim as it stands."""
        return self._read(Claim, f"/v1/claims/{segment(claim_id)}")

    def claims(self, *, wallet: str | None = None, state: str | None = None) -> Iterator[Claim]:
        """Yield your claims."""
        for page in self._pages(ClaimPage, "/v1/claims", {"wallet": wallet, "state": state}):
            yield from page.items
