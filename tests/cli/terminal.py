"""A terminal: the words in which tests speak of the command line."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from tests.servers import Servers
from wallet_service.__main__ import main

WHO = f"system:{pwd.getpwuid(os.getuid()).pw_name}"


class Terminal:
    """Runs `wallet` against one database."""

    def __init__(self, servers: Servers) -> None:
        self.environment = {
            "DATABASE_URL": servers.service_url,
            "DATABASE_OWNER_URL": servers.owner_url,
            "REDIS_URL": "",
            "WALLET_DIR": "",
        }

    def run(self, *arguments: str | Path) -> Result:
        """Run a command, however it ends."""
        return CliRunner().invoke(main, [str(each) for each in arguments], env=self.environment)

    def says(self, *arguments: str | Path) -> str:
        """Return what a command prints that must succeed."""
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def tells(self, *arguments: str | Path) -> Any:
        """Return the facts that a command prints as JSON and that must succeed."""
        return json.loads(self.says(*arguments, "--json"))

    def refuses(self, *arguments: str | Path, status: int = 1) -> str:
        """Return the sentence with which a command declines; nothing stands on standard output."""
        result = self.run(*arguments)
        assert (result.exit_code, result.stdout) == (status, ""), result.output
        assert "Traceback" not in result.stderr
        return " ".join(result.stderr.split())
