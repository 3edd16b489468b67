"""Load a profile's declaration from its text, strictly: a word that is not known, or does not fit, refuses it whole."""

from __future__ import annotations

import re

from wallet_service.errors import ProfileNotUsable
from wallet_service.recon.readers.declaration import (
    LONGEST_WIDTH,
    MOST_COLUMNS,
    NEEDS,
    NUMBERS,
    Counting,
    Declaration,
    Field,
    Kind,
    Layout,
    OperatorRule,
    Read,
    Span,
    Totals,
)
from wallet_service.recon.readers.declared_days import DayPattern, pattern
from wallet_service.recon.readers.declared_words import Faults, Words, tables

NAME = r"[a-z][a-z0-9-]{0,38}[a-z0-9]"
DELIMITERS = {"comma": ",", "pipe": "|", "tilde": "~", "caret": "^", "semicolon": ";", "tab": "\t"}
ENCODINGS = ("detect", "utf-8", "cp1252", "latin-1", "utf-16")

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_SPAN = re.compile(r"([1-9][0-9]{0,4})-([1-9][0-9]{0,4})", re.ASCII)
_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]*\{part\}[A-Z0-9]*", re.ASCII)
_DATES = {Read.DAY, Read.MOMENT}
_AMOUNTS = {Read.RUPEES, Read.PAISE}


def load(text: str) -> Declaration:
    """Return the declaration that a TOML text makes.

    Raises:
        ProfileNotUsable: its ``errors`` say what is wrong, by the place in the profile.
    """
    faults: Faults = {}
    told = tables(text, faults)
    declared = _declaration(Words(told, "", faults)) if told is not None else None
    if faults or declared is None:
        raise ProfileNotUsable(faults)
    return declared


def _declaration(words: Words) -> Declaration:
    layout = Layout(words.choice("layout", [each.value for each in Layout]))
    kind = Kind(words.choice("rows", [each.value for each in Kind]))
    name = words.text("name")
    if not re.fullmatch(NAME, name, re.ASCII):
        words.fault("name", "is 2 to 40 small letters, digits and hyphens, as in van-mis")
    title = words.text("title")
    is_text = layout is not Layout.XML
    encoding = words.choice("encoding", ENCODINGS, ENCODINGS[0]) if is_text else ENCODINGS[0]
    has_titles = layout is Layout.DELIMITED and words.flag("titles")
    columns = None
    if layout is Layout.DELIMITED and not has_titles:
        columns = words.number("columns", 1, MOST_COLUMNS)
        if columns is None:
            words.fault("columns", "is missing: say how many cells a row has, or titles = true if the file has titles")
    fields = _fields(words, layout, has_titles, columns)
    declared = Declaration(
        name=name,
        title=title,
        kind=kind,
        layout=layout,
        encoding=encoding,
        delimiter=_delimiter(words) if layout is Layout.DELIMITED else "",
        has_titles=has_titles,
        columns=columns or 0,
        skip_lines=(words.number("skip_lines", 0, 60, 0) or 0) if is_text and not has_titles else 0,
        row_element=_row_element(words) if layout is Layout.XML else "",
        fields=fields,
        counting=_counting(words, fields),
        totals=_totals(words, layout),
        operator=_operator(words, fields),
        identity=_named(words, "identity", fields),
        file_identity=_named(words, "file_identity", fields),
    )
    _see_what_its_kind_needs(words, declared)
    words.settle()
    return declared


def _delimiter(words: Words) -> str:
    told = words.text("delimiter")
    if told not in DELIMITERS and told not in DELIMITERS.values():
        words.fault("delimiter", f"is one of {', '.join(DELIMITERS)}")
    return DELIMITERS.get(told, told)


def _row_element(words: Words) -> str:
    told = words.text("row_element")
    if not _XML_NAME.fullmatch(told):
        words.fault("row_element", "is the name of the element that each row is, without a prefix")
    return told


def _fields(words: Words, layout: Layout, has_titles: bool, columns: int | None) -> tuple[Field, ...]:
    told = words.table("fields")
    if told is None:
        words.fault("fields", "is missing: a table with a line for each field")
        return ()
    found = []
    for name in told.names():
        if not _FIELD.fullmatch(name):
            told.fault(name[:40], "is no field's name: small letters, digits and underscores")
        if (field := told.table(name)) is not None:
            found.append(_field(name, field, layout, has_titles, columns))
    if not 1 <= len(found) <= MOST_COLUMNS:
        words.fault("fields", f"has 1 to {MOST_COLUMNS} fields")
    return tuple(found)


def _field(name: str, words: Words, layout: Layout, has_titles: bool, columns: int | None) -> Field:
    read = Read(words.choice("read", [each.value for each in Read], Read.TEXT.value))
    is_constant = "always" in words
    declared = Field(
        name=name,
        at=None if is_constant else _at(words, layout, has_titles, columns),
        read=read,
        pattern=_pattern(words, read) if read in _DATES else None,
        optional=words.flag("optional"),
        of_file=layout is Layout.XML and words.flag("of_file"),
        always=words.text("always") if is_constant else None,
        one_of=words.texts("one_of"),
    )
    if is_constant and (read is not Read.TEXT or declared.of_file):
        words.fault("always", "is a text that every row has; it is read as text, and nowhere in the file")
    words.settle()
    return declared


