"""`wallet history`: a generated past, for benchmarks and training."""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wallet_service.cli.servers import directory_option
from wallet_service.cli.terminal import Day, grouped, json_option, print_json, said_in_a_sentence

if TYPE_CHECKING:
    from wallet_service.history import Plan, Told


@click.command()
@click.option("--payments", type=click.IntRange(1, 2_000_000_000), required=True, help="How many payments.")
@click.option("--wallets", type=click.IntRange(2, 200_000), default=10_000, show_default=True, help="How many wallets.")
@click.option("--seed", type=click.IntRange(0, 2**62), default=1, show_default=True, help="Another seed, another past.")
@click.option("--until", type=Day(), help="Its last day; yesterday unless given.")
@json_option
@directory_option
def history(payments: int, wallets: int, seed: int, until: date | None, as_json: bool, directory: Path | None) -> None:
    """Generate 30 months of payments in empty books, as the database's owner, and mark them as generated.

    Cut off anywhere, the same command goes on. A production service does not start on such a database.
    """
    import psycopg

    from wallet_service.history import HistoryRefused, generate, planned
    from wallet_service.settings import owner_url

    with said_in_a_sentence():
        url = owner_url(directory)
        try:
            plan = planned(url, payments=payments, wallets=wallets, seed=seed, last_day=until)
            begun = time.monotonic()
            generate(url, plan, _Teller().tell)
        except HistoryRefused as error:
            raise click.ClickException(str(error)) from error
        except psycopg.OperationalError as error:
            first_line = (str(error).strip().splitlines() or ["no answer"])[0]
            raise click.ClickException(
                f"The database went away: {first_line}. Nothing is lost: give the same command again."
            ) from error
    _print(plan, round(time.monotonic() - begun), as_json=as_json)


class _Teller:
    """Says on standard error how far it is: a line for each month, and for each index."""

    def __init__(self) -> None:
        self._begun: tuple[float, int] | None = None

    def tell(self, told: Told) -> None:
        now = time.monotonic()
        if self._begun is None:
            self._begun = now, told.payments  # What an earlier call had posted is no measure of this one's speed.
        since, before = self._begun
        posted, seconds = told.payments - before, now - since
        line = f"{told.what}: {grouped(told.payments)} of {grouped(told.of)} payments"
        if posted > 0 and told.payments < told.of:
            left = round((told.of - told.payments) * seconds / posted)
            line += f", {grouped(round(posted / seconds))} a second, {_lasting(left)} left before the indexes"
        click.echo(line, err=True)


def _print(plan: Plan, seconds: int, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(plan), "first_day": plan.first_day, "seconds": seconds})
        return
    click.echo(
        f"{grouped(plan.payments)} payments of {grouped(plan.wallets)} wallets from {plan.first_day} to {plan.last_day}"
        f" in {_lasting(seconds)}. Next: `wallet check`, and `wallet client rotate history` for their client's token."
    )


def _lasting(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min {seconds % 60} s"
