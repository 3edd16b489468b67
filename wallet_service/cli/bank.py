"""The bank from the command line: `bank-account`, `import` and `release`."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import (
    Day,
    grouped,
    json_option,
    opened,
    print_json,
    print_table,
    progress,
    system_user,
)
from wallet_service.database import Database
from wallet_service.errors import Busy, TieOutNotFound
from wallet_service.ledger import audit
from wallet_service.money import Paise, rupees, rupees_for_people
from wallet_service.recon import bank_accounts, bank_files, intake, posting, taking, tying
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.chain import Outcome
from wallet_service.recon.readers import LARGEST_FILE, pace

_AMOUNTS = ("opening", "closing", "inflows", "outflows")
_JOINS = {
    Outcome.FIRST_FILE: "It is the first file of its account.",
    Outcome.CONTINUES: "It goes on where its account stands.",
    Outcome.OVERLAPS: "It tells again what is known, and goes on from there.",
    Outcome.ALREADY_KNOWN: "It adds nothing.",
    Outcome.WAITS: "It cannot be joined yet.",
    Outcome.CONFLICT: "It contradicts what is known.",
}


class Matching(click.ParamType[str]):
    """A text of one form."""

    name = "text"

    def __init__(self, pattern: str, form: str) -> None:
        self._pattern = re.compile(pattern, re.ASCII)
        self._form = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text; a usage error where it has another form."""
        if not self._pattern.fullmatch(str(value)):
            self.fail(f"{value!r} is not {self._form}", param, ctx)
        return str(value)


