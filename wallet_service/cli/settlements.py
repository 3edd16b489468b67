"""`wallet settlements`: what departments are due, advices of settlement, and the page that goes with a payout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import click

from wallet_service.cli.bank import Matching
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
from wallet_service.identifiers import DEPARTMENT_PATTERN, SERVICE_PATTERN
from wallet_service.ledger import audit
from wallet_service.money import Paise, paise, rupees, rupees_for_people
from wallet_service.payments import settlement_advices
from wallet_service.payments import settlements as payments
from wallet_service.payments.approvals import Approval
from wallet_service.payments.settlements import Settlement
from wallet_service.reports import collections as reports
from wallet_service.reports.settlement_page import as_csv, as_page

_MOST = 10_000
_AMOUNTS = frozenset(
    {
        *("collected", "refunded", "rebated", "brought_forward", "due", "in_tie_out", "carried_over", "amount"),
        *("paid", "unpaid"),
    }
)
department_argument = click.argument("department", type=Matching(DEPARTMENT_PATTERN, "a department's code"))
_number_argument = click.argument("number", type=Matching(settlement_advices.NUMBER_PATTERN, "an advice"))
_person_option = click.option(
    "--by",
    "person",
    required=True,
    type=Matching(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", "a login"),
    metavar="LOGIN",
    help="Who does this; what is proposed is approved by another person.",
)
_reason_option = click.option("--reason", required=True, help="Why, for whoever approves it.")


@click.group()
def settlements() -> None:
    """What departments are due for closed days, and how they are paid."""


@settlements.command("list")
@click.option("--department", type=Matching(DEPARTMENT_PATTERN, "a department's code"), help="Only this one.")
@click.option("--from", "first", type=Day(), help="Of business days from this one.")
@click.option("--to", "last", type=Day(), help="Of business days up to this one.")
@click.option("--state", type=click.Choice(payments.STATES), help="Only those in this state.")
@json_option
@directory_option
def list_(
    department: str | None,
    first: date | None,
    last: date | None,
    state: str | None,
    as_json: bool,
    directory: Path | None,
) -> None:
    """List what was due for closed days by service, and what became of it; the latest days first."""
    asked: dict[str, Any] = {"department": department, "first": first, "last": last, "state": state}
    with opened(directory) as database, database.statement() as connection:
        found = payments.find(connection, **asked, after=None, limit=_MOST)
    if as_json:
        print_json([_told(asdict(each)) for each in found])
        return
    columns = (
        "day",
        "department",
        "payments",
        "collected",
        "given back",
        "due",
        "in tie-out",
        "state",
        "payable on",
        "advice",
    )
    right = ("payments", "collected", "given back", "due", "in tie-out")
    print_table("Settlements", columns, (_row(each) for each in found), right=right)
    if len(found) == _MOST:
        click.echo(f"and more: only the latest {grouped(_MOST)} are shown; give --from or --to")


@settlements.command()
@department_argument
@click.option("--service", type=Matching(SERVICE_PATTERN, "a service's code"), help="Only this service.")
@click.option("--to", "last", type=Day(), help="Only business days up to this one.")
@_reason_option
@_person_option
@json_option
@directory_option
def advise(
    department: str,
    service: str | None,
    last: date | None,
    reason: str,
    person: str,
    as_json: bool,
    directory: Path | None,
) -> None:
    """Propose to pay DEPARTMENT what is payable by today. Another person's approval writes the advice."""
    with opened(directory) as database, database.transaction() as connection:
        proposed = settlement_advices.propose(
            connection, department, service=service, last=last, reason=reason, by=person
        )
        _record(connection, proposed, by=person)
    _print_proposal(proposed, as_json=as_json)


@settlements.command()
@_number_argument
@click.option("--csv", "as_file", is_flag=True, help="Print its settlements as CSV.")
@json_option
@directory_option
def show(number: str, as_file: bool, as_json: bool, directory: Path | None) -> None:
    """Print the advice NUMBER as a page of 80 columns to go with its payout."""
    with opened(directory) as database, database.statement() as connection:
        advice = settlement_advices.get(connection, number)
    if as_json:
        facts = _told(asdict(advice))
        print_json({**facts, "settlements": [_told(asdict(each)) for each in advice.settlements]})
    else:
        click.echo(as_csv(advice) if as_file else as_page(advice), nl=False)


