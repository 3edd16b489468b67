"""The cells of an export, as SQL: exact amounts, ids as callers know them, and words that no spreadsheet will run.

All of it is text that PostgreSQL evaluates ten lakh times, so each cell is the cheapest that says it exactly.
"""

from __future__ import annotations

# Source: OWASP, CSV Injection. What a spreadsheet takes for a formula, the wide forms of East Asian keyboards too.
_BEGINS_A_FORMULA = r"'=', '+', '-', '@', '＝', '＋', '－', '＠', E'\t', E'\r', E'\n'"
_ZEROS = (
    "CASE WHEN {0} < 10 THEN '00000' WHEN {0} < 100 THEN '0000' WHEN {0} < 1000 THEN '000'"
    " WHEN {0} < 10000 THEN '00' WHEN {0} < 100000 THEN '0' ELSE '' END"
)


def rupees(paise: str) -> str:
    """Return the cell of an amount: a decimal number with two places, computed without a float."""
    return f"{paise} * 0.01"


def in_book(number: str, letter: str = "") -> str:
    """Return the cell of an id in the entry's book: the book, a hyphen, *letter*, and at least six digits."""
    return f"e.code || '-{letter}' || {_ZEROS.format(number)} || {number}"


def words(text: str) -> str:
    """Return the cell of words from outside: an apostrophe stands before whatever could be taken for a formula."""
    return f"CASE WHEN left({text}, 1) IN ({_BEGINS_A_FORMULA}) THEN '''' || {text} ELSE {text} END"


SOURCE = f"""CASE e.source
    WHEN 'debit' THEN {in_book("e.source_number", "D")}
    WHEN 'credit' THEN {in_book("e.source_number", "C")}
    WHEN 'claim' THEN {in_book("e.source_number", "L")}
    WHEN 'entry' THEN {in_book("e.source_number")}
    ELSE e.source || ' ' || e.source_number END"""
"""The cell of what an entry is tied to, as `ledger.entries.SOURCE_SQL` tells it."""
