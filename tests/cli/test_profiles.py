"""The commands by which finance makes a profile: copied, edited, tried on a file, saved, and used."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.books import Books
from tests.cli.terminal import WHO, Terminal
from tests.recon.profile_files import COLLECT, DEPARTMENT, SCROLL, VAN, text_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "profiles.md"


@pytest.fixture
def mis(tmp_path: Path) -> Path:
    """Return a VAN MIS on the disk."""
    path = tmp_path / "van-2026-04-02.txt"
    path.write_text(VAN, encoding="utf-8")
    return path


def test_a_profile_is_copied_edited_tried_saved_and_used(terminal: Terminal, books: Books, tmp_path: Path) -> None:
    written = tmp_path / "van-second.toml"
    sent = tmp_path / "second.txt"
    sent.write_text(VAN.replace("|", "~").replace("BSKW", "BSKX"), encoding="utf-8")

    terminal.says("profile", "copy", "van-mis", "van-second", "-o", written)
    unfit = terminal.run("profile", "try", sent, "--profile", written)
    edited = written.read_text(encoding="utf-8").replace('"pipe"', '"tilde"').replace("BSKW", "BSKX")
    written.write_text(edited, encoding="utf-8")
    fit = terminal.tells("profile", "try", sent, "--profile", written)
    saved = terminal.tells("profile", "save", written, "--by", "asha")
    taken = terminal.tells("import", sent, "--profile", "van-second", "--by", "asha")
    same = terminal.refuses("release", str(taken["id"]), "--by", "asha")
    released = terminal.tells("release", str(taken["id"]), "--by", "bimal")

    assert unfit.exit_code == 1
    assert (fit["rows"], fit["total"], fit["refused"]) == (3, "37250.50", 0)
    assert fit["first_rows"][0]["operator"] == "BSKOP0071010"
    assert (saved["name"], saved["version"], saved["by"]) == ("van-second", 1, "asha")
    assert (taken["state"], taken["profile"], taken["lines"], taken["inflows"]) == ("read", "van-second", 3, "37250.50")
    assert "a second person must look" in same
    assert (released["state"], released["posted_lines"]) == ("released", 0)
    assert books.trial_balance().debits == 0
    with books.database.statement() as connection:
        found = connection.exec_driver_sql("SELECT by_whom, subject FROM audit WHERE act = 'profile-save'").one()
    assert tuple(found) == (WHO, "van-second")


def test_trying_prints_what_a_clerk_compares(terminal: Terminal, tmp_path: Path, mis: Path) -> None:
    for name, content in (("department-mis", DEPARTMENT), ("sb-collect", COLLECT), ("grips-scroll", SCROLL)):
        (tmp_path / name).write_text(content, encoding="utf-8")

    van = terminal.says("profile", "try", mis, "--profile", "van-mis")
    department = terminal.says("profile", "try", tmp_path / "department-mis", "--profile", "department-mis")
    scroll = terminal.says("profile", "try", tmp_path / "grips-scroll", "--profile", "grips-scroll")

    assert "3 rows count, together ₹37,250.50" in van
    assert "BSKOP0071010" in van
    assert "02/04/2026" in van
    assert "2 rows count, together ₹3,518.00" in department
    assert "1 do not count, 0 are refused" in department
    assert "Its status is PENDING" in department
    assert "the file states 3 rows ₹9,393.00" in scroll
    assert "file SBI 000092 2026-04-03" in scroll


def test_a_line_that_is_refused_is_printed_with_its_reason_and_exit_1(terminal: Terminal, mis: Path) -> None:
    mis.write_text(VAN + VAN.splitlines()[0], encoding="utf-8")

    tried = terminal.run("profile", "try", mis, "--profile", "van-mis")
    taken = terminal.run("import", mis, "--profile", "van-mis", "--by", "asha")

    for result in (tried, taken):
        assert result.exit_code == 1
        assert "The same row stands in line 1 already" in result.stdout


def test_trying_keeps_nothing(terminal: Terminal, books: Books, mis: Path) -> None:
    terminal.says("profile", "try", mis, "--profile", "van-mis")

    with books.database.statement() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM bank_files").scalar_one() == 0


def test_a_profile_of_a_file_is_tried_without_any_database(mis: Path, tmp_path: Path, terminal: Terminal) -> None:
    terminal.environment["DATABASE_URL"] = ""
    written = tmp_path / "van.toml"
    written.write_text(text_of("van-mis"), encoding="utf-8-sig", newline="\r\n")

    assert terminal.tells("profile", "try", mis, "--profile", written)["rows"] == 3


def test_profiles_are_listed_and_shown_by_version(terminal: Terminal, tmp_path: Path) -> None:
    written = tmp_path / "van.toml"
    written.write_text(text_of("van-mis").replace("BSKOP", "BSK"), encoding="utf-8")
    terminal.says("profile", "save", written, "--by", "asha")

    listed = {each["name"]: each["version"] for each in terminal.tells("profile", "list")}

    assert listed == {"department-mis": 1, "grips-scroll": 1, "sb-collect": 1, "van-mis": 2}
    assert "van-mis" in terminal.says("profile", "list")
    assert terminal.says("profile", "show", "van-mis") == written.read_text(encoding="utf-8")
    assert terminal.says("profile", "show", "van-mis", "--version", "1") == text_of("van-mis")
    assert terminal.tells("profile", "show", "van-mis")["declaration"] == written.read_text(encoding="utf-8")


def test_what_cannot_be_done_is_said_in_a_sentence(terminal: Terminal, tmp_path: Path, mis: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(text_of("van-mis").replace("delimiter", "delimeter"), encoding="utf-8")
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"\x89PNG\xff")
    written = tmp_path / "there.toml"
    written.write_text("kept", encoding="utf-8")

    said = {
        "unknown": terminal.refuses("profile", "show", "nobody"),
        "version": terminal.refuses("profile", "show", "van-mis", "--version", "9"),
        "word": terminal.refuses("profile", "save", wrong, "--by", "asha"),
        "tried": terminal.refuses("profile", "try", mis, "--profile", wrong),
        "picture": terminal.refuses("profile", "save", picture, "--by", "asha"),
        "there": terminal.refuses("profile", "copy", "van-mis", "van-other", "-o", written),
        "name": terminal.refuses("profile", "copy", "van-mis", "VAN other", "-o", tmp_path / "new.toml"),
        "import": terminal.refuses("import", mis, "--profile", "nobody", "--by", "asha"),
    }

    assert "There is no profile of this name" in said["unknown"]
    assert "version 9" in said["version"]
    assert "delimeter: Is no word of a profile here; delimiter is meant" in said["word"]
    assert said["word"] == said["tried"]
    assert "is not UTF-8" in said["picture"]
    assert "cannot be written" in said["there"]
    assert written.read_text(encoding="utf-8") == "kept"
    assert "small letters, digits and hyphens" in said["name"]
    assert "wallet profile list" in said["import"]


def test_the_worked_example_of_the_document_goes_as_it_says(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```(text|toml|console)\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "second.txt").write_text(next(text for kind, text in blocks if kind == "text"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    missing = []
    for kind, text in blocks:
        if kind == "toml":
            Path("van-second.toml").write_text(text, encoding="utf-8")
        for told in re.split(r"^\$ wallet ", text, flags=re.MULTILINE)[1:] if kind == "console" else ():
            command, *shown = told.splitlines()
            said = terminal.says(*shlex.split(command))
            missing += [(command, line) for line in shown if line not in said]

    assert missing == []
    assert terminal.tells("profile", "show", "van-second")["version"] == 1
