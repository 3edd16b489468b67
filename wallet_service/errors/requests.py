"""What a caller asks wrongly, or for what is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wallet_service.errors.tree import Malformed, NotFound


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
        "an account's ledger takes 366 days, a department's collections 92, and its payments one in another state than "
        "captured."
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


class ProfileNotUsable(Malformed):
    """The profile cannot be used: its declaration has words that are unknown, missing or wrong."""

    next_step = "Correct what `errors` names; docs/profiles.md tells each word. Then try it on a file again."

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__(errors=dict(errors))


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


class ProfileNotFound(NotFound):
    """There is no profile of this name, or no such version of it."""

    next_step = "See the profiles there are: wallet profile list."


class BankAccountNotFound(NotFound):
    """There is no bank account by this name or number."""

    next_step = "Add it first: wallet bank-account add NAME --number N."


class ReconciliationNotFound(NotFound):
    """No reconciliation statement was made for this day."""

    next_step = "Make it: wallet reconcile DAY."


class TieOutNotFound(NotFound):
    """There is no tie-out with this id, or none of this department and day."""

    next_step = "Take the department's list in and have it released; its file's id is the tie-out's."


class ExportNotFound(NotFound):
    """There is no export with this id among your own."""

    next_step = "Ask for the export anew; it is answered with its id."


class ClientNotFound(NotFound):
    """There is no machine client of this name."""

    next_step = "See the clients there are: wallet client list."


class JobNotFound(NotFound):
    """There is no job with this id, and no work that is stuck."""

    next_step = "See what is stuck: GET /v1/jobs, or wallet jobs list."

    def __init__(self, job: int | str) -> None:
        super().__init__(job=job)


class RouteNotFound(NotFound):
    """There is nothing at this address."""

    next_step = "See /docs for the routes there are."
