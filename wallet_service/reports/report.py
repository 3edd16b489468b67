"""A report: which entries it tells of, and in which columns. All reports are of entries, so none can change later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """A report's columns, each a name and the SQL of its cell. Entries are ``e`` there, and their books ``b``."""

    name: str
    columns: Mapping[str, str]
    joins: str = ""
    only: str = "true"

    @property
    def header(self) -> bytes:
        """Return the first line of the file."""
        return (",".join(self.columns) + "\n").encode()

    def query(self, entries: str) -> str:
        """Return the query that tells of *entries*, itself a query, in the order of the file."""
        cells = ",\n  ".join(f"{cell} AS {name}" for name, cell in self.columns.items())
        return (
            f"SELECT {cells}\nFROM ({entries}) e JOIN books b ON b.id = e.book {self.joins}\n"
            f"WHERE {self.only}\nORDER BY e.business_day, e.book, e.number"
        )
