"""The command line: `wallet`, or `python -m wallet_service`."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "demo": "demo.demo",
    "up": "servers.up",
    "serve": "servers.serve",
    "work": "servers.work",
    "clock": "servers.clock",
    "migrate": "schema.migrate",
    "doctor": "doctor.doctor",
    "check": "books.check",
    "trial-balance": "books.trial_balance",
    "day": "days.show",
    "close-day": "days.close_day",
    "client": "clients.client",
    "bank-account": "bank.bank_account",
    "import": "bank.import_",
    "release": "bank.release",
    "bank-lines": "bank_lines.bank_lines",
    "breaks": "breaks.breaks",
    "take": "breaks.take",
    "resolve": "breaks.resolve",
    "propose": "proposals.propose",
    "approvals": "approvals.approvals",
    "approve": "approvals.approve",
    "reject": "approvals.reject",
    "withdraw": "approvals.withdraw",
    "profile": "profiles.profile",
    "reconcile": "reconciliation.reconcile",
    "tie-out": "tie_outs.tie_out",
    "lists": "lists.lists",
    "export": "exports.export",
    "services": "services.services",
    "settlements": "settlements.settlements",
    "rebate": "rebates.rebate",
    "history": "history.history",
    "holiday": "holidays.holiday",
    "jobs": "jobs.jobs",
    "openapi": "description.openapi",
}
"""Each command, and where it is in `cli/`. A module is imported when its command is called: `serve` needs no books."""


class Commands(click.Group):
    """The commands by name, in the order of `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, imported now; None where there is none of that name."""
        module, _, name = COMMANDS.get(cmd_name, "").partition(".")
        if not module:
            return None
        command: click.Command = getattr(import_module(f"wallet_service.cli.{module}"), name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Keep the e-wallets of Bangla Sahayata Kendra operators as double-entry books."""


if __name__ == "__main__":
    main(prog_name="wallet")
