"""The night of one business day, step by step (design §7): put in order, lift the books, add up, prove, close, report.

Killed anywhere and run again, it goes on where it was and ends the same. Two at once: one works. Payments never wait
for it, and a law that does not hold stops the close and not them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection

from wallet_service.database import Database
from wallet_service.errors import DayClosed, DayDoesNotClose, NightAtWork
from wallet_service.ledger import audit, days, laws
from wallet_service.ledger.proving import Finding
from wallet_service.money import Paise
from wallet_service.payments import laws as payment_laws
from wallet_service.payments import settlements
from wallet_service.recon import evening, night_steps, report
from wallet_service.recon import laws as recon_laws
from wallet_service.recon.evening import Progress
from wallet_service.recon.night_steps import EVENING, Figure, Step
from wallet_service.recon.report import Reconciliation

LAWS = (*laws.LAWS, *payment_laws.LAWS, *recon_laws.LAWS)
EVENING_JOB = "evening"
NIGHT_JOB = "night"
CLOSE_JOB = "close-day"
BY_ITSELF = "clock"
"""Who a night is by that nobody asked for."""

_TRY = "SELECT pg_try_advisory_lock(hashtext('night'))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtext('night'))"
DUE = """
SELECT s.day FROM night_steps s
WHERE s.step = 'close' AND s.ended_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM night_steps t WHERE t.day = s.day AND t.step = 'statement' AND t.ended_at IS NOT NULL)
UNION
SELECT d::date FROM generate_series(
  coalesce((SELECT max(day) + 1 FROM days WHERE closed_at IS NOT NULL),
           (SELECT min(business_day) FROM entries))::timestamp,
  (india_today() - 1)::timestamp, interval '1 day') d
"""
"""The days gone by that are still open, and closed ones whose night did not come to its end."""

_TOTALS = """
SELECT kind::text AS kind, count(*) AS how_many, sum(amount_paise)::bigint AS paise FROM entries
WHERE business_day = %s GROUP BY kind ORDER BY kind
"""


def _silent(said: str) -> None:
    """Tell nobody."""


def due(connection: Connection) -> list[date]:
    """Return the business days before today whose night is still to be done, in order."""
    return list(connection.exec_driver_sql(f"{DUE} ORDER BY 1").scalars())


def totals(connection: Connection, day: date) -> list[Figure]:
    """Return how many entries of each kind a business day has so far, and what they come to."""
    return [Figure(row.kind, row.how_many, Paise(row.paise)) for row in connection.exec_driver_sql(_TOTALS, (day,))]


def is_done(connection: Connection, day: date) -> bool:
    """Return whether a day is closed and its night came to its end."""
    return Step.STATEMENT in night_steps.done(connection, day)


def put_in_order(database: Database, *, by: str, progress: Progress = _silent) -> date:
    """Do today's evening, 22:05 in India, and return today; steps that were done since then are not done again.

    Raises:
        NightAtWork.
    """
    with _alone(database):
        with database.statement() as connection:
            today: date = connection.exec_driver_sql("SELECT india_today()").scalar_one()
        _do_evening(database, today, by=by, progress=progress)
    return today


def run(database: Database, *, by: str, progress: Progress = _silent) -> list[date]:
    """Close every business day before today that is still open, in order, and return them.

    Raises:
        NightAtWork.
        DayDoesNotClose: a law does not hold; the days before are closed.
        Busy: a posting in flight took too long. Run it again.
    """
    with _alone(database):
        with database.statement() as connection:
            found = due(connection)
        for day in found:
            _close(database, day, by=by, progress=progress)
    return found


def close(database: Database, day: date, *, by: str, progress: Progress = _silent) -> None:
    """Close one business day; today may be closed early, and the books go on in tomorrow.

    Raises:
        DayInFuture, DayClosed, EarlierDayOpen, NightAtWork, DayDoesNotClose, Busy.
    """
    with _alone(database):
        _close(database, day, by=by, progress=progress)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold the night's lock, which ends with the process that holds it."""
    with database.statement() as connection:
        if not connection.exec_driver_sql(_TRY).scalar_one():
            raise NightAtWork
        try:
            yield
        finally:
            connection.exec_driver_sql(_UNLOCK)


def _close(database: Database, day: date, *, by: str, progress: Progress) -> None:
    with database.statement() as connection:
        done = night_steps.done(connection, day)
        if Step.STATEMENT in done:
            raise DayClosed(day=day)
        if Step.CLOSE not in done:
            days.begin(connection, day, by=by)
    if Step.CLOSE not in done:
        _do_evening(database, day, by=by, progress=progress)
        _do(database, day, Step.BOOKS, _lift(day), by=by, progress=progress)
        _add_up_and_prove(database, day, by=by, progress=progress)
    _draw_up(database, day, by=by, progress=progress)


def _do_evening(database: Database, day: date, *, by: str, progress: Progress) -> None:
    with database.statement() as connection:
        done = night_steps.done(connection, day)
    for step in EVENING:
        if step not in done:
            _do(database, day, step, evening.WORK[step], by=by, progress=progress)


