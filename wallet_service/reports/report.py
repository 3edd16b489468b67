"""A report: which entries it tells of, and in which columns. All reports are of entries, so none can change later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What is sorted is narrow, with its keys in front; the cells, which are wide, are made of it row by row as it leaves.
# It is of one day, or of one book, in which days never go back: so this is the order by day, book and number.
_QUERY = """
SELECT {cells}
FROM (SELECT e.*, b.code{more} FROM ({entries}) e JOIN books b ON b.id = e.book {joins}
      WHERE {only} ORDER BY e.book, e.number OFFSET 0) e
ORDER BY e.book, e.number
"""


@dataclass(frozen=True)
class Report:
    """A report's columns, each a name and the SQL of its cell: of an entry ``e``, its book's ``e.code``, and *more*.

    *joins* are where *more* comes from, and *only* says which entries have a row; there a book is ``b``.
    """

    name: str
    columns: Mapping[str, str]
    more: tuple[str, ...] = ()
    joins: str = ""
    only: str = "true"

    @property
    def header(self) -> bytes:
        """Return the first line of the file."""
        return (",".join(self.columns) + "\n").encode()

    def query(self, entries: str) -> str:
        """Return the query that tells of *entries*, itself a query of one day or one book, in the order of the file."""
        cells = ",\n  ".join(f"{cell} AS {name}" for name, cell in self.columns.items())
        more = "".join(f", {each}" for each in self.more)
        return _QUERY.format(cells=cells, more=more, entries=entries, joins=self.joins, only=self.only)
