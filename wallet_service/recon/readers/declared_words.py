"""The words of a profile, read strictly: what is unknown, missing or of another kind is named with what is meant."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

LONGEST_TEXT = 20_000
"""Characters in a declaration."""

_LONGEST_VALUE = 200
_MOST_VALUES = 200

Faults = dict[str, list[str]]


def tables(text: str, faults: Faults) -> Mapping[str, object] | None:
    """Return what a TOML text holds; None, with the reason in *faults*, where it is none."""
    if len(text) > LONGEST_TEXT:
        faults["profile"] = [f"A profile has at most {LONGEST_TEXT:,} characters; this is no profile."]
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults["profile"] = [f"This is not TOML: {str(error)[:_LONGEST_VALUE]}."]
    except (ValueError, RecursionError):  # A number of thousands of digits, or brackets within brackets.
        faults["profile"] = ["This is not TOML that a profile needs: a number is too long, or brackets are too deep."]
    return None


class Words:
    """One table of a profile. What is asked for and cannot be had is noted in *faults* under the table's *place*."""

    def __init__(self, told: Mapping[str, object], place: str, faults: Faults) -> None:
        self._told = told
        self._place = place
        self._faults = faults
        self._known: list[str] = []

    def __contains__(self, word: str) -> bool:
        return word in self._told

    def names(self) -> list[str]:
        """Return every word of the table: each is a name of the writer's choice."""
        self._known = list(self._told)
        return self._known

    def text(self, word: str, default: str | None = None) -> str:
        """Return a text of 1 to 200 characters."""
        value = self._value(word, default)
        if isinstance(value, str) and 1 <= len(value) <= _LONGEST_VALUE:
            return value
        if value is not None or default is None:
            self.fault(word, "is missing" if value is None else 'takes a text, as in "…"')
        return default or ""

    def choice(self, word: str, choices: Sequence[str], default: str | None = None) -> str:
        """Return one of the *choices*; the first of them where it is none."""
        value = self._value(word, default)
        if isinstance(value, str) and value in choices:
            return value
        said = "is missing; it is" if value is None else f"is {_shown(value)}, and can only be"
        self.fault(word, f"{said} one of {', '.join(choices)}{_meant(value, choices)}")
        return choices[0]

    def flag(self, word: str) -> bool:
        """Return true or false; false where it is not said."""
        value = self._value(word, False)
        if not isinstance(value, bool):
            self.fault(word, "takes true or false")
            return False
        return value

    def number(self, word: str, least: int, most: int, default: int | None = None) -> int | None:
        """Return a whole number from *least* to *most*; *default* where it is not said."""
        value = self._value(word, None)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.fault(word, f"takes a whole number from {least} to {most}")
            return default
        return value

    def texts(self, word: str) -> tuple[str, ...]:
        """Return a list of texts; none where it is not said."""
        value = self._value(word, [])
        fits = isinstance(value, list) and len(value) <= _MOST_VALUES
        if not isinstance(value, list) or not fits or not all(isinstance(each, str) and each for each in value):
            self.fault(word, f'takes a list of at most {_MOST_VALUES} texts, as in ["…", "…"]')
            return ()
        return tuple(str(each)[:_LONGEST_VALUE] for each in value)

    def table(self, word: str) -> Words | None:
        """Return a table within this one; None where it is not there."""
        value = self._value(word, None)
        if value is None:
            return None
        place = f"{self._place}.{word}" if self._place else word
        if not isinstance(value, dict):
            self.fault(word, f"takes a table: [{place}]")
            return None
        return Words(value, place, self._faults)

    def raw(self, word: str) -> object:
        """Return a value as it stands; None where it is not said."""
        return self._value(word, None)

    def fault(self, word: str, said: str) -> None:
        """Note what is wrong with a word."""
        place = ".".join(part for part in (self._place, word) if part) or "profile"
        self._faults.setdefault(place, []).append(f"{said[:1].upper()}{said[1:]}.")

    def settle(self) -> None:
        """Note every word that nobody asked for."""
        for word in self._told:
            if word not in self._known:
                self.fault(word[:_LONGEST_VALUE], f"is no word of a profile here{_meant(word, self._known)}")

    def _value(self, word: str, default: object) -> object:
        if word not in self._known:
            self._known.append(word)
        return self._told.get(word, default)


def _shown(value: object) -> str:
    return f"“{str(value)[:40]}”"


def _meant(value: object, choices: Sequence[str]) -> str:
    near = get_close_matches(str(value)[:40], choices, n=1) if value is not None else []
    return f"; {near[0]} is meant, perhaps" if near else ""
