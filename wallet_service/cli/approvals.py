"""Approvals from the command line: `approvals`, `approve`, `reject` and `withdraw`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from wallet_service.cli.bank import Matching
from wallet_service.cli.people import Words, login_option
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, opened, print_json, print_table, system_user, when
from wallet_service.database import Database
from wallet_service.ledger import audit
from wallet_service.payments import approvals as verbs
from wallet_service.payments.approvals import Approval, Proposed

_shown_option = click.option(
    "--sha256",
    "shown",
    type=Matching(r"[0-9a-f]{64}", "64 hexadecimal digits"),
    help="The payload's hash as it was read; without it the payload is shown, and you are asked.",
)
_reason_option = click.option("--reason", required=True, type=Words(200), help="Why; it is kept for good.")
_id_argument = click.argument("approval_id", metavar="ID", type=click.IntRange(1, 10**15))


@click.command()
@click.option("--state", type=click.Choice(verbs.STATES), help="Only proposals in this state.")
@click.option("--kind", type=click.Choice([kind.value for kind in Proposed]), help="Only of this kind.")
@click.option("--about", metavar="BREAK", help="What was proposed for this break, parts of bulks too.")
@click.option("--part-of", type=click.IntRange(1, 10**15), metavar="ID", help="The parts of this bulk.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@json_option
@directory_option
def approvals(
    state: str | None,
    kind: str | None,
    about: str | None,
    part_of: int | None,
    limit: int,
    as_json: bool,
    directory: Path | None,
) -> None:
    """List what was proposed and what became of it, the newest first."""
    with opened(directory) as database, database.statement() as connection:
        found = verbs.find(connection, state=state, kind=kind, about=about, part_of=part_of, after=None, limit=limit)
    if as_json:
        print_json([facts_of(each) for each in found])
        return
    rows = (
        (
            str(each.id),
            each.kind,
            f"{each.parts} breaks" if each.parts else each.about or "",
            f"{each.state}, {each.stale_parts} stale" if each.stale_parts else each.state,
            f"{each.proposed_by}, {when(each.proposed_at)}",
            f"{each.decided_by}, {when(each.decided_at)}" if each.decided_by else "",
            str(each.payload["reason"]),
        )
        for each in found
    )
    print_table("Approvals", ("id", "what", "about", "state", "proposed by", "decided by", "why"), rows, right=("id",))


@click.command()
@_id_argument
@login_option
@_shown_option
@json_option
@directory_option
def approve(approval_id: int, person: str, shown: str | None, as_json: bool, directory: Path | None) -> None:
    """Let what was proposed as ID happen, once. Whoever proposed it cannot, by whatever means.

    Exit 1 when it could no longer be done: nothing moved. Of a bulk what can be done is done.
    """
    decided = _decide(
        directory,
        approval_id,
        "approve",
        lambda connection, sha256: verbs.approve(connection, approval_id, sha256, by=person),
        person=person,
        shown=shown,
        as_json=as_json,
    )
    if decided.state != "approved":
        raise SystemExit(1)


@click.command()
@_id_argument
@login_option
@_reason_option
@_shown_option
@json_option
@directory_option
def reject(
    approval_id: int, person: str, reason: str, shown: str | None, as_json: bool, directory: Path | None
) -> None:
    """Put what was proposed as ID aside for good. Whoever proposed it withdraws it instead."""
    _decide(
        directory,
        approval_id,
        "reject",
        lambda connection, sha256: verbs.reject(connection, approval_id, sha256, reason=reason, by=person),
        person=person,
        shown=shown,
        as_json=as_json,
    )


@click.command()
@_id_argument
@login_option
@_reason_option
@json_option
@directory_option
def withdraw(approval_id: int, person: str, reason: str, as_json: bool, directory: Path | None) -> None:
    """Take back your own proposal ID that nobody has decided on."""
    with opened(directory) as database:
        decided = _recorded(
            database, "withdraw", person, lambda c: verbs.withdraw(c, approval_id, reason=reason, by=person)
        )
    _told(decided, as_json=as_json)


def facts_of(found: Approval) -> dict[str, Any]:
    """Return a proposal's facts as the API tells them."""
    return asdict(found)


def print_approval(found: Approval, *, err: bool = False) -> None:
    """Print a proposal as whoever decides on it reads it: its payload whole, and its hash."""
    state = f"{found.state} by {found.decided_by}" if found.decided_by else found.state
    click.echo(f"{found.id}: {found.kind}, proposed by {found.proposed_by} {when(found.proposed_at)}, {state}", err=err)
    if found.reason:
        click.echo(f"  {found.reason}", err=err)
    for part in found.payload.get("parts", [found.payload]):
        click.echo(f"  {json.dumps(part, sort_keys=True, ensure_ascii=False)}", err=err)
    click.echo(f"  sha256 {found.payload_sha256}", err=err)
    if found.entries:
        click.echo(f"  entries {', '.join(found.entries)}", err=err)


def _decide(
    directory: Path | None,
    approval_id: int,
    act: str,
    verb: Callable[[Connection, str], Approval],
    *,
    person: str,
    shown: str | None,
    as_json: bool,
) -> Approval:
    if shown is None and as_json:
        raise click.UsageError("with --json nobody is asked: give --sha256, the payload's hash as it was read")
    with opened(directory) as database:
        if shown is None:
            with database.statement() as connection:
                found = verbs.get(connection, approval_id)
            print_approval(found, err=True)
            click.confirm(f"{act} this?", abort=True, err=True)
            sha256 = found.payload_sha256
        else:
            sha256 = shown
        decided = _recorded(database, act, person, lambda connection: verb(connection, sha256))
    _told(decided, as_json=as_json)
    return decided


def _recorded(database: Database, act: str, person: str, verb: Callable[[Connection], Approval]) -> Approval:
    with database.transaction() as connection:
        decided = verb(connection)
        facts = {"by": person, "state": decided.state}
        audit.record(connection, by=system_user(), act=f"proposal-{act}", subject=str(decided.id), facts=facts)
    return decided


def _told(decided: Approval, *, as_json: bool) -> None:
    if as_json:
        print_json(facts_of(decided))
    else:
        print_approval(decided)
