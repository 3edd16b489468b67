"""Exports as tests speak of them: asked for by somebody at the command line, and read as a spreadsheet would."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from datetime import date

from tests.books import Books
from wallet_service.reports import exports
from wallet_service.reports.exports import Export, File, Filters
from wallet_service.reports.streaming import stream


def ask(
    books: Books, report: str = "entries", *, first: date | None = None, last: date | None = None, **filters: str
) -> Export:
    """Ask for a report, over today unless other days are given."""
    with books.database.transaction() as connection:
        return exports.request(
            connection,
            report=report,
            first=first or books.today(),
            last=last or books.today(),
            format_="csv",
            filters=Filters(**filters),
            purpose="a test",
            by="system:test",
            client_id=None,
        )


def fetch(books: Books, export: Export) -> bytes:
    """Return an export's file."""
    return fetch_with_sums(books, export)[0]


def fetch_with_sums(books: Books, export: Export) -> tuple[bytes, File]:
    """Return an export's file and what was told of it when it was sent."""
    told: list[File] = []
    with closing(stream(books.servers.service_url, export, told.append)) as chunks:
        content = b"".join(chunks)
    return content, told[0]


def rows(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a file by the names of their columns."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
