"""The books from the command line: `trial-balance` and `check`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import (
    Day,
    NotFinished,
    json_option,
    opened,
    print_json,
    print_table,
    progress,
)
from wallet_service.ledger import laws
from wallet_service.ledger.proving import Step
from wallet_service.ledger.trial_balance import trial_balance as take_trial_balance
from wallet_service.money import Paise, rupees, rupees_for_people
from wallet_service.recon.night import LAWS


@click.command("trial-balance")
@click.option("--as-of", type=Day(), help="At the end of this business day; now unless given.")
@json_option
@directory_option
def trial_balance(as_of: date | None, as_json: bool, directory: Path | None) -> None:
    """Print every account's balance, debits and credits, and their difference; exit 1 unless that is nothing."""
    with opened(directory) as database, progress("adding up"), database.snapshot() as connection:
        found = take_trial_balance(connection, as_of)
    totals = {"debits": found.debits, "credits": found.credits, "difference": found.difference}
    if as_json:
        lines = [
            {"account": line.account, "debit": rupees(line.debit), "credit": rupees(line.credit)}
            for line in found.lines
        ]
        print_json({"as_of": found.as_of, "lines": lines, **{name: rupees(paise) for name, paise in totals.items()}})
    else:
        rows = [(str(line.account), _shown(line.debit), _shown(line.credit)) for line in found.lines]
        rows.append(("total", rupees_for_people(found.debits), rupees_for_people(found.credits)))
        print_table(f"Trial balance of {found.as_of}", ("account", "debit", "credit"), rows, right=("debit", "credit"))
        click.echo(f"difference {rupees_for_people(found.difference)}")
    if found.difference:
        raise SystemExit(1)


@click.command()
@click.option("--since", type=Day(), help="Look at entries of this business day and later ones.")
@json_option
@directory_option
def check(since: date | None, as_json: bool, directory: Path | None) -> None:
    """Test the laws of the books, and name the first rows at fault.

    Exit 0: all laws hold; 1: some do not; 2: the check could not be finished.
    """
    with opened(directory, NotFinished) as database, progress("checking") as tell, database.snapshot() as connection:
        findings = laws.check(connection, LAWS, since, progress=_step(tell))
    if as_json:
        found = [
            {"law": each.law.number, "name": each.law.name, "faults": each.faults, "rows": each.rows}
            for each in findings
        ]
        print_json({"hold": not any(each.faults for each in findings), "laws": found})
    else:
        for each in findings:
            click.echo(f"{'ok    ' if not each.faults else 'BROKEN'} {each.law.number:2}  {each.law.sentence}")
            for row in each.rows:
                click.echo(f"           {row}")
            if more := each.faults - len(each.rows):
                click.echo(f"           and {more} more")
    if any(each.faults for each in findings):
        raise SystemExit(1)


def _step(tell: Callable[[str], None]) -> Callable[[Step], None]:
    """Return what tells how far a check is: what it is at, and each step that is done, with its time."""

    def told(step: Step) -> None:
        if step.seconds is None:
            tell(f"law {step.name}")
        else:
            click.echo(f"{step.seconds:8.1f} s  {step.faults} at fault  law {step.name}", err=True)

    return told


def _shown(amount: Paise) -> str:
    return rupees_for_people(amount) if amount else ""
