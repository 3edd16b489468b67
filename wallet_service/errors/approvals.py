"""What is said no to while breaks are resolved by two persons."""

from __future__ import annotations

from wallet_service.errors.tree import Conflict, NotFound, Refused


class BreakNotFound(NotFound):
    """There is no open break with this id."""

    next_step = "List the breaks: one that is gone was settled."


class ApprovalNotFound(NotFound):
    """Nothing was proposed under this id."""

    next_step = "List the approvals to find its id."


class AlreadyDecided(Conflict):
    """The proposal was decided on already."""

    next_step = "Look at it: its state says what became of it. If more is needed, propose it anew."


class ProposalChanged(Conflict):
    """The hash is not that of what is proposed here: another payload was looked at."""

    next_step = "Read the proposal again, and decide on what it says now."


class PartOfABulk(Conflict):
    """The proposal is a part of a bulk, which is decided on as a whole."""

    next_step = "Decide on the bulk named in `part_of`."


class BeingReturned(Conflict):
    """The bank was told to send this money back."""

    next_step = "Tell finance whose it is: a return that the bank has not made yet can be called off."


class ResolutionNotPossible(Refused):
    """The break cannot be resolved in this way as things stand."""

    next_step = "See `reason`; look at the break again and propose what fits it."


class NotYourProposal(Refused):
    """Only who proposed something can withdraw it."""

    next_step = "A checker rejects what another person proposed."
