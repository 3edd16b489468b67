"""Where a statement's table stands among rows of cells, and which column is which: by its titles, never by place.

Rows come from a text or from a workbook; a layout does not know which. Source of the titles: domain facts A1.1, A1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wallet_service.recon.readers import preamble
from wallet_service.recon.readers.preamble import Preamble
from wallet_service.recon.readers.text import Row

LONGEST_PREAMBLE = 1_000


@dataclass(frozen=True, slots=True)
class Layout:
    """One set of titles.

    *columns* gives, for what `sbi_rows.Rows` calls a column, the title it has here, in lower case and without full
    stops; two may have one title. *state* reads the rows before the titles: it has the signature of `preamble.read`,
    and may leave None what this layout does not state, without a refusal.
    """

    form: str
    columns: Mapping[str, str]
    state: Callable[..., Preamble] = preamble.read

    @property
    def titles(self) -> set[str]:
        """Return the titles, all of which a row must have once to be the row of titles."""
        return set(self.columns.values())


@dataclass(frozen=True, slots=True)
class Table:
    """Where the titles were found: what stands before them, their row and columns, and the rows still to come."""

    before: list[Row]
    header: Row
    columns: dict[str, int]
    layout: Layout
    rest: Iterator[Row]


_SEVEN = ("txn date", "value date", "description", "ref no/cheque no", "debit", "credit", "balance")
SEVEN = Layout("sbi-7", {title: title for title in _SEVEN})
EIGHT = Layout("sbi-8", {title: title for title in (*_SEVEN, "branch code")})


def find(rows: Iterable[Row], layouts: Sequence[Layout], nearest: set[str]) -> Table | None:
    """Return the table whose titles stand within the first `LONGEST_PREAMBLE` rows, or None where no row has them all.

    *layouts* are tried in their order. *nearest* is filled with the known titles of the row that has most of them.
    """
    known = {title for layout in layouts for title in layout.titles}
    coming = iter(rows)
    before: list[Row] = []
    for row in coming:
        titles = [_title(cell) for cell in row.cells]
        for layout in layouts:
            if all(titles.count(title) == 1 for title in layout.titles):
                places = {column: titles.index(title) for column, title in layout.columns.items()}
                return Table(before, row, places, layout, coming)
        if len(found := known & set(titles)) > len(nearest):
            nearest.clear()
            nearest |= found
        before.append(row)
        if len(before) > LONGEST_PREAMBLE:
            return None
    return None


def _title(cell: str) -> str:
    return cell.strip("'_ ").lower().replace(".", "").replace(" / ", "/")
