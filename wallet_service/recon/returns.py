"""What the bank takes back, and what it credits twice: the rules that look at its other lines of one reference. Pure.

Source: domain facts A1.6 (``UPI/REV`` has the number of its ``DR``), A1.7 (twice-credited), A3 (``RC`` and ``RD``).
"""

from __future__ import annotations

from wallet_service.recon.answers import Answer, Disposition, answered, parked
from wallet_service.recon.candidates import Became, Candidates, Line, OtherLine
from wallet_service.recon.narration import Kind
from wallet_service.recon.statements import Direction


def returned(line: Line, candidates: Candidates) -> Answer | None:
    """Money goes out under the reference of a deposit: the deposit goes back.

    What lies in suspense is nobody's and goes back first; so a deposit that the bank credited twice by mistake, and
    takes back once, stays in the wallet once. From a wallet it goes only under the number that both descriptions show,
    or where the words say that the bank takes back: a payout may have a deposit's number in its column. A charge of
    another amount is a charge, whatever its number.
    """
    if line.direction is not Direction.OUTFLOW or _is_a_charge_for(line, candidates):
        return None
    deposits = [each for each in candidates.others if each.is_deposit]
    equal = [each for each in deposits if each.amount == line.amount]
    lying = [each for each in equal if each.became is Became.PARKED]
    if len(lying) == 1:
        return _undone(lying[0], "lies in suspense, and the bank sent it back: same reference, same amount.")
    tied = [
        each
        for each in candidates.advices
        if (each.state, each.amount) == ("tied", line.amount)
        and (line.narration.reversal or each.credit_id in candidates.own_credits)
    ]
    if len(tied) == 1 and not lying:
        words = f"The bank returned the credit {tied[0].credit_id}: same reference, same amount, the other way."
        return answered(Disposition.RETURN, tied[0].credit_id, words)
    credited = [each for each in equal if each.became is Became.MATCHED and each.in_wallet]
    told = line.narration.reversal or any(each.same_own for each in credited)
    if len(credited) == 1 and told and not lying and not candidates.advices:
        return _undone(credited[0], "was credited to a wallet, and the bank took it back: same reference, same amount.")
    if candidates.advices:
        credit = candidates.advices[0].credit_id
        return parked(line, f"It has the reference of the credit {credit}: the bank may have returned it.")
    if deposits:
        return parked(line, f"It has the reference of bank line {deposits[0].line}: the bank may have returned that.")
    return None


def reversed_(line: Line, candidates: Candidates) -> Answer | None:
    """Money comes back under the reference of an unexplained debit; or the words say that the bank takes back.

    Without such words it explains the debit only under the number that both descriptions show, and where nobody is
    named or told of: else it may as well be a deposit of somebody's.
    """
    if line.direction is Direction.INFLOW and (line.narration.reversal or not _is_a_deposit_of_somebody(candidates)):
        debits = [each for each in candidates.others if each.direction is Direction.OUTFLOW and each.earlier]
        lying = [each for each in debits if each.became is Became.PARKED and each.amount == line.amount]
        told = line.narration.reversal or (any(each.same_own for each in lying) and not _is_told_of(candidates))
        if len(lying) == 1 and told:
            return _undone(lying[0], "was unexplained, and the bank gave it back: same reference, same amount.")
        if debits and not line.narration.reversal:
            return parked(line, f"It has the reference of the debit in bank line {debits[0].line}; a person decides.")
    if line.narration.reversal:
        return parked(line, "The bank takes back or returns another line; a person decides what it undoes.")
    return None


def twice_credited(line: Line, candidates: Candidates) -> Answer | None:
    """The bank shows a deposit again: the same date, amount and reference as a line that was matched or came before."""
    if line.direction is not Direction.INFLOW or not (candidates.advices or candidates.others):
        return None
    tied = [each for each in candidates.advices if each.state == "tied"]
    known = [each for each in tied if each.amount == line.amount and each.booked_on in line.days]
    repeats = [each for each in candidates.others if each.repeats(line)]
    matched = [each for each in repeats if each.became is Became.MATCHED]
    if not known and not matched and (_is_a_deposit_of_somebody(candidates) or not any(x.earlier for x in repeats)):
        return None
    first = min((each.line for each in matched or repeats if each.earlier or matched), default=None)
    used = f"the line tied to {known[0].credit_id}" if first is None else f"bank line {first}"
    return parked(
        line, f"Its reference, amount and date are those of {used}: the bank credited twice, or repeats itself."
    )


def shared_reference(line: Line, candidates: Candidates) -> Answer | None:
    """A reference of several lines is no evidence for a name, amount or branch on one of them."""
    others = [each for each in candidates.others if each.is_deposit]
    if line.direction is not Direction.INFLOW or not others:
        return None
    return parked(line, f"The bank shows its reference on bank line {others[0].line} too: a person decides.")


def _is_a_deposit_of_somebody(candidates: Candidates) -> bool:
    return bool(candidates.advices) or any(each.by_number for each in candidates.claims)


def _is_told_of(candidates: Candidates) -> bool:
    return bool(candidates.operators or candidates.announced or candidates.claims)


def _is_a_charge_for(line: Line, candidates: Candidates) -> bool:
    """Say whether the bank charges for the deposits of a line's reference, and takes none of them back."""
    amounts = {each.amount for each in candidates.others if each.is_deposit}
    amounts |= {each.amount for each in candidates.advices}
    return line.narration.kind is Kind.CHARGE and line.amount not in amounts


def _undone(other: OtherLine, why: str) -> Answer:
    return answered(Disposition.UNDO, f"line {other.line}", f"Bank line {other.line} {why}")
