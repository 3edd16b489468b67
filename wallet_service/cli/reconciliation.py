"""`wallet reconcile`: the reconciliation statement of a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import Day, json_option, opened, print_json, progress, system_user
from wallet_service.database import Database
from wallet_service.recon import report
from wallet_service.recon.page import as_page
from wallet_service.recon.report import Reconciliation


@click.command()
@click.argument("day", type=Day())
@click.option("--version", type=click.IntRange(min=1), help="Print this version, which was made before; make none.")
@json_option
@directory_option
def reconcile(day: date, version: int | None, as_json: bool, directory: Path | None) -> None:
    """Make the reconciliation statement of DAY, by value date, and print it as a page. Exit 1 when it does not agree.

    It is a new version only where it says anything new; every version is kept.
    """
    with opened(directory) as database, progress(f"reconciling {day}"):
        made = _drawn_up(database, day) if version is None else _kept(database, day, version)
    if as_json:
        facts = {"day": made.day, "version": made.version, "state": made.state, "made_by": made.made_by}
        print_json({**made.statement, **facts, "made_at": made.made_at})
    else:
        click.echo(as_page(made), nl=False)
    if not made.statement["agrees"]:
        raise SystemExit(1)


def _drawn_up(database: Database, day: date) -> Reconciliation:
    def attempt() -> Reconciliation:
        with database.snapshot() as connection:
            draft = report.draw_up(connection, day)
        with database.transaction() as connection:
            return report.keep(connection, draft, by=system_user())

    return report.until_kept(attempt)


def _kept(database: Database, day: date, version: int) -> Reconciliation:
    with database.statement() as connection:
        return report.get(connection, day, version)
