"""Every way the service says no, in one tree.

A leaf is a name, one sentence and typed facts; `next_step` tells the caller what to do, with the facts filled in.
There is no HTTP here: `api/problems.py` knows the numbers. Facts whose name ends in ``_paise`` are amounts and leave
as rupees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self


class WalletError(Exception):
    """Something the service declines to do."""

    next_step: ClassVar[str] = ""

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.title())
        self.facts: dict[str, Any] = facts
        self.replayed = False

    @classmethod
    def slug(cls) -> str:
        """Return the name by which callers know this error: ``insufficient-funds`` for ``InsufficientFunds``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """Return the one sentence that says what happened."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        """Return the error with facts as they were recorded, for a refusal that is told again."""
        error = cls.__new__(cls)
        WalletError.__init__(error, **facts)
        return error


class Malformed(WalletError):
    """The request cannot be understood: fix it before sending it again."""


class NotFound(WalletError):
    """There is no such thing, or it is not yours to see."""


class Conflict(WalletError):
    """What is already recorded says otherwise: look at it."""


class Refused(WalletError):
    """A rule of the books says no."""


class Unavailable(WalletError):
    """Nothing happened, or the answer was lost: send it again with the same key."""


class BooksBroken(WalletError):
    """An invariant of the books failed: wake somebody."""

    next_step = "Do not repeat it. Tell the people who run the service, with the request's id."


# Malformed: fix the request.


class InvalidRequest(Malformed):
    """The request has fields that are missing, unknown or wrong."""

    next_step = "Correct what `errors` names and send it again."

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__(errors=dict(errors))


class IdempotencyKeyMissing(Malformed):
    """This call moves money and needs an Idempotency-Key header."""

    next_step = "Make a fresh key (a UUIDv7, say) for the payment, store it, and send it with every try."


class IdempotencyKeyMalformed(Malformed):
    """The Idempotency-Key is not 1 to 128 printable ASCII characters without '#'."""

    next_step = "Send a key of letters, digits and hyphens, a UUIDv7 for instance."


class FilterTooWide(Malformed):
    """The look-up names nothing that narrows it enough."""

    next_step = (
        "Give one of service_ticket_no, application_no, key, wallet, or from and to at most 31 days apart; "
        "an account's ledger takes 366 days."
    )


class ScopeUnknown(Malformed):
    """A client can have no such scope."""

    next_step = "Choose among the scopes named here; department:<CODE> takes the code of a department there is."


class FileNotReadable(Malformed):
    """The bank file was refused whole; nothing of it was posted."""

    next_step = "See `rejects` for the lines and reasons. Download the statement again and upload that file unchanged."

    def __init__(self, *, reason: str, rejects: Sequence[Mapping[str, Any]] = (), file: int | None = None) -> None:
        kept = {} if file is None else {"file": file}
        super().__init__(reason=reason, rejects=[dict(reject) for reject in rejects], **kept)


# NotFound.


class WalletNotFound(NotFound):
    """There is no wallet with this operator code."""

    next_step = "Check the operator code; open the wallet first if the operator is new."


class ServiceNotFound(NotFound):
    """There is no such department or service."""

    next_step = "Check the department's three letters and the service's three digits."


class DebitNotFound(NotFound):
    """There is no debit with this id among your own."""

    next_step = "Check the id, or look the debit up by its service ticket or key."


class CreditNotFound(NotFound):
    """There is no credit with this id among your own."""

    next_step = "Check the id, or look the credit up by its bank reference."


class ClaimNotFound(NotFound):
    """There is no claim with this id among your own."""

    next_step = "Check the id, or list the wallet's claims."


class EntryNotFound(NotFound):
    """There is no entry with this id."""

    next_step = "An entry's id is its book and its number there, as in BSKOP0071010-000123."


class AccountNotFound(NotFound):
    """There is no account with this code."""

    next_step = "See the trial balance for the accounts there are."


class KeyUnknown(NotFound):
    """Nothing was ever recorded for this key: no money has moved by it."""

    next_step = "Send the payment with this key, or abandon the key so that no straggler can pay."


class BankFileNotFound(NotFound):
    """There is no bank file with this id."""

    next_step = "List the bank files to find its id."


class BankAccountNotFound(NotFound):
    """There is no bank account by this name or number."""

    next_step = "Add it first: wallet bank-account add NAME --number N."


class ReconciliationNotFound(NotFound):
    """No reconciliation statement was made for this day."""

    next_step = "Make it: wallet reconcile DAY."


class ClientNotFound(NotFound):
    """There is no machine client of this name."""

    next_step = "See the clients there are: wallet client list."


class JobNotFound(NotFound):
    """There is no job with this id."""

    next_step = "See the jobs that were given up: wallet jobs list."

    def __init__(self, job_id: int) -> None:
        super().__init__(job=job_id)


class RouteNotFound(NotFound):
    """There is nothing at this address."""

    next_step = "See /docs for the routes there are."


# Conflict: look at what is recorded.


class WalletExists(Conflict):
    """There is a wallet with this operator code already."""

    next_step = "Look at it; an operator has one wallet."


class AlreadyCredited(Conflict):
    """The money of this bank reference has been credited already."""

    next_step = "Look at the entry named here. Nothing more is owed for this reference."


class AlreadyAdvised(Conflict):
    """This bank reference was advised already and waits for the bank."""

    next_step = "Look at the credit named here; it is credited when the bank's line comes."


class AlreadyClaimed(Conflict):
    """This deposit was claimed already: same wallet, amount, date and place, and no other slip number."""

    next_step = "Look at the claim named here. If it is a second deposit, claim it with the number of its own slip."


class BankLineDiffers(Conflict):
    """The bank's line with this reference has another amount or date."""

    next_step = (
        "Compare the advice with the deposit slip and send it again, corrected, with a new key; else tell finance."
    )


