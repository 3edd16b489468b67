"""`wallet rebate`: what departments allow off their demands. Set by the database's owner alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from wallet_service import dates
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import (
    Day,
    json_option,
    opened,
    print_json,
    print_table,
    said_in_a_sentence,
    system_user,
)
from wallet_service.database import Database
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.money import Paise, paise, rupees, rupees_for_people
from wallet_service.payments import rebates
from wallet_service.payments.rebates import Rebate


class Rupees(click.ParamType[Paise]):
    """An amount above zero in rupees with two decimals."""

    name = "rupees"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Paise:
        """Return the paise; a usage error where there is no such amount."""
        if isinstance(value, int):
            return Paise(value)
        try:
            return paise(value)
        except ValueError:
            self.fail(f"{value!r} is not an amount such as 5.00", param, ctx)


@click.group()
def rebate() -> None:
    """Rebates that departments allow: add, end, list."""


@rebate.command()
@click.argument("department")
@click.argument("service")
@click.option("--basis-points", type=click.IntRange(1, rebates.MOST_BASIS_POINTS), help="So many hundredths of 1 %.")
@click.option("--amount", type=Rupees(), help="So many rupees off each demand that is larger.")
@click.option("--from", "first_day", type=Day(), help="Its first day; today unless given.")
@click.option("--to", "last_day", type=Day(), help="Its last day; without one it holds until it is ended.")
@directory_option
def add(
    department: str,
    service: str,
    basis_points: int | None,
    amount: Paise | None,
    first_day: date | None,
    last_day: date | None,
    directory: Path | None,
) -> None:
    """Let SERVICE of DEPARTMENT allow a rebate, as the database's owner.

    It is posted before each payment as an entry of its own: basis points of what is paid, rounded down to whole paise.
    """
    code, number = DepartmentCode(department), ServiceCode(service)
    added = Rebate(code, number, basis_points, amount, first_day or dates.today(), last_day)
    with _as_owner(directory) as connection:
        rebates.add(connection, added, by=system_user())
    click.echo(_told(added))


@rebate.command()
@click.argument("department")
@click.argument("service")
@click.argument("day", type=Day())
@directory_option
def end(department: str, service: str, day: date, directory: Path | None) -> None:
    """Let the rebate of SERVICE of DEPARTMENT end with DAY, as the database's owner; yesterday ends it at once."""
    with _as_owner(directory) as connection:
        ended = rebates.end(connection, DepartmentCode(department), ServiceCode(service), day, by=system_user())
    click.echo(_told(ended))


@rebate.command("list")
@json_option
@directory_option
def list_(as_json: bool, directory: Path | None) -> None:
    """List the rebates there are and were."""
    with opened(directory) as database, database.statement() as connection:
        found = rebates.list_rebates(connection)
    if as_json:
        amounts = ({"amount": None if each.amount is None else rupees(each.amount)} for each in found)
        print_json([{**asdict(each), **amount} for each, amount in zip(found, amounts, strict=True)])
        return
    rows = ((each.department, each.service, _share(each), *_days(each)) for each in found)
    print_table("Rebates", ("department", "service", "rebate", "from", "to"), rows, right=("rebate",))


@contextmanager
def _as_owner(directory: Path | None) -> Iterator[Connection]:
    from wallet_service.settings import owner_url

    with said_in_a_sentence():
        database = Database(owner_url(directory), pool_size=1)
        try:
            with database.transaction() as connection:
                yield connection
        finally:
            database.close()


def _told(told: Rebate) -> str:
    first, last = _days(told)
    return f"{told.department} {told.service} allows {_share(told)} from {first} to {last}"


def _share(told: Rebate) -> str:
    if told.amount is not None:
        return rupees_for_people(told.amount)
    whole, part = divmod(told.basis_points or 0, 100)
    return f"{whole}.{part:02d} %"


def _days(told: Rebate) -> tuple[str, str]:
    return told.first_day.isoformat(), "-" if told.last_day is None else told.last_day.isoformat()
