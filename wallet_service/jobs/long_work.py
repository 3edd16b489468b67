"""What jobs share that take long: the sign that a worker is still at one, and how patiently it is tried again."""

from __future__ import annotations

from collections.abc import Callable

from wallet_service.database import Database
from wallet_service.errors import Unavailable
from wallet_service.ledger import outbox

_TRIES, _PATIENT_TRIES = 8, 60


def worth_another_try(tries: int, error: BaseException) -> bool:
    """Say whether a job of the night, of a list, or of a release is tried again.

    For long while another is at work or the database is away.
    """
    return tries < (_PATIENT_TRIES if isinstance(error, Unavailable) else _TRIES)


def still_at_work(database: Database, outbox_id: int) -> Callable[[object], None]:
    """Return what a job calls now and then, with whatever it tells, so that it is not sent to another meanwhile."""

    def told(progress: object) -> None:
        with database.statement() as connection:
            outbox.mark_at_work(connection, outbox_id)

    return told