@settlements.command()
@_number_argument
@click.argument("utr")
@_person_option
@directory_option
def payout(number: str, utr: str, person: str, directory: Path | None) -> None:
    """Note that the bank carried the advice NUMBER out under the reference UTR: its line is tied by that."""
    with opened(directory) as database, database.transaction() as connection:
        noted = settlement_advices.record_utr(connection, number, utr, by=person)
    click.echo(f"{noted.number} is paid under {noted.utr}, once the bank shows it")


@settlements.command("call-off")
@_number_argument
@_reason_option
@_person_option
@json_option
@directory_option
def call_off(number: str, reason: str, person: str, as_json: bool, directory: Path | None) -> None:
    """Propose that the advice NUMBER shall not be paid. Once another person approves it, it is due again."""
    with opened(directory) as database, database.transaction() as connection:
        proposed = settlement_advices.propose_to_call_off(connection, number, reason=reason, by=person)
        _record(connection, proposed, by=person)
    _print_proposal(proposed, as_json=as_json)


@settlements.command()
@department_argument
@click.argument("bank_days", type=click.IntRange(0, payments.LONGEST_TERM))
@directory_option
def term(department: str, bank_days: int, directory: Path | None) -> None:
    """Pay DEPARTMENT so many BANK_DAYS after each day: T+1 unless set. What is not advised yet goes by it too."""
    with opened(directory) as database, database.transaction() as connection:
        payments.set_term(connection, department, bank_days, by=system_user())
    click.echo(f"{department} is paid T+{bank_days}, by the bank's working days")


@settlements.command()
@department_argument
@click.option("--from", "first", type=Day(), required=True, help="The first business day.")
@click.option("--to", "last", type=Day(), required=True, help="The last business day, at most 92 days together.")
@json_option
@directory_option
def collected(department: str, first: date, last: date, as_json: bool, directory: Path | None) -> None:
    """Print what DEPARTMENT collected by day and service, what is due and was paid, as CSV, or with totals as JSON."""
    with opened(directory) as database, database.snapshot() as connection:
        found = reports.collections(connection, department, first, last)
    if as_json:
        facts = {"department": found.department, "from": found.first, "to": found.last}
        lines = [_told(asdict(each)) for each in found.lines]
        ageing = [_told(asdict(each)) for each in found.ageing]
        differences = [_told(asdict(each)) for each in found.differences]
        sums = {"totals": _told(asdict(found.totals)), "ageing": ageing, "differences": differences}
        print_json({**facts, "lines": lines, **sums})
    else:
        click.echo(reports.as_csv(found), nl=False)


def _record(connection: Any, proposed: Approval, *, by: str) -> None:
    facts = {"by": by, "kind": proposed.kind, "payload_sha256": proposed.payload_sha256}
    audit.record(connection, by=system_user(), act="settlement-propose", subject=str(proposed.id), facts=facts)


def _print_proposal(proposed: Approval, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(proposed))
        return
    taken: Sequence[Any] = proposed.payload.get("settlements", ())
    amount = rupees_for_people(paise(proposed.payload["amount"]))
    what = f"{grouped(len(taken))} settlements of {proposed.payload['department']}, " if taken else ""
    contested = paise(proposed.payload.get("in_tie_out", "0.00"))
    of_it = f", of which {rupees_for_people(contested)} in tie-out" if contested else ""
    click.echo(
        f"approval {proposed.id}: {what}{amount}{of_it}; another person approves it (/v1/approvals/{proposed.id})"
    )


def _row(each: Settlement) -> tuple[str, ...]:
    given_back = Paise(each.refunded + each.rebated + each.brought_forward)
    late = f" ({each.overdue_bank_days} bank days late)" if each.overdue_bank_days else ""
    return (
        *(f"{each.day:%d/%m/%Y}", f"{each.department}:{each.service}", grouped(each.payments)),
        *(rupees_for_people(amount) for amount in (each.collected, given_back, each.due, each.in_tie_out)),
        *(each.state, f"{each.payable_on:%d/%m/%Y}{late}", each.advice or "-"),
    )


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts with their amounts in rupees."""
    return {name: rupees(value) if name in _AMOUNTS else value for name, value in facts.items()}
