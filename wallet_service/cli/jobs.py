"""`wallet jobs`: what should be done by now and is not, and another try at it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, opened, print_json, print_table, system_user, when
from wallet_service.recon import unfinished
from wallet_service.recon.unfinished import STUCK


@click.group()
def jobs() -> None:
    """Work that is stuck."""


@jobs.command("list")
@click.option("--state", type=click.Choice(STUCK), help="Only what was given up, or only what is late.")
@json_option
@directory_option
def list_(state: str | None, as_json: bool, directory: Path | None) -> None:
    """List what is stuck, the oldest first, and why.

    Jobs that were given up or are late, bank files that nobody reads or posts, nights that did not come to their end.
    """
    with opened(directory) as database, database.statement() as connection:
        found = unfinished.list_unfinished(connection, state=state)
    if as_json:
        print_json([{**asdict(each), "next_step": each.next_step} for each in found])
        return
    print_table(
        "Work that is stuck",
        ("id", "job", "subject", "since", "state", "why", "what to do"),
        ((each.id, each.job, each.subject, when(each.since), each.state, each.words, each.next_step) for each in found),
    )


@jobs.command()
@click.argument("job_id", metavar="ID")
@directory_option
def retry(job_id: str, directory: Path | None) -> None:
    """Have the work ID of the list tried again."""
    with opened(directory) as database, database.transaction() as connection:
        unfinished.try_again(connection, job_id, by=system_user())
    click.echo(f"{job_id} will be tried again")
