"""`wallet services`: departments and services beyond those that come with the package."""

from __future__ import annotations

from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, opened, print_json, system_user
from wallet_service.ledger import audit
from wallet_service.payments import departments

_LARGEST_BYTES = 5_000_000


@click.group()
def services() -> None:
    """Departments and services."""


@services.command("import")
@click.argument("file", metavar="CSV", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@directory_option
def import_(file: Path, as_json: bool, directory: Path | None) -> None:
    """Add the services of a CSV file, or give known ones new names; all of it or nothing.

    Its header: department,code,name,name_bn,once_per, and for new departments department_name,department_name_bn;
    answer_days, the calendar days by which the department answers for a payment, may be among them.
    """
    content = _read(file)
    with opened(directory) as database:
        catalogue = departments.read_services_csv(content)
        facts = {"departments": len(catalogue.departments), "services": len(catalogue.services)}
        with database.transaction() as connection:
            departments.load(connection, catalogue.departments, catalogue.services)
            audit.record(connection, by=system_user(), act="services-import", subject=file.name, facts=facts)
    if as_json:
        print_json(facts)
    else:
        click.echo(f"{facts['services']} services, {facts['departments']} departments with their names")


def _read(file: Path) -> str:
    if file.stat().st_size > _LARGEST_BYTES:
        raise click.ClickException(f"{file.name} is larger than {_LARGEST_BYTES} bytes: this is no list of services.")
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{file.name} is not UTF-8 at byte {error.start}: save it as CSV UTF-8 and import it again."
        ) from error
