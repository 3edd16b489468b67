"""What commands share: which database is meant, who asks, and how facts and refusals are shown."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.exc import ProgrammingError

from wallet_service.database import Database
from wallet_service.dates import INDIA, wire
from wallet_service.errors import WalletError
from wallet_service.money import Paise, rupees_for_people
from wallet_service.settings import SettingsWrong, service_url

json_option = click.option("--json", "as_json", is_flag=True, help="Print the facts as JSON.")

_PLAIN_WIDTH = 160


class NotFinished(click.ClickException):
    """A check that could not be finished says so by another status than one that found something."""

    exit_code = 2


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD, and in no other spelling."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date; a usage error where there is none."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            self.fail(f"{value!r} is not a date such as 2026-04-02", param, ctx)
        return day


def system_user() -> str:
    """Return who runs the command, as the audit names it: ``system:asha``. The environment has no say in it."""
    try:
        return f"system:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # A container may run as a number without a name.
        return f"system:uid-{os.getuid()}"


@contextmanager
def said_in_a_sentence(ending: type[click.ClickException] = click.ClickException) -> Iterator[None]:
    """End the command with one sentence and the next step when something is refused or is not there."""
    try:
        yield
    except SettingsWrong as error:
        raise ending(str(error)) from error
    except WalletError as error:
        raise ending(sentence(error)) from error


@contextmanager
def opened(directory: Path | None, ending: type[click.ClickException] = click.ClickException) -> Iterator[Database]:
    """Give the service's database; what is refused inside ends the command with a sentence, by *ending*."""
    with said_in_a_sentence(ending):
        database = Database(service_url(directory), pool_size=3, statement_timeout_ms=600_000)
        try:
            yield database
        except ProgrammingError as error:
            said = str(error.orig).strip().splitlines()[0]
            raise ending(f"The database is not as this version needs it ({said}). Run `wallet migrate`.") from error
        finally:
            database.close()


def sentence(error: WalletError) -> str:
    """Return what an error says to a person: what happened, its facts, and what to do next."""
    facts = "; ".join(_fact(name, value) for name, value in error.facts.items() if value not in (None, [], ()))
    return " ".join(part for part in (error.title(), f"({facts})" if facts else "", error.next_step) if part)


def print_json(facts: Any) -> None:
    """Print facts as JSON on standard output, days as ISO 8601, instants in UTC."""
    click.echo(json.dumps(facts, indent=2, ensure_ascii=False, default=_as_text))


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()
) -> None:
    """Print rows for people; the columns named in *right* hold figures."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=_PLAIN_WIDTH)
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # What comes from outside is no markup.
    console.print(table)


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show on standard error that work goes on; what it gives shows how far it is."""
    from rich.console import Console

    console = Console(stderr=True)
    with console.status(what) as status:
        yield lambda how_far: status.update(f"{what}: {how_far}")


def grouped(number: int) -> str:
    """Return a number as it is written in India: 2,00,00,000."""
    from babel.numbers import format_decimal

    return format_decimal(number, locale="en_IN")


def when(instant: datetime | None) -> str:
    """Return an instant as people in India read it; a dash for none."""
    return instant.astimezone(INDIA).strftime("%Y-%m-%d %H:%M") if instant else "-"


def _fact(name: str, value: object) -> str:
    if name.endswith("_paise") and isinstance(value, int):
        return f"{name.removesuffix('_paise').replace('_', ' ')} {rupees_for_people(Paise(value))}"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_listed(each)}" for key, each in value.items())
    return f"{name.replace('_', ' ')} {_listed(value)}"


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return wire(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
