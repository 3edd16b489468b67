"""`wallet jobs`: the jobs that were given up, and another try."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, opened, print_json, print_table, system_user, when
from wallet_service.ledger import audit, outbox


@click.group()
def jobs() -> None:
    """Jobs that were given up."""


@jobs.command("list")
@json_option
@directory_option
def list_(as_json: bool, directory: Path | None) -> None:
    """List the jobs that were given up, latest first, and why."""
    with opened(directory) as database, database.statement() as connection:
        found = outbox.failed(connection)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    print_table(
        "Jobs given up",
        ("id", "job", "subject", "given up", "why"),
        ((str(each.id), each.job, each.subject, when(each.failed_at), each.failure) for each in found),
        right=("id",),
    )


@jobs.command()
@click.argument("job_id", metavar="ID", type=click.IntRange(min=1))
@directory_option
def retry(job_id: int, directory: Path | None) -> None:
    """Let the job ID be tried again."""
    with opened(directory) as database, database.transaction() as connection:
        outbox.retry(connection, job_id)
        audit.record(connection, by=system_user(), act="job-retry", subject=str(job_id))
    click.echo(f"job {job_id} will be tried again")
