"""An ISO 20022 account report cut into pieces, one at a time: each balance, each entry. A document type is refused.

Names count, prefixes do not. Source: domain facts A4 (namespaces by prefix; no DTD, limits of depth and size).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesNSImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.text import LONGEST_LINE

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.([0-9]{3})\.001\.([0-9]{2})", re.ASCII)
_AT_ONCE = 1 << 16
_DEEPEST = 40
_MOST_ELEMENTS = 200_000
_PIECE_DEPTH = 4
_BRING = "Bring the statement of whole days (camt.053), or the text statement from SBI's internet banking."
_ONLY_ANNOUNCES = {"052": "a camt.052 of the day under way", "054": "a camt.054, a notification"}


@dataclass(slots=True)
class Node:
    """An element: its name without prefix, its letters, the elements in it; of its attributes ``Ccy`` counts."""

    name: str
    currency: str = ""
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, *path: str) -> list[Node]:
        """Return every element at a path below this one, in order."""
        found = [self]
        for name in path:
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def said(self, *path: str) -> str:
        """Return the letters of the first element at a path, blanks around them apart; empty where there is none."""
        found = self.all(*path)
        return found[0].text.strip() if found else ""


@dataclass(frozen=True, slots=True)
class Piece:
    """An element in the file's header (*part* 0, ``GrpHdr``) or in one of its statements, counted from 1."""

    part: int
    node: Node


def pieces(letters: str) -> Iterator[tuple[str, Piece]]:
    """Yield each piece of a camt.053, with the two digits of its version.

    Raises:
        Unreadable: it is no XML, declares a document type or entities, is of another kind, or beyond all bounds.
    """
    builder = _Builder()
    parser = DefusedExpatParser(namespaceHandling=1, forbid_dtd=True)
    parser.setContentHandler(builder)
    try:
        for start in range(0, len(letters), _AT_ONCE):
            parser.feed(letters[start : start + _AT_ONCE])
            yield from builder.taken()
        parser.close()
        yield from builder.taken()
    except DefusedXmlException as error:
        raise Unreadable("The XML declares a document type or entities, which no bank's file does.") from error
    except SAXParseException as error:
        raise Unreadable(f"Line {error.getLineNumber()}: this is no XML ({error.getMessage()}).") from error


class _Builder(ContentHandler):
    """Builds each piece as a small tree, and lets go of it once it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._version = ""
        self._depth = 0
        self._parts = 0
        self._in_header = False
        self._elements = 0
        self._open: list[Node] = []
        self._done: list[Piece] = []

    def taken(self) -> Iterator[tuple[str, Piece]]:
        """Yield the pieces that were finished since the last call."""
        done, self._done = self._done, []
        for piece in done:
            yield self._version, piece

    def startElementNS(  # noqa: N802 (the name is SAX's)
        self, name: tuple[str | None, str], qname: str | None, attrs: AttributesNSImpl
    ) -> None:
        """Open an element."""
        self._depth += 1
        namespace, local = name
        if self._depth == 1:
            self._version = _version(namespace or "", local)
        elif self._depth == 2 and local != "BkToCstmrStmt":
            raise Unreadable(f"The XML holds {local[:40]} and no statement. {_BRING}")
        elif self._depth == 3:
            self._in_header = local != "Stmt"
            self._parts += not self._in_header
        elif self._depth >= _PIECE_DEPTH:
            self._open_node(local, attrs.get((None, "Ccy"), ""))

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802 (the name is SAX's)
        """Close an element, and finish the piece if it is one."""
        if self._depth >= _PIECE_DEPTH:
            node = self._open.pop()
            if self._depth == _PIECE_DEPTH:
                self._done.append(Piece(0 if self._in_header else self._parts, node))
                self._elements = 0
        self._depth -= 1

    def characters(self, content: str) -> None:
        """Take letters of the element that is open."""
        if self._open:
            node = self._open[-1]
            node.text += content
            if len(node.text) > LONGEST_LINE:
                raise Unreadable(f"An element of the XML is longer than {LONGEST_LINE:,} characters.")

    def _open_node(self, local: str, currency: str) -> None:
        self._elements += 1
        if self._depth > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise Unreadable("The XML is nested or filled beyond what a bank writes.")
        node = Node(local, currency)
        if self._open:
            self._open[-1].children.append(node)
        self._open.append(node)


def _version(namespace: str, local: str) -> str:
    found = _NAMESPACE.fullmatch(namespace)
    if found and found[1] in _ONLY_ANNOUNCES:
        raise Unreadable(f"This is {_ONLY_ANNOUNCES[found[1]]}: it only announces, and proves no balance. {_BRING}")
    if not found or found[1] != "053" or local != "Document":
        raise Unreadable(f"This is an XML file, and no statement by the standard camt.053. {_BRING}")
    return found[2]
