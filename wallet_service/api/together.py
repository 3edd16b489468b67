"""A debit that is asked while others are: posted with them, answered as if it had been alone."""

from __future__ import annotations

from wallet_service.api.authentication import proved_posting
from wallet_service.api.connections import database, databases
from wallet_service.errors import OutcomeUnknown, Unavailable
from wallet_service.lines import Line
from wallet_service.payments.batches import Item
from wallet_service.payments.clients import Proof
from wallet_service.payments.debits import Answer
from wallet_service.payments.proved import place_by_token, told


def posted(item: Item) -> Answer:
    """Post the debit that the request at work asks, if its token is good, and return its answer.

    Raises:
        Unauthenticated, Forbidden: the token is no longer good, and nothing was posted.
        OutcomeUnknown: as `Database.posting` says; or the token ended while the answer was lost.
        WalletError: the refusal that the debit gets.
    """

    def post(proof: Proof) -> Answer | None:
        def alone(*, again: bool) -> Answer | None:
            return _alone(proof, item, again=again)

        together = databases().together_of_this_process()
        return together.post(proof, item, alone, lambda row: told(row, item))

    return proved_posting(post)


def _alone(proof: Proof, item: Item, *, again: bool) -> Answer | None:
    tries = int(again)

    def proved(line: Line) -> Answer | None:
        nonlocal tries
        tries += 1
        answer = place_by_token(line, proof, item)
        if answer is None and tries > 1:
            raise OutcomeUnknown  # What the first try did cannot be told by a token that is no longer good.
        return answer

    try:
        return database().posting(proved)
    except Unavailable as error:
        if again:
            raise OutcomeUnknown from error
        raise
