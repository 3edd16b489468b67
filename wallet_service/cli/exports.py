"""`wallet export`: a report as a file, for whoever sits at the machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import Day, json_option, opened, print_json, progress, system_user
from wallet_service.database import Database
from wallet_service.ledger.entries import EntryKind
from wallet_service.reports import exports
from wallet_service.reports.exports import FORMATS, REPORTS, Export, File, Filters
from wallet_service.reports.streaming import stream
from wallet_service.settings import service_url

_TOLD_EVERY_BYTES = 4_194_304


@click.command()
@click.argument("report", type=click.Choice(list(REPORTS)))
@click.option("--from", "first", required=True, type=Day(), help="The first business day.")
@click.option("--to", "last", required=True, type=Day(), help="The last business day; at most 367 days in all.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default=FORMATS[0], show_default=True)
@click.option("--purpose", required=True, help="To what purpose the data leave; the audit keeps it.")
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
@click.option("--wallet", help="Of this operator only.")
@click.option("--department", help="Of this department only.")
@click.option("--kind", type=click.Choice([str(kind) for kind in EntryKind]), help="Entries of this kind only.")
@json_option
@directory_option
def export(
    report: str,
    first: date,
    last: date,
    format_: str,
    purpose: str,
    output: Path,
    wallet: str | None,
    department: str | None,
    kind: str | None,
    as_json: bool,
    directory: Path | None,
) -> None:
    """Write REPORT over some business days to a file, streamed from the books.

    What is posted meanwhile is not in it. The file has its name only once it is whole.
    """
    filters = Filters(wallet, department, kind)
    with opened(directory) as database, progress(f"exporting {report}") as tell:
        with database.transaction() as connection:
            made = exports.request(
                connection,
                report=report,
                first=first,
                last=last,
                format_=format_,
                filters=filters,
                purpose=purpose,
                by=system_user(),
                client_id=None,
            )
            exports.record_fetch(connection, made, by=system_user())
        file = _write(database, service_url(directory), made, output, tell)
    if as_json:
        print_json({"id": made.id, "report": report, "output": str(output), **asdict(file)})
    else:
        click.echo(f"export {made.id}: {file.rows} rows, {file.bytes} bytes, sha256 {file.sha256}, in {output}")


def _write(database: Database, url: str, made: Export, output: Path, tell: Callable[[str], None]) -> File:
    """Write the file beside its place, then put it there: under its own name it is whole."""
    found: list[File] = []
    begun = output.with_name(f"{output.name}.part")
    with closing(stream(url, made, found.append)) as chunks:
        try:
            with begun.open("wb") as file:
                size = 0
                for chunk in chunks:
                    if size // _TOLD_EVERY_BYTES < (size := size + file.write(chunk)) // _TOLD_EVERY_BYTES:
                        tell(f"{size // 1_048_576} MB written")
            begun.replace(output)
        except OSError as error:
            raise click.ClickException(f"{begun} could not be written: {error.strerror}.") from error
    with database.transaction() as connection:
        exports.record_file(connection, made, found[0])
    return found[0]
