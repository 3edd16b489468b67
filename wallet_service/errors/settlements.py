"""What is said no to while departments are settled."""

from __future__ import annotations

from wallet_service.errors.tree import NotFound, Refused


class AdviceNotFound(NotFound):
    """There is no advice of settlement with this number."""

    next_step = "List the advices to find its number."


class AdviceNotOpen(Refused):
    """The advice of settlement does not wait for its payout any more: it was paid, or called off."""

    next_step = "Look at the advice: its state says what became of it."


class NothingDue(Refused):
    """Nothing of the department is due to be paid out that is in no advice yet."""

    next_step = (
        "List the department's settlements: `payable_on` says from which day on each may be advised. What went back"
        " since is first made up by what comes in."
    )
