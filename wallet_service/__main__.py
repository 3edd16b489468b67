"""The command line: `wallet`, or `python -m wallet_service`."""

from __future__ import annotations

import click

from wallet_service.cli import doctor, servers

COMMANDS: tuple[click.Command, ...] = (
    servers.up,
    servers.serve,
    servers.work,
    servers.clock,
    doctor.doctor,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Keep the e-wallets of Bangla Sahayata Kendra operators as double-entry books."""


for _command in COMMANDS:
    main.add_command(_command)


if __name__ == "__main__":
    main(prog_name="wallet")
