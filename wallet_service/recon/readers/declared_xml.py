"""Cut an XML file into the records that a profile declares. A document type or an entity is refused, unread.

Source: domain facts A5 (a scroll of receipts), A4 (XML from outside: no DTD, limits of depth and size). Runs in the
confined process.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.declaration import Declaration
from wallet_service.recon.readers.declared_rows import Cut, Record
from wallet_service.recon.readers.text import LONGEST_LINE

_AT_ONCE = 65_536
_MOST_WITHOUT_END = 4
_DEEPEST = 32
_MOST_PARTS = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of an XML file: all of a profile that crosses over to the process which parses it.

    *places* are the names of its fields' attributes or elements in their order, None where a field has none; *of_file*
    says of each whether the file's own element has it. *count* and *amount* are the attributes with the totals.
    """

    row_element: str
    places: tuple[str | None, ...]
    of_file: tuple[bool, ...]
    count: str | None = None
    amount: str | None = None

    @classmethod
    def by(cls, profile: Declaration) -> Wanted:
        """Return what a profile wants."""
        totals = profile.totals
        return cls(
            profile.row_element,
            tuple(each.at if isinstance(each.at, str) else None for each in profile.fields),
            tuple(each.of_file for each in profile.fields),
            totals.count if totals and isinstance(totals.count, str) else None,
            totals.amount if totals and isinstance(totals.amount, str) else None,
        )

    @classmethod
    def written_in(cls, text: str) -> Wanted:
        """Return what `text` wrote."""
        told = json.loads(text)
        return cls(told["row_element"], tuple(told["places"]), tuple(told["of_file"]), told["count"], told["amount"])

    @property
    def text(self) -> str:
        """Return it as one line of ASCII."""
        return json.dumps(asdict(self))


def cut(content: bytes, wanted: Wanted) -> Cut:
    """Return the records of an XML file.

    Raises:
        Unreadable: it is no XML, or XML that no bank writes.
    """
    found = Cut("xml")
    parser = make_parser()
    rows = _Rows(wanted, found, parser)
    parser.forbid_dtd = True
    parser.setContentHandler(rows)
    try:
        for first in range(0, len(content), _AT_ONCE):
            parser.feed(content[first : first + _AT_ONCE])
            rows.see_that_it_goes_on()
        parser.close()
    except DefusedXmlException as error:
        raise Unreadable("The XML declares a document type or entities, which no bank's file does: refused.") from error
    except SAXParseException as error:
        raise Unreadable(f"Line {error.getLineNumber()}: this is no XML ({error.getMessage()}).") from error
    except Unreadable:
        raise
    except (LookupError, ValueError, OSError) as error:  # A codec that is not loaded yet is a file that stays shut.
        raise Unreadable("The XML says that it is in an encoding which is not read. Save it as UTF-8.") from error
    return found


class _Rows(ContentHandler):
    """Takes the elements in order and keeps those of the profile's rows."""

    def __init__(self, wanted: Wanted, found: Cut, reader: Locator) -> None:
        super().__init__()
        self._reader = reader
        self._wanted = wanted
        self._found = found
        self._of_file: dict[str, str] = {}
        self._row: dict[str, str] | None = None
        self._started = 0
        self._path: list[str] = []
        self._letters: list[str] = []
        self._came = 0
        self._silent = 0

    def see_that_it_goes_on(self) -> None:
        """Note that a piece was read. A tag that has no end for a quarter of a megabyte is no bank's.

        Raises:
            Unreadable.
        """
        self._silent = self._silent + 1 if self._came == 0 else 0
        self._came = 0
        if self._silent > _MOST_WITHOUT_END:
            raise Unreadable("The XML has a tag that does not end: it was damaged, or no bank wrote it.")

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        """Begin an element: the file's own, a row, or a part of one."""
        self._came += 1
        self._path.append(_local(name))
        self._letters = []
        if len(self._path) > _DEEPEST:
            raise Unreadable("The XML is nested deeper than any bank's file.")
        if len(self._path) == 1:
            self._of_file = _told(attrs)
            self._found.stated_on = self._line()
            self._found.count = self._of_file.get(self._wanted.count or "", "")
            self._found.amount = self._of_file.get(self._wanted.amount or "", "")
        if self._path[-1] == self._wanted.row_element:
            if self._row is not None:
                raise Unreadable(f"Line {self._line()}: a row begins within a row.")
            self._row, self._started = _told(attrs), self._line()
        elif self._row is not None:
            for word, value in _told(attrs).items():
                self._row.setdefault(word, value)
            if len(self._row) > _MOST_PARTS:
                raise Unreadable(f"Line {self._line()}: the row has more than {_MOST_PARTS} parts.")

    def characters(self, content: str) -> None:
        """Take letters of a part of a row."""
        self._came += 1
        if self._row is not None:
            self._letters.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802
        """End an element; the end of a row makes its record."""
        self._came += 1
        ended = self._path.pop()
        if self._row is None:
            return
        if (text := " ".join("".join(self._letters).split())) and ended != self._wanted.row_element:
            self._row.setdefault(ended, text[:LONGEST_LINE])
        self._letters = []
        if ended == self._wanted.row_element:
            row, self._row = self._row, None
            places = zip(self._wanted.places, self._wanted.of_file, strict=True)
            told = ((self._of_file if of_file else row).get(place or "", "") for place, of_file in places)
            cells = tuple(" ".join(each.split()) for each in told)
            self._found.add(Record(self._started, cells, " ".join(row.values())))

    def _line(self) -> int:
        return self._reader.getLineNumber() or 1


def _told(attributes: AttributesImpl) -> dict[str, str]:
    return {_local(name): value[:LONGEST_LINE] for name, value in attributes.items()}


def _local(name: str) -> str:
    """Return an element's or attribute's name without its prefix: namespaces differ between versions."""
    return name.rpartition(":")[2]
