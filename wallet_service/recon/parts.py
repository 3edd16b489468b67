"""Several lines of one reference that make one advice together, to the paisa. Pure.

Source: design §7 (many to one by exact sum of at most 8 items out of at most 40 candidates of one reference, only if
exactly one choice fits). A part waits in suspense, as an open item, until the last of them is seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from wallet_service.recon.answers import Answer, Disposition, parked
from wallet_service.recon.candidates import Candidates, Gathering, Line, Part
from wallet_service.recon.statements import Direction
from wallet_service.recon.subsets import only_choice

WAITING = "advised-otherwise"


def advised_in_parts(line: Line, candidates: Candidates) -> Answer | None:
    """The line and others that wait for it have the reference and day of an advice, and make its amount exactly.

    Only where no other choice of all lines of the reference does, whatever became of them. What the bank shows twice,
    with the same date and amount, may be one deposit: that is a person's to decide.
    """
    gathering = candidates.gathering
    if gathering is None or line.direction is not Direction.INFLOW:
        return None
    chosen = _chosen(gathering)
    others = [part for part in chosen if part.line != candidates.line]
    if not others or len(others) == len(chosen) or not all(part.waits for part in others):
        return None
    advice = gathering.advice
    told = {each.operator for each in candidates.announced if each.reference == gathering.reference and each.operator}
    if told - {advice.wallet}:
        to = " and for ".join(sorted(told - {advice.wallet}))
        return parked(line, f"Its reference was advised to {advice.wallet} and announced for {to}: a person decides.")
    names = tuple(f"line {part.line}" for part in others)
    words = f"With {' and '.join(f'bank {name}' for name in names)} it makes the credit advised to {advice.wallet}"
    return Answer(Disposition.TIE_IN_PARTS, (advice.credit_id, *names), f"{words} exactly: same reference, same date.")


def what_is_missing(line: Line, candidates: Candidates) -> str:
    """Return the sentence that tells of a line of less than what was advised, that the rest may come; else nothing."""
    advice, *others = candidates.advices
    is_open = advice.state in {"credited", "awaiting-bank"} and not (others or advice.by_cash)
    if not is_open or advice.amount <= line.amount or advice.booked_on not in line.days:
        return ""
    return " What comes under it with the same date may be the rest: it waits for that."


def are_its_deposit(gathering: Gathering | None) -> bool:
    """Say whether lines that the bank shows make an advice together, or will when all of them are posted."""
    chosen = () if gathering is None else _chosen(gathering)
    return len(chosen) > 1 and all(part.waits or part.comes for part in chosen)


def _chosen(gathering: Gathering) -> Sequence[Part]:
    """Return the only choice of lines that makes the advice; nothing where there is none, or it is in doubt."""
    choice = only_choice([part.amount for part in gathering.parts], gathering.advice.amount)
    chosen = [gathering.parts[place] for place in choice.places]
    is_of_its_day = all(gathering.advice.booked_on in part.days for part in chosen)
    are_all_different = len({(part.booked_on, part.amount) for part in chosen}) == len(chosen)
    return chosen if is_of_its_day and are_all_different else ()
