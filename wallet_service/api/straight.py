"""Reading and writing by a schema's own fields, without what marshmallow does around them for the requests that fail.

Neither decides anything: a field reads and writes its value, and what is not in order is read again by the schema,
which tells all that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields, missing
from marshmallow.decorators import VALIDATES_SCHEMA

_OF_THE_SCHEMA = frozenset({VALIDATES_SCHEMA})
_MADE = (fields.Constant, fields.Function, fields.Method)  # They are no attributes.


class Reader:
    """Reads what arrives by a schema: its fields one by one, then its rules over several of them."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._schema = schema
        self._fields = [
            (field.data_key or name, field.attribute or name, field) for name, field in schema.load_fields.items()
        ]
        self._names = frozenset(name for name, _, _ in self._fields)
        self._rules = [getattr(schema, name) for name, _, _ in _hooks(schema)[VALIDATES_SCHEMA]]
        self._is_plain = _hooks(schema).keys() <= _OF_THE_SCHEMA and not schema.many

    def read(self, sent: Any) -> Any:
        """Return what *sent* says, by the names of the fields' attributes.

        Raises:
            ValidationError: with all that is wrong.
        """
        if not (self._is_plain and isinstance(sent, dict) and self._names.issuperset(sent)):
            return self._loaded(sent)
        try:
            return self._accepted(sent)
        except ValidationError:
            return self._loaded(sent)  # It tells this error, and whatever else is wrong.

    def _loaded(self, sent: Any) -> Any:
        return self._schema.load(sent, unknown=marshmallow.RAISE)

    def _accepted(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, attribute, field in self._fields:
            value = field.deserialize(sent.get(name, missing), name, sent)
            if value is not missing:
                found[attribute] = value
        for rule in self._rules:
            rule(found, partial=None, many=False, unknown=marshmallow.RAISE)
        return found


class Writer:
    """Writes what leaves by a schema, field by field."""

    def __init__(self, schema: marshmallow.Schema) -> None:
        self._dump = schema.dump
        self._is_plain = _hooks(schema).keys() <= _OF_THE_SCHEMA and not schema.many
        self._fields = [
            (field.data_key or name, name, _writing(name, field, schema.get_attribute))
            for name, field in schema.dump_fields.items()
        ]

    def write(self, value: Any) -> Any:
        """Return what the schema says of *value*, ready to be encoded."""
        if not self._is_plain:
            return self._dump(value)
        found: dict[str, Any] = {}
        for key, name, writing in self._fields:
            member = writing(name, value)
            if member is not missing:
                found[key] = member
        return found


def _writing(name: str, field: fields.Field[Any], get: Callable[[Any, str, Any], Any]) -> Callable[[str, Any], Any]:
    """Return how a member is written: of a field that is the attribute of its name, by that attribute alone."""
    if (
        type(field).serialize is not fields.Field.serialize
        or isinstance(field, _MADE)
        or field.dump_default is not missing
    ):
        return lambda name, whole: field.serialize(name, whole, accessor=get)
    attribute, written = field.attribute or name, _written(field)

    def writing(name: str, whole: Any) -> Any:
        member = get(whole, attribute, missing)
        return member if member is missing else written(member, name, whole)

    return writing


def _written(field: fields.Field[Any]) -> Callable[[Any, str, Any], Any]:
    if type(field) is fields.Nested and not field.many and isinstance(field.nested, marshmallow.Schema):
        inner = Writer(field.nested)
        return lambda value, name, whole: None if value is None else inner.write(value)
    if type(field) is fields.List:
        each_written = _written(field.inner)
        return lambda value, name, whole: None if value is None else [each_written(each, name, whole) for each in value]
    return field._serialize  # noqa: SLF001 (`serialize` would fetch the value once more)


def _hooks(schema: marshmallow.Schema) -> dict[str, list[Any]]:
    kept = schema._hooks.items()  # noqa: SLF001 (marshmallow says it nowhere else)
    return {VALIDATES_SCHEMA: [], **{tag: hooks for tag, hooks in kept if hooks}}