person_option = click.option(
    "--by",
    "person",
    required=True,
    type=Matching(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", "a login"),
    metavar="LOGIN",
    help="Who does this; a file is released by another person than took it in.",
)


@click.group("bank-account")
def bank_account() -> None:
    """The bank accounts whose statements are taken in."""


@bank_account.command()
@click.argument("name", type=Matching(rf"(?!(?:charges|interest)$){bank_accounts.NAME}", "a name such as sbi:pool"))
@click.option(
    "--number", required=True, type=Matching(r"[0-9]{9,17}", "9 to 17 digits"), help="Its number at the bank."
)
@click.option("--begins", type=Day(), help="The first day whose statement counts: files of later days wait for it.")
@json_option
@directory_option
def add(name: str, number: str, begins: date | None, as_json: bool, directory: Path | None) -> None:
    """Add the bank account NAME (sbi:pool, say), or give one that has no number yet its number."""
    facts = {"number": number, "begins_on": begins.isoformat() if begins else None}
    with opened(directory) as database, database.transaction() as connection:
        added = bank_accounts.add(connection, name, number, begins_on=begins, by=system_user())
        audit.record(connection, by=system_user(), act="bank-account-add", subject=name, facts=facts)
    if as_json:
        print_json(asdict(added))
    else:
        begun = f" and begins on {added.begins_on}" if added.begins_on else ""
        click.echo(f"{added.code} has the number {added.number}{begun}")


@bank_account.command("list")
@json_option
@directory_option
def list_(as_json: bool, directory: Path | None) -> None:
    """List the bank accounts and their numbers."""
    with opened(directory) as database, database.statement() as connection:
        found = bank_accounts.list_bank_accounts(connection)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = ((each.code, each.number or "none yet: the first file released binds it") for each in found)
    print_table("Bank accounts", ("account", "number"), rows)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--profile", metavar="P", help="Read it by this profile: it announces, and nothing is posted from it.")
@click.option("--account", metavar="NAME", help="The bank account (sbi:pool, say) that it is of, where it names none.")
@person_option
@json_option
@directory_option
def import_(
    file: Path, profile: str | None, account: str | None, person: str, as_json: bool, directory: Path | None
) -> None:
    """Take the bank's FILE in and print what was read. Nothing is posted before another person releases it.

    Exit 1 when the file is rejected: it is kept, and its lines and reasons are printed.
    """
    if profile is not None and account is not None:
        raise click.UsageError("a file that a profile reads is of no bank account: give --profile or --account")
    content = content_of(file)
    with opened(directory) as database, progress(f"reading {file.name}") as tell:
        with pace.watched(lambda lines: tell(f"{grouped(lines)} lines")):
            keep = taking.read(database, content, profile=profile, account=account)
        with database.transaction() as connection:
            taken = keep(connection, filename=file.name, by=person)
            facts = {"by": person, "state": taken.state, "sha256": taken.sha256}
            audit.record(connection, by=system_user(), act="bank-file-import", subject=str(taken.id), facts=facts)
    _print(taken, as_json=as_json)
    if taken.state == "rejected":
        raise SystemExit(1)


@click.command()
@click.argument("file_id", metavar="ID", type=click.IntRange(min=1))
@person_option
@json_option
@directory_option
def release(file_id: int, person: str, as_json: bool, directory: Path | None) -> None:
    """Release the bank file ID and post its lines. Whoever took it in cannot release it.

    Exit 1 when it no longer joins its account's chain; killed while posting, the worker posts the rest.
    """
    with opened(directory) as database:
        with progress(f"releasing file {file_id}") as tell:
            with database.statement() as connection, pace.watched(lambda lines: tell(f"{grouped(lines)} lines read")):
                statements = intake.read_for_release(connection, file_id)
            with database.transaction() as connection:
                released = intake.release(connection, file_id, statements, by=person)
                facts = {"by": person, "state": released.state}
                audit.record(connection, by=system_user(), act="bank-file-release", subject=str(file_id), facts=facts)
        if released.state == "released" and released.profile is not None:
            with progress("comparing it with what was paid"):
                _compare(database, file_id)
        elif released.state == "released":
            with progress(f"posting {grouped(released.new_lines)} lines") as tell:
                posting.post_file(database, file_id, lambda posted: tell(f"{grouped(posted)} posted"))
            with database.statement() as connection:
                released = bank_files.get(connection, file_id)
    _print(released, as_json=as_json)
    if released.state != "released":
        raise SystemExit(1)


def _compare(database: Database, file_id: int) -> None:
    """Compare a department's list that was released; other files of profiles are none, or the worker is at it."""
    with suppress(TieOutNotFound, Busy):
        tying.tie_file(database, file_id)


def content_of(file: Path) -> bytes:
    """Return the bytes of a bank's file; a file that is larger than any of them ends the command."""
    if file.stat().st_size > LARGEST_FILE:
        largest = f"{LARGEST_FILE // 1_000_000} MB"
        raise click.ClickException(f"{file.name} is larger than {largest}: download a shorter period.")
    return file.read_bytes()


def _print(file: BankFile, *, as_json: bool) -> None:
    if as_json:
        facts = asdict(file)
        for name in _AMOUNTS:
            facts[name] = None if facts[name] is None else rupees(facts[name])
        print_json(facts)
        return
    said = f" - {file.reason}" if file.reason else ""
    click.echo(f"file {file.id}, {file.filename} of {grouped(file.bytes)} bytes: {file.state}{said}")
    if file.opening is not None and file.closing is not None:
        _print_controls(file, file.opening, file.closing)
    elif file.profile is not None and file.is_readable:
        click.echo(f"{file.form}, {file.period_first} to {file.period_last}")
        come_to = rupees_for_people(Paise(file.inflows + file.outflows))
        click.echo(f"{file.lines} rows count, {come_to}; {file.new_lines} of them are new")
    if file.rejects:
        rows = ((str(each.row), each.reason, each.text) for each in file.rejects)
        print_table("Refused", ("line", "why", "as it stands in the file"), rows, right=("line",))


def _print_controls(file: BankFile, opening: Paise, closing: Paise) -> None:
    """Print what a clerk compares before releasing: whose statement, of which days, its totals, and how it joins."""
    number = f"number {file.account_number}" if file.account_number else "which it does not name"
    period = f"{_day(file.period_first)} to {_day(file.period_last)}"
    click.echo(f"account {file.bank_account}, {number}; {period}; read as {file.form}")
    rows = (
        ("opening balance", "", rupees_for_people(opening)),
        ("came in", grouped(file.inflow_lines), rupees_for_people(file.inflows)),
        ("went out", grouped(file.outflow_lines), rupees_for_people(file.outflows)),
        ("closing balance", "", rupees_for_people(closing)),
    )
    print_table("Control totals", ("", "lines", "amount"), rows, right=("lines", "amount"))
    joins = f"{_JOINS[Outcome(file.joins)]} " if file.joins else ""
    known, new, posted = (grouped(count) for count in (file.known_lines, file.new_lines, file.posted_lines))
    click.echo(f"{joins}{grouped(file.lines)} lines: {new} new, {known} known from other files, {posted} posted")


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else "-"
