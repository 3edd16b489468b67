"""A debit that is asked while others are: posted with them, answered as if it had been alone."""

from __future__ import annotations

from flask import request

from wallet_service.api.authentication import proved_posting
from wallet_service.api.connections import Databases, databases
from wallet_service.errors import OutcomeUnknown, Unavailable
from wallet_service.lines import Line
from wallet_service.payments.batches import Item
from wallet_service.payments.clients import Proof
from wallet_service.payments.debits import Answer
from wallet_service.payments.proved import place_by_token, told

REFUSED = "wallet.refused"
"""Where in a request's environment the error stands that its posting ended with before Flask saw the request."""


def posted(item: Item) -> Answer:
    """Post the debit that the request at work asks, if its token is good, and return its answer.

    Where it was posted before Flask saw the request, and ended with an error, that is raised.

    Raises:
        Unauthenticated, Forbidden: the token is no longer good, and nothing was posted.
        OutcomeUnknown: as `Database.posting` says; or the token ended while the answer was lost.
        WalletError: the refusal that the debit gets.
    """

    def post(proof: Proof) -> Answer | None:
        if error := request.environ.get(REFUSED):
            raise error
        return posted_by(databases(), proof, item)

    return proved_posting(post)


def posted_by(where: Databases, proof: Proof, item: Item) -> Answer | None:
    """Post a debit if the token is good, alone or with those that wait; None where it is not, and nothing was posted.

    Raises:
        OutcomeUnknown, WalletError: as `posted`.
    """
    return where.together_of_this_process().post(
        proof,
        item,
        lambda *, again: _alone(where, proof, item, again=again),
        lambda row: told(row, item),
    )


def _alone(where: Databases, proof: Proof, item: Item, *, again: bool) -> Answer | None:
    tries = int(again)

    def proved(line: Line) -> Answer | None:
        nonlocal tries
        tries += 1
        answer = place_by_token(line, proof, item)
        if answer is None and tries > 1:
            raise OutcomeUnknown  # What the first try did cannot be told by a token that is no longer good.
        return answer

    try:
        return where.of_this_process().posting(proved)
    except Unavailable as error:
        if again:
            raise OutcomeUnknown from error
        raise
