"""`wallet lists`: which departments send lists of what they were paid, and how soon; what does not come is a break."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from wallet_service.cli.bank import Matching
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import Day, json_option, opened, print_json, print_table, system_user
from wallet_service.identifiers import DEPARTMENT_PATTERN
from wallet_service.recon import list_terms

_department_argument = click.argument("department", type=Matching(DEPARTMENT_PATTERN, "a department's code"))


@click.group()
def lists() -> None:
    """Which departments send lists, and how soon."""


@lists.command()
@_department_argument
@click.argument("bank_days", type=click.IntRange(0, list_terms.LONGEST_TERM))
@click.option("--from", "first", type=Day(), required=True, help="The first business day of which a list is expected.")
@directory_option
def expect(department: str, bank_days: int, first: date, directory: Path | None) -> None:
    """Expect DEPARTMENT's list of each day so many BANK_DAYS after it: 0 is the day itself.

    One that has not come by then is a break, `list-missing`. What was said of the department before is replaced.
    """
    with opened(directory) as database, database.transaction() as connection:
        list_terms.expect(connection, department, bank_days, first, by=system_user())
    click.echo(f"{department} sends a list of each day from {first} on, T+{bank_days} by the bank's working days")


@lists.command()
@_department_argument
@click.argument("day", type=Day())
@directory_option
def end(department: str, day: date, directory: Path | None) -> None:
    """Expect no list of DEPARTMENT of any day after DAY. What is missing up to it stays open.

    A DAY before the first that was expected ends it as if nothing had been said.
    """
    with opened(directory) as database, database.transaction() as connection:
        list_terms.end(connection, department, day, by=system_user())
    click.echo(f"{department} sends no list of any day after {day}")


@lists.command()
@json_option
@directory_option
def expected(as_json: bool, directory: Path | None) -> None:
    """List whose lists are and were expected, of which days, and how soon."""
    with opened(directory) as database, database.statement() as connection:
        found = list_terms.list_terms(connection)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = (
        (each.department, f"T+{each.bank_days}", each.first.isoformat(), "-" if each.last is None else str(each.last))
        for each in found
    )
    print_table("Lists that departments send", ("department", "comes", "from", "to"), rows)
