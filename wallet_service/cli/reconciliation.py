"""`wallet reconcile`: the reconciliation statement of a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import Day, json_option, opened, print_json, print_table, progress, system_user
from wallet_service.money import Paise, paise, rupees_for_people
from wallet_service.recon import report
from wallet_service.recon.report import Reconciliation


@click.command()
@click.argument("day", type=Day())
@json_option
@directory_option
def reconcile(day: date, as_json: bool, directory: Path | None) -> None:
    """Make the reconciliation statement of DAY, by value date, and print it. Exit 1 when it does not agree."""
    with opened(directory) as database, progress(f"reconciling {day}"):
        with database.snapshot() as connection:
            draft = report.draw_up(connection, day)
        with database.transaction() as connection:
            made = report.keep(connection, draft, by=system_user())
    if as_json:
        facts = {"day": made.day, "version": made.version, "state": made.state, "made_by": made.made_by}
        print_json({**made.statement, **facts, "made_at": made.made_at})
    else:
        _print(made)
    if not made.statement["agrees"]:
        raise SystemExit(1)


def _print(made: Reconciliation) -> None:
    statement = made.statement
    click.echo(f"Reconciliation statement of {made.day}, {made.state}, version {made.version}")
    for bank in statement["part_a"]:
        _print_bank(bank)
    if not statement["part_a"]:
        click.echo("A. No bank account has a number yet: no statement was released.")
    _print_what_is_owed(statement["part_b"])
    click.echo("It agrees." if statement["agrees"] else "IT DOES NOT AGREE: look at the differences above.")


def _print_bank(bank: dict[str, Any]) -> None:
    rows = [("closing balance of the statement", _amount(bank["statement_closing"]))]
    rows += [
        (f"not yet posted: line {line['line']} of {line['booked_on']}, {line['description']}", _amount(line["amount"]))
        for line in bank["lines_not_yet_posted"]
    ]
    rows += [("bank per books", _amount(bank["bank_per_books"])), ("difference", _amount(bank["difference"]))]
    covered = f"covered to {bank['covered_to']}" if bank["covered_to"] else "no statement yet"
    print_table(f"A. bank:{bank['bank_account']} ({covered})", ("", "amount"), rows, right=("amount",))


def _print_what_is_owed(part: dict[str, Any]) -> None:
    rows = [("bank per books", _amount(part["bank_per_books"]), "")]
    rows += [(each["account"], _amount(each["amount"]), "") for each in part["owed_to_the_scheme"]]
    rows += [(each["account"], "", _amount(each["amount"])) for each in part["owed_by_the_scheme"]]
    ours, theirs = part["bank_and_owed_to_the_scheme"], part["total_owed_by_the_scheme"]
    rows += [("total", _amount(ours), _amount(theirs)), ("difference", _amount(part["difference"]), "")]
    columns = ("account", "bank and owed to us", "owed by us")
    print_table("B. What there is, and what is owed", columns, rows, right=columns[1:])
    for account in part["open_items"]:
        _print_open_items(account)


def _print_open_items(account: dict[str, Any]) -> None:
    rows = [
        (
            item["item"],
            item["reference"] or "",
            item["since"],
            str(item["age_days"]),
            _amount(item["amount"]),
            item["words"],
        )
        for item in account["items"]
    ]
    rows.append(("total", "", "", "", _amount(account["amount"]), ""))
    columns = ("item", "reference", "since", "days", "amount", "why")
    print_table(f"Open items of {account['account']}", columns, rows, right=("days", "amount"))


def _amount(text: str) -> str:
    """Return an amount of the statement, a string of rupees that may be below zero, as people read it."""
    sign = -1 if text.startswith("-") else 1
    return rupees_for_people(Paise(sign * paise(text.removeprefix("-"))))
