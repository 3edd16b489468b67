"""`wallet migrate`: the schema to head, and the departments that come with the package."""

from __future__ import annotations

from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, print_json, progress, said_in_a_sentence
from wallet_service.database import Database


@click.command()
@json_option
@directory_option
def migrate(as_json: bool, directory: Path | None) -> None:
    """Bring the schema to head, as the database's owner, and load the package's departments and services."""
    from sqlalchemy.exc import DBAPIError

    from wallet_service.settings import owner_url

    with said_in_a_sentence(), progress("migrating"):
        try:
            applied = to_head_with_departments(owner_url(directory))
        except DBAPIError as error:
            first_line = str(error.orig or error).strip().splitlines()[0]
            raise click.ClickException(
                f"The migration failed and was rolled back: {first_line}. See that DATABASE_OWNER_URL is the owner's "
                "login and that nothing long holds a table, then run it again."
            ) from error
    if as_json:
        print_json({"applied": applied})
    else:
        click.echo(f"applied {', '.join(applied)}" if applied else "nothing to do: the schema is at head")


def to_head_with_departments(owner_url: str) -> list[str]:
    """Migrate the database at the owner's url, load what the package brings, and return the revisions applied.

    Raises:
        sqlalchemy.exc.DBAPIError: a migration failed; that one was rolled back whole.
    """
    from wallet_service.migrating import to_head
    from wallet_service.payments import departments

    applied = to_head(owner_url)
    database = Database(owner_url, pool_size=1)
    with database.transaction() as connection:
        departments.load(connection, departments.package_departments(), departments.package_services())
    database.close()
    return applied
