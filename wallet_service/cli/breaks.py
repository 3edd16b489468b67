"""Breaks from the command line: `breaks`, `take` and `resolve`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from wallet_service.cli.approvals import facts_of, print_approval
from wallet_service.cli.bank import Matching
from wallet_service.cli.people import Rupees, Words, login_option, rupees_or_none
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import (
    Day,
    grouped,
    json_option,
    opened,
    print_json,
    print_table,
    system_user,
)
from wallet_service.identifiers import OPERATOR_PATTERN, OperatorCode
from wallet_service.ledger import audit
from wallet_service.money import Paise, rupees_for_people
from wallet_service.payments.settlement_advices import NUMBER_PATTERN
from wallet_service.recon import breaks as verbs
from wallet_service.recon import resolutions
from wallet_service.recon.breaks import Break, BreakKind, BreaksOfKind
from wallet_service.recon.resolutions import Particulars

_OPERATOR = Matching(OPERATOR_PATTERN.strip("^$"), "an operator's code")


@click.command()
@click.option("--kind", type=click.Choice([kind.value for kind in BreakKind]), help="Only breaks of this kind.")
@click.option("--owner", metavar="LOGIN", help="Only those that LOGIN works on.")
@click.option("--nobodys", is_flag=True, help="Only those that nobody works on.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@json_option
@directory_option
def breaks(
    kind: str | None, owner: str | None, nobodys: bool, limit: int, as_json: bool, directory: Path | None
) -> None:
    """List what did not match and is open, the oldest first, under the counts and totals of every kind.

    Ages are in days, and in the bank's working days.
    """
    if owner is not None and nobodys:
        raise click.UsageError("give --owner or --nobodys")
    with opened(directory) as database, database.snapshot() as connection:
        counted = verbs.by_kind(connection)
        found = verbs.list_breaks(connection, kind=kind, owner="" if nobodys else owner, after=None, limit=limit)
    if as_json:
        print_json({"by_kind": [_facts(each) for each in counted], "breaks": [_facts(each) for each in found]})
        return
    if not counted:
        click.echo("nothing is open: everything matched, or was settled")
        return
    _print_counts(counted)
    rows = (
        (
            each.id,
            _amount(each.amount),
            _ages(each),
            each.wallet or "",
            each.owner or "nobody",
            f"{each.words} {_next(each)}",
        )
        for each in found
    )
    columns = ("break", "amount", "days (bank's)", "wallet", "owner", "what happened, and what to do next")
    print_table(f"Open breaks, the oldest {grouped(len(found))}", columns, rows, right=("amount", "days (bank's)"))


@click.command()
@click.argument("break_id", metavar="BREAK")
@login_option
@click.option("--to", "owner", metavar="LOGIN", help="Hand it to LOGIN; to whoever does this unless given.")
@click.option("--give-back", is_flag=True, help="Nobody works on it any more.")
@json_option
@directory_option
def take(break_id: str, person: str, owner: str | None, give_back: bool, as_json: bool, directory: Path | None) -> None:
    """Take BREAK, hand it to another, or give it back: who works on it is written down, and shown."""
    if owner is not None and give_back:
        raise click.UsageError("give --to or --give-back")
    chosen = None if give_back else owner or person
    with opened(directory) as database, database.transaction() as connection:
        taken = verbs.hand(connection, break_id, chosen, by=person)
        audit.record(
            connection, by=system_user(), act="break-owner", subject=break_id, facts={"by": person, "owner": chosen}
        )
    if as_json:
        print_json(_facts(taken))
    else:
        click.echo(f"{taken.id}: {taken.owner or 'nobody'} works on it")


@click.command()
@click.argument("break_ids", metavar="BREAK...", nargs=-1, required=True)
@click.option(
    "--as", "resolution", required=True, type=click.Choice(resolutions.NAMES), help="How it shall be resolved."
)
@click.option("--reason", required=True, type=Words(200), help="Why; it is kept for good.")
@click.option("--wallet", type=_OPERATOR, metavar="CODE", help="Whose the money is.")
@click.option("--amount", type=Rupees(), help="A part of what is open; all of it unless given.")
@click.option("--line", type=click.IntRange(1, 10**15), help="The number of another line of the bank.")
@click.option("--until", type=Day(), help="Until which day to wait.")
@click.option("--order-number", metavar="N", type=Words(64), help="Of the department's list or letter, for a refund.")
@click.option("--advice", metavar="N", type=Matching(NUMBER_PATTERN, "an advice"), help="By which it was paid out.")
@login_option
@json_option
@directory_option
def resolve(
    break_ids: Sequence[str],
    resolution: str,
    reason: str,
    wallet: str | None,
    amount: Paise | None,
    line: int | None,
    until: date | None,
    order_number: str | None,
    advice: str | None,
    person: str,
    as_json: bool,
    directory: Path | None,
) -> None:
    """Propose how BREAK is resolved, or several like ones together. Nothing moves until another person approves it.

    Several breaks are one proposal, decided on as a whole: `wallet approve`.
    """
    besides = Particulars(None if wallet is None else OperatorCode(wallet), amount, line, until, order_number, advice)
    with opened(directory) as database, database.transaction() as connection:
        if len(break_ids) == 1:
            made = resolutions.propose(connection, break_ids[0], resolution, besides, reason=reason, by=person)
        else:
            like = [(each, besides) for each in break_ids]
            made = resolutions.propose_bulk(connection, resolution, like, reason=reason, by=person)
        audit.record(connection, by=system_user(), act="propose", subject=str(made.id), facts={"by": person})
    if as_json:
        print_json(facts_of(made))
    else:
        print_approval(made)


def _print_counts(counted: Sequence[BreaksOfKind]) -> None:
    rows = (
        (
            each.kind,
            grouped(each.count),
            _amount(each.amount),
            f"{each.age_days} ({each.age_bank_days})",
            str(each.oldest),
        )
        for each in counted
    )
    columns = ("kind", "open", "amount", "days (bank's) on average", "oldest")
    print_table("Breaks by kind", columns, rows, right=("open", "amount", "days (bank's) on average"))


def _next(found: Break) -> str:
    if found.proposals:
        return f"Proposal {', '.join(map(str, found.proposals))} waits for a decision."
    return found.next_step


def _ages(found: Break | BreaksOfKind) -> str:
    return f"{found.age_days} ({found.age_bank_days})"


def _amount(amount: Paise | None) -> str:
    return "" if amount is None else rupees_for_people(amount)


def _facts(found: Break | BreaksOfKind) -> dict[str, Any]:
    return {**asdict(found), "amount": rupees_or_none(found.amount)}
