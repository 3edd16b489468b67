"""What the documents promise is so: the tour's answers, the table of errors, the commands, the links."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tests import curl, error_sections
from tests.api.portal import EVERYTHING, application, caller
from tests.servers import Servers
from wallet_service.__main__ import COMMANDS, main
from wallet_service.errors import leaves

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_OF_THE_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?|[0-9a-f]{32}")


def _tour() -> Iterator[tuple[str, Any]]:
    """Yield each command of the README's tour with its answer."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        command, _, answer = block.partition("\n{")
        yield command.removeprefix("$ "), json.loads("{" + answer)


def _lasting(text: str) -> Any:
    """Return an answer without what differs from one moment to the next."""
    return json.loads(_OF_THE_MOMENT.sub("then", text))


def test_the_tour_of_the_readme_gives_the_answers_it_shows(fresh_servers: Servers) -> None:
    with application(fresh_servers) as app:
        portal = caller(app, *EVERYTHING)
        variables = {
            "API": "http://127.0.0.1",
            "PORTAL": f"Authorization: Bearer {portal.token}",
            "JSON": "Content-Type: application/json",
        }

        told = []
        for command, shown in _tour():
            call = curl.read(command, variables)
            answer = app.test_client().open(call.path, method=call.method, headers=call.headers, data=call.body)
            told.append((command, _lasting(answer.text), _lasting(json.dumps(shown))))

    assert len(told) >= 5
    for command, answered, shown in told:
        assert answered == shown, command


def test_each_error_has_its_sentence_and_its_row() -> None:
    told = {error for family in error_sections.ALL for error in leaves(family)}
    document = error_sections.DOCUMENT.read_text(encoding="utf-8")

    assert document == error_sections.introduction() + error_sections.sections(), "python -m tests.error_sections"
    assert told == set(leaves())
    assert [error for error in told if not (error.__doc__ and error.title().endswith(".") and error.next_step)] == []


def test_the_readme_names_each_command_and_no_other() -> None:
    named = {words[1] for row in re.findall(r"^\| (`wallet .*?) \|", README, re.MULTILINE) for words in _commands(row)}

    assert named == set(COMMANDS)


def _commands(cell: str) -> list[list[str]]:
    return [shlex.split(each) for each in re.findall(r"`(wallet [^`]+)`", cell)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_links_of_a_document_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    broken = [link for link in re.findall(r"\]\((?!http)([^)#]+)", text) if not (document.parent / link).exists()]
    unknown = [
        " ".join(words) for words in (_commands(text)) if not _is_command(main, [w for w in words[1:] if w != "…"])
    ]

    assert (broken, unknown) == ([], [])


def _is_command(command: click.Command, words: list[str]) -> bool:
    """Say whether the words lead to a command that has all the options among them."""
    context = click.Context(command)
    while words and isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        if found is None:
            return False
        command, words = found, words[1:]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    return {word.strip("[]") for word in words if word.strip("[").startswith("--")} <= options


def test_help_is_there_for_every_command() -> None:
    for name in COMMANDS:
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0, result.output