class BalanceBroughtIn(Conflict):
    """The wallet's balance from before was brought in already."""

    next_step = "Look at the wallet's first entries; reverse the opening entry before another is brought in."


class AlreadyPaid(Conflict):
    """This demand has been paid, or money is held for it, already."""

    next_step = "Look at the debit named here. Refund or void it first if it was a mistake."


class FileAlreadyReceived(Conflict):
    """The same bank file was received before."""

    next_step = "Look at the file named here; nothing was taken from this one."


class BankFileNotReleasable(Conflict):
    """The bank file is not in a state in which it can be released or rejected."""

    next_step = "Only a file in state 'read' can be released; only one that is 'read' or 'waiting' can be rejected."


class BankAccountExists(Conflict):
    """The bank account has another number, or the number belongs to another account."""

    next_step = "Look at the bank accounts there are: wallet bank-account list."


class ClientExists(Conflict):
    """There is a machine client of this name already."""

    next_step = "Give it a new token instead (wallet client rotate), or choose another name."


class JobNotFailed(Conflict):
    """The job is done or still to be done: only one that was given up is retried."""

    next_step = "See the jobs that were given up: wallet jobs list."

    def __init__(self, job_id: int) -> None:
        super().__init__(job=job_id)


class EarlierDayOpen(Conflict):
    """Days close in order, and an earlier one is still open."""

    next_step = "Close the day named here first."


class AlreadyReversed(Conflict):
    """The entry has been reversed already."""

    next_step = "Look at the reversing entry named here."


# Refused: a rule of the books.


class DepositInFuture(Refused):
    """The deposit's date has not come yet."""

    next_step = "Claim the deposit with the date on its slip."


class CreditNotOpen(Refused):
    """The credit is tied to a line of the bank, or was withdrawn already."""

    next_step = "Look at the credit: its state says what became of it."


class KeyReused(Refused):
    """The key was used for another request."""

    next_step = "Use a fresh key for each payment; repeat a key only with exactly the same request."


class KeyAbandoned(Refused):
    """The key was abandoned: nothing was posted by it and nothing will be."""

    next_step = "If the citizen still wants to pay, start again with a fresh key."


class InsufficientFunds(Refused):
    """The wallet's available balance does not cover the amount."""

    next_step = "Top the wallet up, then pay with a new key: this refusal is the answer of this key for good."


class WalletFrozen(Refused):
    """The wallet is frozen: it takes no debits and no holds."""

    next_step = "Ask the administrator why; once it is unfrozen, pay with a new key."


class WalletClosed(Refused):
    """The wallet is closed."""

    next_step = "Use the operator's present wallet; money that still arrives is kept in suspense for finance."


class WalletNotEmpty(Refused):
    """The wallet still has money, holds or open items, and cannot be closed."""

    next_step = "Settle what is named here first."


class WalletStateUnchanged(Refused):
    """The wallet is not in a state in which this can be done."""

    next_step = "Look at the wallet's state."


class NotPosted(Refused):
    """Another item of this atomic batch was refused, so nothing of it was posted."""

    next_step = "Correct or leave out the items that were refused, and send the batch with a new key."


class HoldClosed(Refused):
    """The hold was captured, voided or released already."""

    next_step = "Look at the debit: its state says what became of it."


class HoldExpired(Refused):
    """The hold has expired and the wallet no longer covers its capture."""

    next_step = (
        "The department was told it is paid: finance will find it among the breaks. Top the wallet up and tell finance."
    )


class CaptureExceedsHold(Refused):
    """The amount to capture is larger than the hold."""

    next_step = "Capture at most what was held; pay the rest as a debit of its own."


class DebitNotCaptured(Refused):
    """Only a captured debit can be refunded."""

    next_step = "Void a hold instead of refunding it."


class RefundExceedsCapture(Refused):
    """Refunds together may never pass what was captured."""

    next_step = "Refund at most what is left of the payment."


class RefundNeedsApproval(Refused):
    """This refund is finance's to propose and a checker's to approve."""

    next_step = "Send finance the department's order number."


class DayClosed(Refused):
    """The day is closed and takes no more entries."""

    next_step = "Post into the open day; a closed day never changes."


class DayInFuture(Refused):
    """The day has not come yet."""

    next_step = "Use today or an earlier day."


class SamePerson(Refused):
    """Who takes a file in may not release it: a second person must look."""

    next_step = "Ask another person with the checker's right."


class ScopesExclude(Refused):
    """Who checks may not propose or move money: finance:check goes without the scopes named here."""

    next_step = "Add two clients, for two persons."


class EntryNotReversible(Refused):
    """The entry belongs to a payment or an open item and is undone by its own verb."""

    next_step = "Refund the payment, or withdraw the credit, instead of reversing its entry."


# Unavailable: send it again with the same key.


class Busy(Unavailable):
    """Another request holds what this one needs; nothing happened."""

    next_step = "Send it again with the same key in a moment."


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached; nothing happened."""

    next_step = "Send it again with the same key in a moment."


class OutcomeUnknown(Unavailable):
    """The answer of the database was lost: it may or may not have happened."""

    next_step = "Send it again with the same key: it happens once, whatever became of this try."


# BooksBroken.


class LawBroken(BooksBroken):
    """A law of the books does not hold."""


class InternalError(BooksBroken):
    """The service met something it did not expect; nothing was posted by this request unless its key says so."""


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
