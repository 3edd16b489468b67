"""Every way the service says no, in one tree.

A leaf is a name, one sentence and typed facts; `next_step` tells the caller what to do, with the facts filled in.
There is no HTTP here: `api/problems.py` knows the numbers. Facts whose name ends in ``_paise`` are amounts and leave
as rupees.
"""

from __future__ import annotations

from collections.abc import Iterator

from wallet_service.errors.approvals import (
    AlreadyDecided,
    ApprovalNotFound,
    BeingReturned,
    BreakNotFound,
    NotYourProposal,
    PartOfABulk,
    ProposalChanged,
    ResolutionNotPossible,
)
from wallet_service.errors.calendar import (
    DayDoesNotClose,
    DayNotFound,
    HolidayExists,
    HolidayNotFound,
    NightAtWork,
)
from wallet_service.errors.departments import (
    CertificateOfAnotherService,
    CertificateRecorded,
    DepartmentNotFound,
    FateKnown,
    ListsNotExpected,
    NotUnknown,
)
from wallet_service.errors.records import (
    AlreadyAdvised,
    AlreadyClaimed,
    AlreadyCredited,
    AlreadyPaid,
    AlreadyReversed,
    BalanceBroughtIn,
    BankAccountExists,
    BankFileNotReleasable,
    BankLineDiffers,
    ClientExists,
    EarlierDayOpen,
    FileAlreadyReceived,
    JobNotFailed,
    WalletExists,
)
from wallet_service.errors.requests import (
    AccountNotFound,
    BankAccountNotFound,
    BankFileNotFound,
    ClaimNotFound,
    ClientNotFound,
    CreditNotFound,
    DebitNotFound,
    EntryNotFound,
    ExportNotFound,
    FileNotReadable,
    FilterTooWide,
    IdempotencyKeyMalformed,
    IdempotencyKeyMissing,
    InvalidRequest,
    JobNotFound,
    KeyUnknown,
    ProfileNotFound,
    ProfileNotUsable,
    ReconciliationNotFound,
    RouteNotFound,
    ScopeUnknown,
    ServiceNotFound,
    TieOutNotFound,
    WalletNotFound,
)
from wallet_service.errors.rules import (
    CaptureExceedsHold,
    CreditNotOpen,
    DayClosed,
    DayInFuture,
    DebitNotCaptured,
    DepositInFuture,
    EntryNotReversible,
    HoldClosed,
    HoldExpired,
    InsufficientFunds,
    KeyAbandoned,
    KeyReused,
    NotPosted,
    RefundExceedsCapture,
    RefundNeedsApproval,
    SamePerson,
    ScopesExclude,
    WalletClosed,
    WalletFrozen,
    WalletNotEmpty,
    WalletStateUnchanged,
)
from wallet_service.errors.settlements import AdviceNotFound, AdviceNotOpen, NothingDue
from wallet_service.errors.tree import (
    BooksBroken,
    Conflict,
    Malformed,
    NotFound,
    Refused,
    Unavailable,
    WalletError,
)
from wallet_service.errors.trouble import (
    Busy,
    DatabaseUnavailable,
    InternalError,
    LawBroken,
    OutcomeUnknown,
)

__all__ = [
    "FAMILIES",
    "AccountNotFound",
    "AdviceNotFound",
    "AdviceNotOpen",
    "AlreadyAdvised",
    "AlreadyClaimed",
    "AlreadyCredited",
    "AlreadyDecided",
    "AlreadyPaid",
    "AlreadyReversed",
    "ApprovalNotFound",
    "BalanceBroughtIn",
    "BankAccountExists",
    "BankAccountNotFound",
    "BankFileNotFound",
    "BankFileNotReleasable",
    "BankLineDiffers",
    "BeingReturned",
    "BooksBroken",
    "BreakNotFound",
    "Busy",
    "CaptureExceedsHold",
    "CertificateOfAnotherService",
    "CertificateRecorded",
    "ClaimNotFound",
    "ClientExists",
    "ClientNotFound",
    "Conflict",
    "CreditNotFound",
    "CreditNotOpen",
    "DatabaseUnavailable",
    "DayClosed",
    "DayDoesNotClose",
    "DayInFuture",
    "DayNotFound",
    "DebitNotCaptured",
    "DebitNotFound",
    "DepartmentNotFound",
    "DepositInFuture",
    "EarlierDayOpen",
    "EntryNotFound",
    "EntryNotReversible",
    "ExportNotFound",
    "FateKnown",
    "FileAlreadyReceived",
    "FileNotReadable",
    "FilterTooWide",
    "HoldClosed",
    "HoldExpired",
    "HolidayExists",
    "HolidayNotFound",
    "IdempotencyKeyMalformed",
    "IdempotencyKeyMissing",
    "InsufficientFunds",
    "InternalError",
    "InvalidRequest",
    "JobNotFailed",
    "JobNotFound",
    "KeyAbandoned",
    "KeyReused",
    "KeyUnknown",
    "LawBroken",
    "ListsNotExpected",
    "Malformed",
    "NightAtWork",
    "NotFound",
    "NotPosted",
    "NotUnknown",
    "NotYourProposal",
    "NothingDue",
    "OutcomeUnknown",
    "PartOfABulk",
    "ProfileNotFound",
    "ProfileNotUsable",
    "ProposalChanged",
    "ReconciliationNotFound",
    "RefundExceedsCapture",
    "RefundNeedsApproval",
    "Refused",
    "ResolutionNotPossible",
    "RouteNotFound",
    "SamePerson",
    "ScopeUnknown",
    "ScopesExclude",
    "ServiceNotFound",
    "TieOutNotFound",
    "Unavailable",
    "WalletClosed",
    "WalletError",
    "WalletExists",
    "WalletFrozen",
    "WalletNotEmpty",
    "WalletNotFound",
    "WalletStateUnchanged",
    "by_slug",
    "leaves",
]


def leaves(family: type[WalletError] = WalletError) -> Iterator[type[WalletError]]:
    """Yield every error that can be raised, in the order of this file."""
    for child in family.__subclasses__():
        if child.__subclasses__():
            yield from leaves(child)
        else:
            yield child


FAMILIES: tuple[type[WalletError], ...] = (Malformed, NotFound, Conflict, Refused, Unavailable, BooksBroken)


def by_slug(slug: str) -> type[WalletError]:
    """Return the error that callers know by *slug*, as the posting functions name it.

    Raises:
        KeyError: no error has that name.
    """
    return {leaf.slug(): leaf for leaf in leaves()}[slug]