def _do(
    database: Database,
    day: date,
    step: Step,
    work: Callable[[Database, Progress], list[Figure]],
    *,
    by: str,
    progress: Progress,
) -> None:
    """Do one step and write it down."""
    progress(f"{day} {step}")
    with database.transaction() as connection:
        night_steps.begin(connection, day, step, by=by)
    figures = work(database, lambda said: progress(f"{day} {step}: {said}"))
    progress(f"{day} {step}: to be written down")
    with database.transaction() as connection:
        night_steps.end(connection, day, step, figures)


def _lift(day: date) -> Callable[[Database, Progress], list[Figure]]:
    def lift(database: Database, progress: Progress) -> list[Figure]:
        lifted = days.lift(database, day, lambda count: progress(f"{count} books"))
        return [Figure("books that went on", lifted)]

    return lift


def _add_up_and_prove(database: Database, day: date, *, by: str, progress: Progress) -> None:
    """Take the day's sums, test the laws on them, and close the day: all of it, or nothing where a law does not hold.

    What is due to departments is drawn up with it. It is one transaction on one snapshot, taken after the last lift: no
    entry of the day can come any more, and no sums are ever seen that the laws were not tested on. Of the rows that
    others ask for it locks none.
    """
    try:
        with database.transaction() as connection:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.exec_driver_sql("SELECT set_config('statement_timeout', '0', true)")
            progress(f"{day} {Step.SUMS}")
            night_steps.begin(connection, day, Step.SUMS, by=by)
            days.finish(connection, day)
            night_steps.end(connection, day, Step.SUMS, totals(connection, day))
            progress(f"{day} {Step.LAWS}")
            night_steps.begin(connection, day, Step.LAWS, by=by)
            findings = laws.check(connection, LAWS, day, lambda step: progress(f"{day} {Step.LAWS}: {step.name}"))
            _require_all(day, findings)
            night_steps.record_laws(connection, day, findings)
            night_steps.end(connection, day, Step.LAWS, [Figure("laws that hold", len(findings))])
            progress(f"{day} {Step.SETTLEMENTS}")
            night_steps.begin(connection, day, Step.SETTLEMENTS, by=by)
            settlements.draw_up(connection, day)
            night_steps.end(connection, day, Step.SETTLEMENTS, _due(connection, day))
            progress(f"{day} {Step.CLOSE}")
            night_steps.begin(connection, day, Step.CLOSE, by=by)
            night_steps.end(connection, day, Step.CLOSE, [])
            audit.record(connection, by=by, act="close-day", subject=day.isoformat())
    except _Broken as broken:
        with database.transaction() as connection:
            night_steps.record_laws(connection, day, broken.findings)
            night_steps.fail(connection, day, Step.LAWS, broken.words, by=by)
        raise DayDoesNotClose(day=day, laws=broken.faults) from broken


def _due(connection: Connection, day: date) -> list[Figure]:
    """Return what is due for a day by department and service, each with how many payments it is for."""
    due = settlements.due_of_day(connection, day)
    carried = [Figure(f"carried over by {each.account}", 1, each.carried_over) for each in due if each.carried_over]
    return [*(Figure(f"due to {each.account}", each.payments, each.due) for each in due), *carried]


class _Broken(Exception):
    """Laws that do not hold; what was to be closed is rolled back."""

    def __init__(self, day: date, findings: list[Finding]) -> None:
        super().__init__(day)
        self.findings = findings
        self.faults = {f"law_{each.law.number}": each.rows for each in findings if each.faults}
        named = "; ".join(f"law {each.law.number}: {each.rows[0]}" for each in findings if each.faults)
        self.words = f"The day stays open: {named}"


def _require_all(day: date, findings: list[Finding]) -> None:
    if any(each.faults for each in findings):
        raise _Broken(day, findings)


def _draw_up(database: Database, day: date, *, by: str, progress: Progress) -> None:
    """Draw up the reconciliation statement of a closed day, and keep it where it says anything new.

    So are those of days before that the day's entries and files count for: a file comes on the morning after, and a
    deposit of March may come in April. Each is a new version; the old one is kept (design §7).
    """
    progress(f"{day} {Step.STATEMENT}")
    with database.transaction() as connection:
        night_steps.begin(connection, day, Step.STATEMENT, by=by)
    with database.statement() as connection:
        before = report.touched(connection, day)
    drafts = [_kept(database, day, each, by=by, progress=progress) for each in (*before, day)]
    figures = [Figure(f"version {drafts[-1].version}, {drafts[-1].state}", 1)]
    if before:
        figures.append(Figure("statements of days before, drawn up anew", len(before)))
    with database.transaction() as connection:
        night_steps.end(connection, day, Step.STATEMENT, figures)


def _kept(database: Database, night_of: date, day: date, *, by: str, progress: Progress) -> Reconciliation:
    def attempt() -> Reconciliation:
        with database.snapshot() as connection:
            connection.exec_driver_sql("SELECT set_config('statement_timeout', '0', true)")
            draft = report.draw_up(connection, day)
        progress(f"{night_of} {Step.STATEMENT}: to be kept")
        with database.transaction() as connection:
            return report.keep(connection, draft, by=by)

    kept = report.until_kept(attempt)
    progress(f"{night_of} {Step.STATEMENT}: version {kept.version} of {day}")
    return kept
