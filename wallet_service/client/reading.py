"""JSON as the frozen dataclass that it is told to be. What a newer service adds is passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from .problems import Problem, Unintelligible, problem

T = TypeVar("T")

_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,18})\.[0-9]{2}", re.ASCII)


def read(kind: type[T], told: object) -> T:
    """Return *told*, a JSON value, as a *kind*.

    Raises:
        Unintelligible: a member is missing or is something else.
    """
    return cast(T, _read(kind, told, kind.__name__))


def _read(kind: Any, told: Any, where: str) -> Any:
    if is_dataclass(kind) and isinstance(told, dict):
        return _object(kind, told, where)
    if get_origin(kind) is UnionType and told is None and NoneType in get_args(kind):
        return None
    if get_origin(kind) is UnionType:
        return _read(next(each for each in get_args(kind) if each is not NoneType), told, where)
    if get_origin(kind) is tuple and isinstance(told, list):
        return tuple(_read(get_args(kind)[0], each, f"{where}[{place}]") for place, each in enumerate(told))
    if kind is Problem and isinstance(told, dict):
        return problem(int(told.get("status", 0)), told)
    return _plain(kind, told, where)


def _object(kind: Any, told: Mapping[str, Any], where: str) -> Any:
    given = {}
    for field, hint in _hints(kind):
        name = f"{where}.{field.name}"
        if field.name in told:
            given[field.name] = _read(hint, told[field.name], name)
        elif field.default is MISSING:
            raise Unintelligible(f"{name} is missing from the answer")
    return kind(**given)


def _plain(kind: Any, told: Any, where: str) -> Any:
    wrong = f"{where} is {told!r}, which is no {getattr(kind, '__name__', kind)}"
    if kind in (str, int, bool) and type(told) is kind:
        return told
    if kind is Decimal and isinstance(told, str) and _AMOUNT.fullmatch(told):
        return Decimal(told)
    if kind not in (date, datetime) or not isinstance(told, str):
        raise Unintelligible(wrong)
    try:
        return kind.fromisoformat(told)
    except ValueError:
        raise Unintelligible(wrong) from None


@lru_cache(maxsize=128)
def _hints(kind: Any) -> list[tuple[Any, Any]]:
    hints = get_type_hints(kind)
    return [(field, hints[field.name]) for field in fields(kind)]
