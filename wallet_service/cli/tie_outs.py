"""`wallet tie-out`: a department's lists of a day against what was paid, as a page to print."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import click

from wallet_service.cli.bank import Matching
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import Day, json_option, opened, print_json, progress
from wallet_service.database import Database
from wallet_service.errors import Busy, TieOutNotFound
from wallet_service.identifiers import DEPARTMENT_PATTERN
from wallet_service.money import rupees
from wallet_service.recon import lists, tie_outs, tying
from wallet_service.recon.tie_outs import Counted, Result, TieOut
from wallet_service.recon.tie_page import MOST_PRINTED, as_page

_MOST_LISTS = 50
_PATIENCE_SECONDS = 120.0


@click.command("tie-out")
@click.argument("department", type=Matching(DEPARTMENT_PATTERN, "a department's three letters, as POD"))
@click.argument("day", type=Day())
@json_option
@directory_option
def tie_out(department: str, day: date, as_json: bool, directory: Path | None) -> None:
    """Compare DEPARTMENT's released lists of DAY with what was paid, and print each as a page; of a scroll, its date.

    Lists that were compared before are looked at again: what has been explained since is settled. Exit 1 when one does
    not agree with our books to the paisa.
    """
    with opened(directory) as database, progress(f"comparing {department} of {day}"):
        found = _compared(database, department, day)
    if as_json:
        print_json([_facts(made, waiting) for made, waiting in found])
    else:
        click.echo("\n\n".join(as_page(made, waiting) for made, waiting in found), nl=False)
    if not all(made.agrees for made, _ in found):
        raise SystemExit(1)


def _compared(database: Database, department: str, day: date) -> list[tuple[TieOut, list[Result]]]:
    with database.statement() as connection:
        asked = lists.find(connection, department=department, day=day, after=None, limit=_MOST_LISTS)
    current = [each.id for each in reversed(asked) if each.replaced_by is None]
    if not current:
        raise TieOutNotFound(department=department, day=day.isoformat())
    for each in current:
        _compare(database, each)
    found = []
    with database.snapshot() as connection:
        for each in current:
            waiting = tie_outs.results(connection, each, found=None, is_open=True, after=None, limit=MOST_PRINTED)
            found.append((tie_outs.view(connection, each), waiting))
    return found


def _compare(database: Database, file_id: int) -> None:
    """Compare a list; while the worker compares one of its department, wait for it.

    Raises:
        Busy: it is not done in two minutes.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            tying.tie_file(database, file_id)
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(0.5)
        else:
            return


def _facts(made: TieOut, waiting: list[Result]) -> dict[str, Any]:
    of = made.of
    return {
        "id": of.id,
        "department": of.department,
        "day": of.day,
        "name": of.name,
        "version": of.version,
        "state": of.state,
        "amount": rupees(of.amount),
        "sums": [
            {"found": e.found, "count": e.count, "open": e.open, "ours": rupees(e.ours), "theirs": rupees(e.theirs)}
            for e in made.sums
        ],
        "collected": _counted(made.collected),
        "of_other_days": _counted(made.of_other_days),
        "in_other_lists": _counted(made.in_other_lists),
        "agrees": made.agrees,
        "open": [
            {"found": e.found, "line": e.line, "ticket": e.ticket, "debit": e.debit, "wallet": e.wallet,
             "words": e.words} for e in waiting
        ],
    }  # fmt: skip


def _counted(counted: Counted) -> dict[str, Any]:
    return {"count": counted.count, "amount": rupees(counted.amount)}
