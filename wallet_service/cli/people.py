"""What a person says at a terminal: who they are, an amount in rupees, and a reason in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import click

from wallet_service.cli.bank import Matching
from wallet_service.money import Paise, paise, rupees

Id = TypeVar("Id")
login_option = click.option(
    "--by",
    "person",
    required=True,
    type=Matching(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", "a login"),
    metavar="LOGIN",
    help="Who does this: who proposes and who decides are two persons, whatever they use.",
)


class Rupees(click.ParamType[Paise]):
    """An amount above zero in rupees with two decimals: 1250.00."""

    name = "rupees"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Paise:
        """Return the paise; a usage error where it is no such amount."""
        try:
            found = paise(str(value))
        except ValueError:
            found = Paise(0)
        if not found:
            self.fail(f"{value!r} is not an amount such as 1250.00", param, ctx)
        return found


class Spelt(click.ParamType[Id], Generic[Id]):
    """An id in its canonical spelling."""

    name = "id"

    def __init__(self, parse: Callable[[str], Id], form: str) -> None:
        self._parse = parse
        self._form = form

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Id:
        """Return the id; a usage error where it is spelt in another way."""
        try:
            return self._parse(str(value))
        except ValueError:
            self.fail(f"{value!r} is not {self._form}", param, ctx)


class Words(click.ParamType[str]):
    """Words of a person on one line; numbers by which a person could be known are masked before anything keeps them."""

    name = "text"

    def __init__(self, longest: int) -> None:
        self._longest = longest

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the words; a usage error where there are none, or too many, or some cannot be seen."""
        from wallet_service.api.fields import masked

        words = str(value).strip()
        if not 1 <= len(words) <= self._longest or not words.isprintable():
            self.fail(f"1 to {self._longest} printable characters", param, ctx)
        return masked(words)


def rupees_or_none(amount: Paise | None) -> str | None:
    """Return the wire form of an amount, None of none."""
    return None if amount is None else rupees(amount)
