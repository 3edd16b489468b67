"""What is already recorded says otherwise."""

from __future__ import annotations

from wallet_service.errors.tree import Conflict


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

    next_step = (
        "Only a file in state 'read' can be released: one that is 'received' is still being read, so look again in a"
        " moment. Only a file that is 'received', 'read' or 'waiting' can be rejected."
    )


class BankAccountExists(Conflict):
    """The bank account has another number, or the number belongs to another account."""

    next_step = "Look at the bank accounts there are: wallet bank-account list."


class ClientExists(Conflict):
    """There is a machine client of this name already."""

    next_step = "Give it a new token instead (wallet client rotate), or choose another name."


class JobNotFailed(Conflict):
    """The job is done, or in hand: only what was given up or is late is tried again."""

    next_step = "See what is stuck: GET /v1/jobs, or wallet jobs list."

    def __init__(self, job: int | str) -> None:
        super().__init__(job=job)


class EarlierDayOpen(Conflict):
    """Days close in order, and an earlier one is still open."""

    next_step = "Close the day named here first."


class AlreadyReversed(Conflict):
    """The entry has been reversed already."""

    next_step = "Look at the reversing entry named here."
