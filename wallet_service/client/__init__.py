"""The portal's client: the whole of the service's API for machines, typed, with retries that pay once.

It needs Python 3.11 and nothing else. Copy this folder into your own program, under any name: it imports nothing
from beside it. Recipes stand in `docs/portal.md`.
"""

from .amounts import Amount, rupees
from .calls import GivingUp, Patience
from .debits import Item
from .keys import new_key
from .portal import Portal
from .problems import (
    Broken,
    Conflict,
    GivenUp,
    Malformed,
    NotFound,
    OutcomeUnknown,
    PortalError,
    Problem,
    Refused,
    Unauthorised,
    Unavailable,
    Unintelligible,
)
from .results import (
    Abandoned,
    AccountLine,
    Balance,
    BatchResult,
    Certificate,
    Claim,
    ClaimAnswer,
    Credit,
    CreditAnswer,
    Debit,
    DebitAnswer,
    Entry,
    Fate,
    Ledger,
    LedgerLine,
    Line,
    Passbook,
    Refund,
    TrialBalance,
    Unknown,
    Wallet,
)

__all__ = [
    "Abandoned",
    "AccountLine",
    "Amount",
    "Balance",
    "BatchResult",
    "Broken",
    "Certificate",
    "Claim",
    "ClaimAnswer",
    "Conflict",
    "Credit",
    "CreditAnswer",
    "Debit",
    "DebitAnswer",
    "Entry",
    "Fate",
    "GivenUp",
    "GivingUp",
    "Item",
    "Ledger",
    "LedgerLine",
    "Line",
    "Malformed",
    "NotFound",
    "OutcomeUnknown",
    "Passbook",
    "Patience",
    "Portal",
    "PortalError",
    "Problem",
    "Refund",
    "Refused",
    "TrialBalance",
    "Unauthorised",
    "Unavailable",
    "Unintelligible",
    "Unknown",
    "Wallet",
    "new_key",
    "rupees",
]
