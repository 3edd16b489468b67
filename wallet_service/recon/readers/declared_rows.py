"""Cut a text file into the records that a profile declares: delimited, or by fixed widths.

Source: domain facts A0 (titles within the first rows, padded; repeated titles; text guards).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.declaration import Declaration, Layout, Span
from wallet_service.recon.readers.text import Row, Text, damaged_lines, decode, lines, rows

MOST_ROWS = 100_000
"""Rows of a file that is read by a profile."""

_DEEPEST_TITLES = 60
_NAMED = {"utf-8": "utf-8-sig"}


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands: the line on which it starts, its cells in the order of the profile's fields, its text.

    A *fault* says why its cells cannot be told apart; they are empty then.
    """

    number: int
    cells: tuple[str, ...]
    text: str
    fault: str = ""


@dataclass(slots=True)
class Cut:
    """What a file is cut into; *count* and *amount* are its control totals as it writes them, with their line."""

    encoding: str
    records: list[Record] = field(default_factory=list)
    stated_on: int = 0
    count: str = ""
    amount: str = ""

    def add(self, record: Record) -> None:
        """Add a record.

        Raises:
            Unreadable: there are more than `MOST_ROWS`.
        """
        if len(self.records) >= MOST_ROWS:
            raise Unreadable(f"The file has more than {MOST_ROWS:,} rows. Bring a shorter period.")
        self.records.append(record)


def cut(content: bytes, profile: Declaration) -> Cut:
    """Return the records of a text file.

    Raises:
        Unreadable: it is no text, not in the profile's encoding, or has not the titles of the profile.
    """
    text = _decoded(content, profile)
    if "\x00" in text.content:
        raise Unreadable("This is no text: it holds bytes of a program, a picture or a workbook. Save it as text.")
    text_lines = lines(text.content.removeprefix("\ufeff"))
    for number, reason in damaged_lines(enumerate(text_lines, 1)):
        raise Unreadable(f"Line {number}: {reason}")
    found = Cut(text.encoding)
    if profile.layout is Layout.FIXED:
        _cut_fixed(text_lines, profile, found)
    else:
        _cut_delimited(text_lines, profile, found)
    return found


def _decoded(content: bytes, profile: Declaration) -> Text:
    if profile.encoding == "detect":
        return decode(content)
    try:
        return Text(content.decode(_NAMED.get(profile.encoding, profile.encoding)), profile.encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"The profile says {profile.encoding}, and byte {error.start + 1} is not.") from error


def _cut_fixed(text_lines: list[str], profile: Declaration, found: Cut) -> None:
    for number, line in enumerate(text_lines, 1):
        if number > profile.skip_lines and line.strip():
            cells = (each.at.of(line).strip() if isinstance(each.at, Span) else "" for each in profile.fields)
            found.add(Record(number, tuple(cells), line))


def _cut_delimited(text_lines: list[str], profile: Declaration, found: Cut) -> None:
    every = _numbered(text_lines, profile)
    width, places = profile.columns, tuple(each.at - 1 if isinstance(each.at, int) else -1 for each in profile.fields)
    titles: tuple[str, ...] = ()
    if profile.has_titles:
        titles, places = _titles(every, profile)
        width = len(titles)
    for row in every:
        if not row.cells or _plain(row) == titles:
            continue
        if profile.totals is not None and row.cells[0] == profile.totals.row:
            found.stated_on = row.number
            found.count, found.amount = _cell(row, profile.totals.count), _cell(row, profile.totals.amount)
        elif len(row.cells) > width:
            fault = f"the row has {len(row.cells)} cells and the profile {width}: a {profile.delimiter} stands in one"
            found.add(Record(row.number, (), row.text, fault))
        elif found.stated_on:
            found.add(Record(row.number, (), row.text, f"it stands behind the totals of line {found.stated_on}"))
        else:
            cells = tuple(row.cell(place) if place >= 0 else "" for place in places)
            found.add(Record(row.number, cells, row.text))


def _numbered(text_lines: list[str], profile: Declaration) -> Iterator[Row]:
    skipped = profile.skip_lines
    for row in rows(text_lines[skipped:], profile.delimiter):
        yield Row(row.number + skipped, row.cells)


def _titles(every: Iterable[Row], profile: Declaration) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the titles of the file, and the place of each field among them; the rows before them are passed over."""
    asked = [_title(each.at) if isinstance(each.at, str) else None for each in profile.fields]
    nearest: set[str] = set()
    for row in every:
        titles = _plain(row)
        if all(title is None or titles.count(title) == 1 for title in asked):
            return titles, tuple(-1 if title is None else titles.index(title) for title in asked)
        nearest = max(nearest, {title for title in asked if title in titles and title is not None}, key=len)
        if row.number > _DEEPEST_TITLES:
            break
    missing = [str(each.at) for each in profile.fields if isinstance(each.at, str) and _title(each.at) not in nearest]
    raise Unreadable(
        f"No row among the first {_DEEPEST_TITLES} has the titles of the profile, each once. "
        f"Missing: {', '.join(missing) or 'none'}."
    )


def _plain(row: Row) -> tuple[str, ...]:
    return tuple(map(_title, row.cells))


def _title(cell: str) -> str:
    return " ".join(cell.split()).lower()


def _cell(row: Row, column: int | str | None) -> str:
    return row.cell(column - 1) if isinstance(column, int) else ""
