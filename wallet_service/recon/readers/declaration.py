"""A profile's declaration: how a layout that nobody has published is read, written down by finance as TOML. Pure.

Source of what a profile must be able to say: domain facts A0, A2.1, A2.2, A5 and A6.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wallet_service.recon.readers.declared_days import DayPattern

MOST_COLUMNS = 200
LONGEST_WIDTH = 10_000


class Kind(StrEnum):
    """What the rows of a file are, and so what they can do here."""

    ANNOUNCEMENTS = "announcements"
    """The bank says for which operator a reference is: its line, when it comes, is credited to that wallet."""
    PAYMENTS = "payments"
    """A department says what it was paid."""
    DEPOSITS = "deposits"
    """A collecting bank says which challans were paid in."""
    RECEIPTS = "receipts"
    """The treasury says what it received."""


class Layout(StrEnum):
    """How the cells of a row are found."""

    DELIMITED = "delimited"
    FIXED = "fixed"
    XML = "xml"


class Read(StrEnum):
    """What a cell is read as."""

    TEXT = "text"
    REFERENCE = "reference"
    RUPEES = "rupees"
    PAISE = "paise"
    DAY = "day"
    MOMENT = "moment"


NEEDS: dict[Kind, tuple[str, ...]] = {
    Kind.ANNOUNCEMENTS: ("reference", "amount", "day"),
    Kind.PAYMENTS: ("department", "service", "amount", "day"),
    Kind.DEPOSITS: ("reference", "operator", "amount", "day"),
    Kind.RECEIPTS: ("grn", "brn", "amount", "day"),
}
"""The fields without which rows of a kind say nothing."""
NUMBERS = ("ticket", "application", "receipt")
"""The fields by which a payment is known: a row of payments has one of them."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters *first* to *last* of a text, counted from 1, both included."""

    first: int
    last: int

    def of(self, text: str) -> str:
        """Return the characters; empty where the text ends before them."""
        return text[self.first - 1 : self.last]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a row: its name here, where its cell is, and what the cell is read as.

    *at* is the number of a column, counted from 1; its title; a span of characters; or the name of an XML attribute or
    element. It is None where the field is *always* the same. *of_file* says that the file's own XML element has it.
    """

    name: str
    at: int | str | Span | None
    read: Read
    pattern: DayPattern | None
    optional: bool
    of_file: bool
    always: str | None
    one_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counting:
    """The field whose word says whether a row counts; any word that is in neither list is refused.

    *failed* are those of the words *aside* by which a department says that it did not take the payment.
    """

    field: str
    words: tuple[str, ...]
    aside: tuple[str, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Where the file states how many rows it has and their sum, over all rows or those that count.

    *row* is the first cell of a row that holds them; None where the file's own XML element does.
    """

    row: str | None
    count: int | str | None
    amount: int | str | None
    of_all: bool


@dataclass(frozen=True, slots=True)
class OperatorRule:
    """How a virtual account names an operator: *prefix*, then a part, of which *code* makes the operator code.

    *characters* is the part's place in what follows the prefix; None means all of it.
    """

    field: str
    prefix: str
    characters: Span | None
    code: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """A profile as declared. *identity* are the fields by which two rows of a file are the same one.

    *file_identity* are those whose values one file has in common. *columns* is how many cells a row has at most.
    """

    name: str
    title: str
    kind: Kind
    layout: Layout
    encoding: str
    delimiter: str
    has_titles: bool
    columns: int
    skip_lines: int
    row_element: str
    fields: tuple[Field, ...]
    counting: Counting | None
    totals: Totals | None
    operator: OperatorRule | None
    identity: tuple[str, ...]
    file_identity: tuple[str, ...]

    def field(self, name: str) -> Field | None:
        """Return the field of that name, if there is one."""
        return next((each for each in self.fields if each.name == name), None)
