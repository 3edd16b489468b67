"""`wallet profile`: how layouts that nobody has published are read; copied, edited, tried on a file, and saved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

import click

from wallet_service import dates
from wallet_service.cli.bank import content_of, person_option
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import (
    json_option,
    opened,
    print_json,
    print_table,
    said_in_a_sentence,
    system_user,
    when,
)
from wallet_service.ledger import audit
from wallet_service.money import Paise, rupees, rupees_for_people
from wallet_service.recon import profiles
from wallet_service.recon.profiles import Profile
from wallet_service.recon.readers import declaring
from wallet_service.recon.readers import profile as reader
from wallet_service.recon.readers.declaration import Declaration, Read
from wallet_service.recon.readers.declared_words import LONGEST_TEXT
from wallet_service.recon.readers.profile import Row, Told
from wallet_service.recon.readers.typed_cells import Value

_SHOWN = 10
_BYTES_A_LETTER = 4

existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def profile() -> None:
    """How files are read whose layout nobody has published: copy a profile, edit it, try it on a file, save it."""


@profile.command("list")
@json_option
@directory_option
def list_(as_json: bool, directory: Path | None) -> None:
    """List the profiles, each with its newest version."""
    with opened(directory) as database, database.statement() as connection:
        found = profiles.list_newest(connection)
    if as_json:
        print_json([_facts(each) for each in found])
        return
    rows = ((each.name, str(each.version), each.declared.title, each.by, when(each.at)) for each in found)
    print_table("Profiles", ("name", "version", "what it reads", "by", "since"), rows, right=("version",))


@profile.command()
@click.argument("name")
@click.option("--version", type=click.IntRange(min=1, max=2**31 - 1), help="An earlier version than the newest.")
@json_option
@directory_option
def show(name: str, version: int | None, as_json: bool, directory: Path | None) -> None:
    """Print the profile NAME as it was saved."""
    with opened(directory) as database, database.statement() as connection:
        found = profiles.get(connection, name, version)
    if as_json:
        print_json({**_facts(found), "declaration": found.text})
    else:
        click.echo(found.text, nl=not found.text.endswith("\n"))


@profile.command()
@click.argument("name")
@click.argument("new")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where to write it; NEW.toml here otherwise.")
@directory_option
def copy(name: str, new: str, output: Path | None, directory: Path | None) -> None:
    """Write the profile NAME under the name NEW into a file, to be edited. Nothing is saved or overwritten."""
    with opened(directory) as database, database.statement() as connection:
        text = profiles.renamed(profiles.get(connection, name).text, new)
    written = output or Path(f"{new}.toml")
    try:
        with written.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"{written} cannot be written: {error.strerror}.") from error
    click.echo(f"{written}: edit it, then `wallet profile try FILE --profile {written}`")


@profile.command("try")
@click.argument("file", type=existing_file)
@click.option("--profile", "by", required=True, metavar="P", help="A profile's name, or the file of one not saved yet.")
@json_option
@directory_option
def try_(file: Path, by: str, as_json: bool, directory: Path | None) -> None:
    """Read FILE by a profile and print what it says. Nothing is kept.

    Exit 1 when it would be refused: the lines and the reasons are printed.
    """
    if Path(by).is_file():
        with said_in_a_sentence():
            told, declared = _read_by_file(file, Path(by))
    else:
        with opened(directory) as database, database.statement() as connection:
            declared = profiles.get(connection, by).declared
            told = reader.read(content_of(file), declared, today=dates.today())
    if as_json:
        print_json(_told_facts(told))
    else:
        _print_told(file.name, told, declared)
    if told.rejected:
        raise SystemExit(1)


@profile.command()
@click.argument("file", type=existing_file)
@person_option
@json_option
@directory_option
def save(file: Path, person: str, as_json: bool, directory: Path | None) -> None:
    """Save the profile that FILE declares, as the next version of its name. Files are read by the newest."""
    text = _text_of(file)
    with opened(directory) as database, database.transaction() as connection:
        saved = profiles.save(connection, text, by=person)
        facts = {"by": person, "version": saved.version}
        audit.record(connection, by=system_user(), act="profile-save", subject=saved.name, facts=facts)
    if as_json:
        print_json(_facts(saved))
    else:
        click.echo(f"{saved.name} is version {saved.version} now")


def _read_by_file(file: Path, declaration: Path) -> tuple[Told, Declaration]:
    declared = declaring.load(_text_of(declaration))
    return reader.read(content_of(file), declared, today=dates.today()), declared


def _text_of(file: Path) -> str:
    """Return the letters of a profile's file; one that is no text ends the command."""
    if file.stat().st_size > LONGEST_TEXT * _BYTES_A_LETTER:
        raise click.ClickException(f"{file.name} is too large to be a profile.")
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file.name} is not UTF-8 at byte {error.start}: save it as UTF-8.") from error


