"""`bank-lines`: what became of the lines of a bank file, by which rule, and what the rule saw."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, opened, print_json, print_table
from wallet_service.money import rupees, rupees_for_people
from wallet_service.recon import bank_files
from wallet_service.recon.bank_files import FileLine

_AMOUNTS = ("amount", "balance_after")


@click.command("bank-lines")
@click.argument("file_id", metavar="ID", type=click.IntRange(min=1))
@click.option("--state", type=click.Choice(("unposted", "posted", "suspense")), help="Lines in this state only.")
@click.option("--after", type=click.IntRange(min=0), default=0, show_default=True, help="Begin behind this row.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=200, show_default=True, help="So many lines at most.")
@json_option
@directory_option
def bank_lines(file_id: int, state: str | None, after: int, limit: int, as_json: bool, directory: Path | None) -> None:
    """Show the lines of the bank file ID: what each became, by which rule and version, having seen which candidates."""
    with opened(directory) as database, database.statement() as connection:
        file = bank_files.get(connection, file_id)
        found = bank_files.list_lines(connection, file.id, state=state, after=after, limit=limit)
    if as_json:
        print_json([asdict(line) | {name: rupees(getattr(line, name)) for name in _AMOUNTS} for line in found])
        return
    print_table(
        f"Lines of file {file.id}, {file.filename}",
        ("row", "day", "way", "rupees", "state", "rule", "why", "seen"),
        (_row(line) for line in found),
        right=("row", "rupees"),
    )


def _row(line: FileLine) -> tuple[str, ...]:
    rule = f"{line.rule} {line.rule_version}" if line.rule else ""
    return (
        *(str(line.row), line.booked_on.isoformat(), line.direction, rupees_for_people(line.amount), line.state),
        *(rule, line.reason or "", ", ".join(line.candidates)),
    )
