"""`wallet propose`: what finance does beside any break, and nobody alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from wallet_service.cli.approvals import facts_of, print_approval
from wallet_service.cli.bank import Matching
from wallet_service.cli.people import Rupees, Spelt, Words, login_option
from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import json_option, opened, print_json, system_user
from wallet_service.identifiers import OPERATOR_PATTERN, DebitId, EntryId, OperatorCode
from wallet_service.ledger import audit
from wallet_service.money import Paise
from wallet_service.payments import adjustments
from wallet_service.payments.approvals import Approval

Command = TypeVar("Command", bound=Callable[..., Any])
_DEBIT = Spelt(DebitId.parse, "the id of a debit")
_ENTRY = Spelt(EntryId.parse, "the id of an entry")
_OPERATOR = Matching(OPERATOR_PATTERN.strip("^$"), "an operator's code")
_ORDER = Matching(r"[A-Za-z0-9](?:[A-Za-z0-9 ./_-]{0,62}[A-Za-z0-9./_-])?", "an order's number")


@click.group()
def propose() -> None:
    """Propose what is beside any break. Nothing moves until another person approves it: `wallet approve`."""


def _with_why(command: Command) -> Command:
    reason = click.option("--reason", required=True, type=Words(200), help="Why; it is kept for good.")
    return reason(login_option(json_option(directory_option(command))))


@propose.command()
@click.argument("debit", type=_DEBIT)
@click.option("--amount", required=True, type=Rupees(), help="How much goes back.")
@click.option("--cause", required=True, type=click.Choice(["failed", "paid"]), help="What became of the payment.")
@click.option("--order", required=True, type=_ORDER, help="The number of the department's order.")
@_with_why
def refund(debit: DebitId, amount: Paise, cause: str, order: str, **told: Any) -> None:
    """Give DEBIT back, in part or whole, by the department's order, however old the payment is."""
    _propose(
        lambda connection, reason, by: adjustments.propose_refund(
            connection, debit, amount=amount, cause=cause, order_number=order, reason=reason, by=by
        ),
        **told,
    )


@propose.command()
@click.argument("wallet", type=_OPERATOR)
@click.option("--amount", required=True, type=Rupees(), help="What the wallet had before.")
@_with_why
def balance(wallet: str, amount: Paise, **told: Any) -> None:
    """Bring in what WALLET had before this ledger, once."""
    _propose(
        lambda connection, reason, by: adjustments.propose_balance(
            connection, OperatorCode(wallet), amount=amount, reason=reason, by=by
        ),
        **told,
    )


@propose.command()
@click.argument("entry", type=_ENTRY)
@_with_why
def reversal(entry: EntryId, **told: Any) -> None:
    """Undo ENTRY, by which a balance was brought in by mistake; what is spent of it, the operator owes."""
    _propose(
        lambda connection, reason, by: adjustments.propose_reversal(connection, entry, reason=reason, by=by),
        **told,
    )


@propose.command()
@click.argument("name", type=click.Choice(adjustments.LIMITS))
@click.option("--to", required=True, type=Rupees(), help="What it shall be.")
@_with_why
def limit(name: str, to: Paise, **told: Any) -> None:
    """Change the limit NAME on what is credited before the bank has shown it."""
    _propose(
        lambda connection, reason, by: adjustments.propose_limit(connection, name, to=to, reason=reason, by=by), **told
    )


def _propose(
    verb: Callable[[Connection, str, str], Approval],
    *,
    reason: str,
    person: str,
    as_json: bool,
    directory: Path | None,
) -> None:
    with opened(directory) as database, database.transaction() as connection:
        made = verb(connection, reason, person)
        audit.record(connection, by=system_user(), act="propose", subject=str(made.id), facts={"by": person})
    if as_json:
        print_json(facts_of(made))
    else:
        print_approval(made)