def _facts(found: Profile) -> dict[str, object]:
    declared = found.declared
    return {
        "name": found.name,
        "version": found.version,
        "title": declared.title,
        "rows": declared.kind.value,
        "by": found.by,
        "at": found.at,
    }


def _told_facts(told: Told) -> dict[str, object]:
    return {
        "profile": told.profile,
        "encoding": told.encoding,
        "rows": len(told.rows),
        "total": rupees(told.total),
        "aside": [{"line": each.number, "reason": each.reason, "text": each.text} for each in told.aside],
        "refused": told.rejected,
        "rejects": [{"line": each.row, "reason": each.reason, "text": each.text} for each in told.rejects],
        "stated_rows": told.stated_count,
        "stated_total": None if told.stated_total is None else rupees(told.stated_total),
        "file_identity": list(told.file_identity),
        "first_rows": [
            {"line": row.number, **{name: _plain(row, name) for name in row.values}, "operator": row.operator}
            for row in told.rows[:_SHOWN]
        ],
    }


def _plain(row: Row, name: str) -> Value | None:
    value = row.values[name]
    return rupees(Paise(value)) if isinstance(value, int) else value


def _print_told(name: str, told: Told, declared: Declaration) -> None:
    click.echo(f"{name}, read by {told.profile} ({told.encoding}){_of(told.file_identity)}")
    click.echo(f"{len(told.rows):,} rows count, together {rupees_for_people(told.total)}")
    if told.stated_count is not None or told.stated_total is not None:
        total = "" if told.stated_total is None else f" {rupees_for_people(told.stated_total)}"
        count = "" if told.stated_count is None else f" {told.stated_count:,} rows"
        click.echo(f"the file states{count}{total}")
    click.echo(f"{len(told.aside):,} do not count, {told.rejected:,} are refused")
    columns = [each.name for each in declared.fields if not each.of_file]
    right = [each.name for each in declared.fields if each.read in {Read.RUPEES, Read.PAISE}]
    names_operator = declared.operator is not None
    shown = (_cells(row, columns, names_operator=names_operator) for row in told.rows[:_SHOWN])
    if told.rows:
        titles = ("line", *columns, *(("→ operator",) if names_operator else ()))
        print_table(f"The first {min(_SHOWN, len(told.rows))} rows", titles, shown, right=("line", *right))
    if told.aside:
        rows = ((str(each.number), each.reason, each.text) for each in told.aside[:_SHOWN])
        print_table("Not counted", ("line", "why", "as it stands in the file"), rows, right=("line",))
    if told.rejects:
        rows = ((str(each.row), each.reason, each.text) for each in told.rejects)
        print_table("Refused", ("line", "why", "as it stands in the file"), rows, right=("line",))


def _cells(row: Row, columns: Iterable[str], *, names_operator: bool) -> tuple[str, ...]:
    told = tuple(_for_people(row.values[name]) for name in columns)
    return (str(row.number), *told, *((row.operator or "nobody",) if names_operator else ()))


def _for_people(value: Value | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return rupees_for_people(Paise(value))
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M:%S")
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else value


def _of(file_identity: tuple[str, ...]) -> str:
    return f", file {' '.join(file_identity)}" if file_identity else ""
