"""The rules of the books by which the service says no."""

from __future__ import annotations

from wallet_service.errors.tree import Refused


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
    """Only a captured debit can be refunded or certified."""

    next_step = "Void a hold instead of refunding it; capture it before its certificate is noted."


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
    """Who takes a file in or proposes something may not release or decide it: a second person must look."""

    next_step = "Ask another person with the checker's right."


class ScopesExclude(Refused):
    """Who checks may not propose or move money: finance:check goes without the scopes named here."""

    next_step = "Add two clients, for two persons."


class EntryNotReversible(Refused):
    """The entry belongs to a payment or an open item and is undone by its own verb."""

    next_step = "Refund the payment, or withdraw the credit, instead of reversing its entry."