def _at(words: Words, layout: Layout, has_titles: bool, columns: int | None) -> int | str | Span | None:
    told = words.raw("at")
    if layout is Layout.FIXED:
        return _span(words, "at")
    if layout is Layout.XML or has_titles:
        if isinstance(told, str) and (1 <= len(told) <= 200) and (has_titles or _XML_NAME.fullmatch(told)):
            return told
        words.fault("at", "is the column's title" if has_titles else "is the name of an attribute or element")
        return None
    if told is None:
        words.fault("at", "is missing: the column's number, from 1")
    return words.number("at", 1, columns or MOST_COLUMNS)


def _span(words: Words, word: str) -> Span | None:
    told = words.raw(word)
    found = _SPAN.fullmatch(told) if isinstance(told, str) else None
    if found is None or not int(found[1]) <= int(found[2]) <= LONGEST_WIDTH:
        words.fault(word, 'is the first and last character, counted from 1, as in "1-10"')
        return None
    return Span(int(found[1]), int(found[2]))


def _pattern(words: Words, read: Read) -> DayPattern | None:
    written = words.text("pattern")
    if not written:
        return None
    try:
        found = pattern(written)
    except ValueError as error:
        words.fault("pattern", str(error))
        return None
    if read is Read.MOMENT and not found.has_time:
        words.fault("pattern", "of a moment needs hh and mm; without a time of day, read it as day")
    return found


def _counting(words: Words, fields: tuple[Field, ...]) -> Counting | None:
    told = words.table("counts")
    if told is None:
        return None
    field = told.choice("field", [each.name for each in fields if each.read is Read.TEXT] or ["status"])
    listed = (tuple(each.upper() for each in told.texts(word)) for word in ("words", "aside", "failed"))
    counted, aside, failed = listed
    if not counted or set(counted) & set(aside):
        told.fault("words", "is the list of words of a row that counts; those in aside are others")
    if not set(failed) <= set(aside):
        told.fault("failed", "is the list of those words in aside that say that a payment was not taken")
    told.settle()
    return Counting(field, counted, aside, failed)


def _totals(words: Words, layout: Layout) -> Totals | None:
    told = words.table("totals")
    if told is None:
        return None
    if layout is Layout.FIXED:
        words.fault("totals", "can be had from a delimited file or an XML file")
    places: list[int | str | None] = []
    for word in ("count", "amount"):
        if layout is Layout.XML:
            places.append(told.text(word) if word in told else None)
        else:
            places.append(told.number(word, 2, MOST_COLUMNS))
    if places == [None, None]:
        told.fault("count", "or amount is missing: say where the file states it")
    row = told.text("row") if layout is Layout.DELIMITED else None
    of_all = told.choice("of", ("all", "counted"), "all") == "all"
    told.settle()
    return Totals(row, places[0], places[1], of_all)


def _operator(words: Words, fields: tuple[Field, ...]) -> OperatorRule | None:
    told = words.table("operator")
    if told is None:
        return None
    rule = OperatorRule(
        field=told.choice("field", [each.name for each in fields] or ["van"]),
        prefix=told.text("prefix").upper(),
        characters=_span(told, "characters") if "characters" in told else None,
        code=told.text("code", "{part}"),
    )
    if not _CODE.fullmatch(rule.code):
        told.fault("code", "is the operator's code, with {part} for what the account's number says, as in BSKOP{part}")
    told.settle()
    return rule


def _named(words: Words, word: str, fields: tuple[Field, ...]) -> tuple[str, ...]:
    """Return a list of fields' names."""
    named = words.texts(word)
    known = [each.name for each in fields]
    for name in named:
        if name not in known:
            words.fault(word, f"names “{name[:40]}”, which is no field of this profile")
    return named


def _see_what_its_kind_needs(words: Words, declared: Declaration) -> None:
    for name in NEEDS[declared.kind]:
        field = declared.field(name)
        if field is None:
            words.fault("fields", f"needs a field {name}: without it, rows of {declared.kind} say nothing")
        elif field.optional:
            words.fault(f"fields.{name}", f"cannot be optional: every row of {declared.kind} has it")
    if declared.kind is Kind.PAYMENTS and not any(declared.field(name) for name in NUMBERS):
        words.fault("fields", f"needs one of {', '.join(NUMBERS)}: without it, nobody can tell which payment a row is")
    _see_reading(words, declared, "amount", _AMOUNTS)
    _see_reading(words, declared, "day", {Read.DAY})
    if declared.kind is Kind.ANNOUNCEMENTS:
        _see_reading(words, declared, "reference", {Read.REFERENCE})
        if (declared.operator is None) == (declared.field("operator") is None):
            words.fault("operator", "is a table that says how an account names its operator, or a field: one of them")
    elif declared.operator is not None:
        words.fault("operator", "belongs to announcements; rows of other kinds have a field operator")


def _see_reading(words: Words, declared: Declaration, name: str, readings: set[Read]) -> None:
    field = declared.field(name)
    if field is not None and field.read not in readings:
        words.fault(f"fields.{name}.read", f"is {' or '.join(sorted(each.value for each in readings))}")
