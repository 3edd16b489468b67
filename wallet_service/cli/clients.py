"""`wallet client`: machine clients and their tokens."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, opened, print_json, print_table, system_user, when
from wallet_service.payments import clients
from wallet_service.payments.clients import LONGEST_DAYS, LONGEST_DAYS_CHECKING, LONGEST_OVERLAP_MINUTES, SCOPES, Issued

days_option = click.option(
    "--days",
    type=click.IntRange(1, LONGEST_DAYS),
    help=f"Days until the token expires; as many as are allowed unless given ({LONGEST_DAYS}; "
    f"{LONGEST_DAYS_CHECKING} with finance:check).",
)
json_already = click.option(
    "--json", is_flag=True, expose_value=False, help="As it is: a token is printed as JSON in any case."
)


@click.group()
def client() -> None:
    """Machine clients: add, list, rotate, revoke."""


@client.command(epilog=f"Scopes: {', '.join(SCOPES)}, department:<CODE>.")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, help="What the client may do; repeat it for more.")
@click.option("--person", help="Login of the person that the client stands for; its own name unless given.")
@days_option
@json_already
@directory_option
def add(name: str, scopes: tuple[str, ...], person: str | None, days: int | None, directory: Path | None) -> None:
    """Add the client NAME and print its token, which is shown this once and never again."""
    with opened(directory) as database, database.transaction() as connection:
        issued = clients.add(connection, name, scopes, person=person, days=days, by=system_user())
    _print(issued)


@client.command("list")
@json_option
@directory_option
def list_(as_json: bool, directory: Path | None) -> None:
    """List the clients, what each may do, and until when."""
    with opened(directory) as database, database.statement() as connection:
        found = clients.list_clients(connection)
    if as_json:
        print_json([{**asdict(each), "scopes": sorted(each.scopes)} for each in found])
        return
    print_table(
        "Clients",
        ("client", "person", "scopes", "tokens", "until", "added by"),
        (
            (
                each.name,
                each.person,
                " ".join(sorted(each.scopes)),
                str(each.tokens),
                when(each.expires_at) if each.tokens else "no good token",
                each.added_by,
            )
            for each in found
        ),
        right=("tokens",),
    )


@client.command()
@click.argument("name")
@click.option(
    "--overlap",
    type=click.IntRange(0, LONGEST_OVERLAP_MINUTES),
    default=0,
    show_default=True,
    help="Minutes for which the old tokens stay good.",
)
@days_option
@json_already
@directory_option
def rotate(name: str, overlap: int, days: int | None, directory: Path | None) -> None:
    """Give the client NAME a new token and print it. The old ones end at once, or after the overlap."""
    with opened(directory) as database, database.transaction() as connection:
        issued = clients.rotate(connection, name, days=days, overlap_minutes=overlap, by=system_user())
    _print(issued)


@client.command()
@click.argument("name")
@json_option
@directory_option
def revoke(name: str, as_json: bool, directory: Path | None) -> None:
    """End all tokens of the client NAME at once."""
    with opened(directory) as database, database.transaction() as connection:
        ended = clients.revoke(connection, name, by=system_user())
    if as_json:
        print_json({"client": name, "tokens_ended": ended})
    else:
        click.echo(f"{name}: {ended} token{'' if ended == 1 else 's'} ended.")


def _print(issued: Issued) -> None:
    """Print a new token, once; for programs and people alike."""
    client = issued.client
    print_json({"client": client.name, "token": issued.token, "expires_at": client.expires_at})
