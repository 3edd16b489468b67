"""The recipes of `docs/portal.md`: each block runs, in order, and prints what stands below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.books import Books
from tests.client.gateway import Deed, Gateway
from tests.client.service import Service

DOCUMENT = Path(__file__).parents[2] / "docs" / "portal.md"
_PIECE = re.compile(
    r"^## (?P<heading>.*?)$"
    r"|<!-- (?P<what>the answer is lost|nothing arrives) (?P<times>\d+) times -->"
    r"|```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<prints>.*?)```)?",
    re.DOTALL | re.MULTILINE,
)
_DEEDS = {"the answer is lost": Deed.CUT, "nothing arrives": Deed.LOSE}
_RECIPES = (
    *("Top up", "Pay", "Hold, pay the department, capture", "The answer does not come", "Refund", "Batch"),
    "Every night: compare",
)


@dataclass(frozen=True)
class Block:
    """A block of code under its heading, what it must print, and what happens to its first requests."""

    heading: str
    code: str
    prints: str
    deeds: tuple[Deed, ...]
    line: int


def _blocks() -> Iterator[Block]:
    text = DOCUMENT.read_text(encoding="utf-8")
    heading, deeds = "", tuple[Deed, ...]()
    for piece in _PIECE.finditer(text):
        if piece["heading"]:
            heading = piece["heading"]
        elif piece["what"]:
            deeds = (_DEEDS[piece["what"]],) * int(piece["times"])
        else:
            line = text.count("\n", 0, piece.start("code"))
            yield Block(heading, piece["code"], piece["prints"] or "", deeds, line)
            deeds = ()


def test_every_recipe_prints_what_the_document_says(
    books: Books, service: Service, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALLET_API", gateway.url)
    monkeypatch.setenv("WALLET_TOKEN", service.token())
    names: dict[str, Any] = {}
    run = []

    for block in _blocks():
        gateway.does(*block.deeds)
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile("\n" * block.line + block.code, str(DOCUMENT), "exec"), names)
        assert printed.getvalue() == block.prints, f"{DOCUMENT.name}, line {block.line + 1}"
        run.append(block.heading)

    assert list(dict.fromkeys(run))[-len(_RECIPES) :] == list(_RECIPES)
    assert books.faults() == {}
    for name in ("portal", "hasty", "counter"):
        names[name].close()


def test_what_the_document_says_is_printed_is_compared() -> None:
    blocks = list(_blocks())

    told = [block for block in blocks if block.prints]

    assert len(told) >= len(_RECIPES)
    assert DOCUMENT.read_text(encoding="utf-8").count("```text") == len(told)
    assert sum(len(block.deeds) for block in blocks) == 8
