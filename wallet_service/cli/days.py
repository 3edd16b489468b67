"""The business day from the command line: `day` and `close-day`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    when,
)
from wallet_service.ledger import day_book
from wallet_service.ledger.entries import PostedEntry
from wallet_service.money import Paise, rupees, rupees_for_people
from wallet_service.recon import business_day, night
from wallet_service.recon.business_day import BusinessDay
from wallet_service.recon.night_steps import Figure, StepDone


@click.command()
@click.argument("day", type=Day())
@click.option("--late", is_flag=True, help="List the entries that count much earlier: at most 1,000 of them.")
@json_option
@directory_option
def show(day: date, late: bool, as_json: bool, directory: Path | None) -> None:
    """Print the business day DAY: its state, what its night did and found, totals, bank files and statements.

    With --late print its entries that count for a financial year gone by, or for a day more than 35 days before.
    """
    with opened(directory) as database, database.snapshot() as connection:
        found = business_day.view(connection, day)
        entries = day_book.late_entries(connection, day, after=None, limit=1_000) if late else []
    if late:
        _print_late(entries, as_json=as_json)
    elif as_json:
        print_json(_facts(found))
    else:
        _print(found)


@click.command("close-day")
@click.argument("day", type=Day(), required=False)
@json_option
@directory_option
def close_day(day: date | None, as_json: bool, directory: Path | None) -> None:
    """Do the night of the business day DAY and close it: it takes no more entries, and its sums are kept.

    Without DAY, every day before today that is still open is closed, in order. Payments go on meanwhile. Cut off, the
    same command goes on where it was. Exit 1 where a law does not hold: the day stays open, and the rows are named.
    """
    with opened(directory) as database:
        with progress("the night") as tell:
            if day is None:
                closed = night.run(database, by=system_user(), progress=tell)
            else:
                night.close(database, day, by=system_user(), progress=tell)
                closed = [day]
        with database.snapshot() as connection:
            found = [business_day.view(connection, each) for each in closed]
    if as_json:
        print_json([_facts(each) for each in found])
        return
    if not found:
        click.echo("nothing to do: every day before today is closed")
    for each in found:
        _print(each)


def _facts(found: BusinessDay) -> dict[str, Any]:
    """Return a day's facts as the API tells them."""
    return {
        "day": found.day,
        "state": found.state,
        "financial_year": found.financial_year,
        "is_bank_day": found.is_bank_day,
        "began_at": found.began_at,
        "closed_at": found.closed_at,
        "steps": [
            {
                "step": each.step,
                "words": each.words,
                "began_at": each.began_at,
                "ended_at": each.ended_at,
                "by": each.by,
                "figures": [_figure(figure) for figure in each.figures],
                "failure": each.failure,
            }
            for each in found.steps
        ],
        "totals": [_figure(each) for each in found.totals],
        "of_earlier_years": _figure(found.of_earlier_years),
        "late_entries": _figure(found.late_entries),
        "laws": [
            {"law": each.law, "sentence": each.sentence, "holds": each.holds, "faults": each.faults, "rows": each.rows}
            for each in found.laws
        ],
        "files": [
            {"id": each.id, "state": each.state, "filename": each.filename, "posted_lines": each.posted_lines}
            for each in found.files
        ],
        "statements": [
            {"version": each.version, "state": each.state, "agrees": each.agrees, "made_at": each.made_at}
            for each in found.statements
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "what": figure.what,
        "count": figure.count,
        "amount": None if figure.paise is None else rupees(figure.paise),
        "age_days": figure.age_days,
    }


def _print(found: BusinessDay) -> None:
    bank = "" if found.is_bank_day else ", no bank day"
    click.echo(f"{found.day:%d/%m/%Y} is {found.state} (financial year {found.financial_year}{bank})")
    print_table("The night", ("step", "began", "took", "what it did"), (_step(each) for each in found.steps))
    _print_totals([*found.totals, found.of_earlier_years, found.late_entries])
    broken = [each for each in found.laws if not each.holds]
    click.echo(f"laws: {len(found.laws) - len(broken)} of {len(found.laws)} hold")
    for law in broken:
        click.echo(f"BROKEN {law.law:2}  {law.sentence}")
        for row in law.rows:
            click.echo(f"           {row}")
    for file in found.files:
        click.echo(f"file {file.id}: {file.state}, {file.posted_lines} lines posted, {file.filename}")
    for made in found.statements:
        agrees = "agrees" if made.agrees else "DOES NOT AGREE"
        click.echo(f"statement version {made.version}: {made.state}, {agrees}, {when(made.made_at)}, {made.made_by}")


def _print_late(entries: Sequence[PostedEntry], *, as_json: bool) -> None:
    if as_json:
        print_json([{**asdict(each), "amount": rupees(each.amount)} for each in entries])
        return
    print_table(
        "Entries that count much earlier",
        ("entry", "counts on", "kind", "debit", "credit", "amount"),
        (
            (each.id, f"{each.value_date:%d/%m/%Y}", each.kind, each.debit, each.credit, rupees_for_people(each.amount))
            for each in entries
        ),
        right=("amount",),
    )


def _print_totals(figures: Iterable[Figure]) -> None:
    rows = ((each.what, grouped(each.count), rupees_for_people(each.paise or Paise(0))) for each in figures)
    print_table("Its entries", ("kind", "count", "amount"), rows, right=("count", "amount"))


def _step(step: StepDone) -> tuple[str, str, str, str]:
    took = f"{(step.ended_at - step.began_at).total_seconds():.1f} s" if step.ended_at else "-"
    did = "; ".join(_said(each) for each in step.figures)
    return (
        step.words,
        when(step.began_at),
        took,
        step.failure or did or ("" if step.ended_at else "at work, or cut off"),
    )


def _said(figure: Figure) -> str:
    amount = "" if figure.paise is None else f", {rupees_for_people(figure.paise)}"
    age = "" if figure.age_days is None else f", {figure.age_days} days old on average"
    return f"{figure.what}: {grouped(figure.count)}{amount}{age}"
