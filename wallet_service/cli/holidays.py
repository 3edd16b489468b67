"""`wallet holiday`: the days on which the banks of West Bengal are closed, as rows that people edit."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from wallet_service import dates
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import Day, json_option, opened, print_json, print_table, system_user
from wallet_service.ledger import bank_days
from wallet_service.ledger.bank_days import Holiday


@click.group()
def holiday() -> None:
    """Bank holidays, besides Sundays and second and fourth Saturdays, which go by rule."""


@holiday.command("list")
@click.option("--year", type=click.IntRange(2000, 2199), help="The calendar year; the present one unless given.")
@json_option
@directory_option
def list_(year: int | None, as_json: bool, directory: Path | None) -> None:
    """List the holidays of a year."""
    year = year or dates.today().year
    with opened(directory) as database, database.statement() as connection:
        found = bank_days.list_holidays(connection, date(year, 1, 1), date(year, 12, 31))
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        rows = ((each.day.isoformat(), f"{each.day:%A}", each.name, each.name_bn or "") for each in found)
        print_table(f"Bank holidays of {year}", ("day", "weekday", "name", "in Bengali"), rows)


@holiday.command()
@click.argument("day", type=Day())
@click.option("--name", required=True, help="What the day is called.")
@click.option("--name-bn", help="What it is called in Bengali.")
@directory_option
def add(day: date, name: str, name_bn: str | None, directory: Path | None) -> None:
    """Add DAY: what is aged from now on does not count it."""
    if not name.strip():
        raise click.UsageError("A holiday has a name.")
    with opened(directory) as database, database.transaction() as connection:
        bank_days.add_holiday(connection, Holiday(day, name.strip(), name_bn), by=system_user())
    click.echo(f"{day} is a bank holiday: {name.strip()}")


@holiday.command()
@click.argument("day", type=Day())
@directory_option
def remove(day: date, directory: Path | None) -> None:
    """Remove DAY, so that it goes by the rule again."""
    with opened(directory) as database, database.transaction() as connection:
        bank_days.remove_holiday(connection, day, by=system_user())
    click.echo(f"{day} is no bank holiday any more")
