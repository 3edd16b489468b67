"""`wallet export`: a report as a file, whole or not at all."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from tests.books import Books
from tests.cli.terminal import WHO, Terminal


def test_a_report_is_written_to_a_file(books: Books, terminal: Terminal, tmp_path: Path) -> None:
    howrah, nadia = books.wallet("100.00"), books.wallet("50.00")
    books.pay(howrah, "5.00")
    file, day = tmp_path / "entries.csv", books.today().isoformat()

    told = terminal.tells(
        *("export", "entries", "--from", day, "--to", day, "--purpose", "audit", "-o", file, "--wallet", howrah)
    )

    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["book"], row["kind"], row["amount"]) for row in rows] == [
        (howrah, "opening", "100.00"),
        (howrah, "payment", "5.00"),
    ]
    assert nadia not in file.read_text(encoding="utf-8")
    assert (told["rows"], told["bytes"]) == (2, file.stat().st_size)
    assert told["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert list(tmp_path.iterdir()) == [file]


def test_it_is_told_of_under_the_name_of_the_system_user(books: Books, terminal: Terminal, tmp_path: Path) -> None:
    day = books.today().isoformat()

    terminal.says("export", "debits", "--from", day, "--to", day, "--purpose", "audit", "-o", tmp_path / "debits.csv")

    with books.database.statement() as connection:
        told = connection.exec_driver_sql("SELECT by_whom, act FROM audit WHERE act LIKE 'export%%' ORDER BY id").all()
    assert [tuple(row) for row in told] == [(WHO, "export"), (WHO, "export-fetch")]


def test_what_is_refused_is_said_in_a_sentence_and_writes_nothing(
    books: Books, terminal: Terminal, tmp_path: Path
) -> None:
    day = books.today().isoformat()
    asked = ("export", "entries", "--purpose", "audit", "-o", tmp_path / "entries.csv", "--to", day)

    assert "The last day" in terminal.refuses(*asked, "--from", "2199-01-01")
    assert "no wallet" in terminal.refuses(*asked, "--from", day, "--wallet", "NOBODY")
    elsewhere = ("-o", tmp_path / "nowhere" / "entries.csv")
    assert "could not be written" in terminal.refuses(*asked, "--from", day, *elsewhere)
    assert list(tmp_path.iterdir()) == []
