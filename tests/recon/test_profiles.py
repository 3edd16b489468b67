"""Profiles are declared strictly and kept in versions; what they read announces, and moves nothing by itself."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.books import Books
from tests.recon.profile_files import DEPARTMENT, EXAMPLES, VAN, text_of
from wallet_service.errors import (
    BankFileNotReleasable,
    FileAlreadyReceived,
    ProfileNotFound,
    ProfileNotUsable,
    SamePerson,
)
from wallet_service.recon import announcements, intake, profiles, taking
from wallet_service.recon.announced import Announcement
from wallet_service.recon.bank_files import BankFile
from wallet_service.recon.readers import declaring
from wallet_service.recon.readers.declared_words import LONGEST_TEXT


class Desk:
    """Finance at work: Mita brings files and edits profiles, Kamal releases."""

    def __init__(self, books: Books) -> None:
        self.books = books

    def bring(self, content: str, profile: str | None = "van-mis", *, by: str = "mita") -> BankFile:
        keep = taking.read(self.books.database, content.encode(), profile=profile)
        with self.books.database.transaction() as connection:
            return keep(connection, filename="mis.txt", by=by)

    def release(self, file: BankFile, *, by: str = "kamal") -> BankFile:
        with self.books.database.transaction() as connection:
            return intake.release(connection, file.id, intake.read_for_release(connection, file.id), by=by)

    def save(self, text: str) -> profiles.Profile:
        with self.books.database.transaction() as connection:
            return profiles.save(connection, text, by="mita")

    def announced(self, reference: str) -> tuple[Announcement, ...]:
        with self.books.database.statement() as connection:
            return announcements.find(connection, [reference]).get(reference, ())


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


def faults(text: str) -> dict[str, list[str]]:
    """Return what is wrong with a declaration."""
    with pytest.raises(ProfileNotUsable) as caught:
        declaring.load(text)
    found: dict[str, list[str]] = caught.value.facts["errors"]
    return found


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_a_profile_that_comes_with_the_service_is_its_first_version(desk: Desk, name: str) -> None:
    with desk.books.database.statement() as connection:
        kept = profiles.get(connection, name)

    assert (kept.name, kept.version, kept.text) == (name, 1, text_of(name))


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ('delimiter = "pipe"', 'delimeter = "pipe"', "delimeter", "Is no word of a profile here; delimiter is meant"),
        ('delimiter = "pipe"', "", "delimiter", "Is missing."),
        ('delimiter = "pipe"', 'delimiter = "||"', "delimiter", "Is one of comma, pipe"),
        ('layout = "delimited"', 'layout = "delimitted"', "layout", "delimited is meant, perhaps"),
        ('rows = "announcements"', "rows = 1", "rows", "and can only be one of announcements"),
        ("columns = 8", "", "columns", "say how many cells a row has, or titles = true"),
        ("columns = 8", "columns = true", "columns", "whole number from 1 to 200"),
        ("columns = 8", "columns = 7", "fields.remitter_ifsc.at", "whole number from 1 to 7"),
        ('name = "van-mis"', 'name = "VAN MIS"', "name", "small letters, digits and hyphens"),
        ("at = 3, ", "", "fields.amount.at", "Is missing"),
        ("at = 3, ", 'at = "three", ', "fields.amount.at", "whole number"),
        ('read = "rupees"', 'read = "text"', "fields.amount.read", "Is paise or rupees"),
        ('read = "rupees"', 'read = "dollars"', "fields.amount.read", "rupees"),
        ('pattern = "DDMMYYYY"', 'pattern = "DDMM"', "fields.day.pattern", "needs a day DD"),
        ('pattern = "DDMMYYYY"', 'pattern = "%d%m%Y"', "fields.day.pattern", "made of DD, MM"),
        (', pattern = "DDMMYYYY"', "", "fields.day.pattern", "Is missing"),
        ("{ at = 2 }", "{ at = 2, optinal = true }", "fields.van.optinal", "optional is meant"),
        ("{ at = 2 }", "2", "fields.van", "takes a table"),
        ('one_of = ["BSKW"]', 'one_of = "BSKW"', "fields.client.one_of", "takes a list"),
        ('identity = ["reference", "amount", "van"]', 'identity = ["utr"]', "identity", "“utr”, which is no field"),
        ('reference = { at = 6, read = "reference" }', "", "fields", "Needs a field reference"),
        ('field = "van"', 'field = "account"', "operator.field", "can only be one of"),
        ('characters = "2-8"', 'characters = "8-2"', "operator.characters", "first and last character"),
        ('code = "BSKOP{part}"', 'code = "BSKOP"', "operator.code", "with {part}"),
    ],
)
def test_a_word_that_does_not_fit_is_refused_with_what_is_meant(old: str, new: str, place: str, said: str) -> None:
    text = text_of("van-mis")
    assert old in text

    found = faults(text.replace(old, new, 1))

    assert said.lower() in " ".join(found[place]).lower()


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert set(faults('name = 1\nlayout = "xml"\nroes = "payments"')) >= {"name", "title", "rows", "roes", "fields"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "a = " + "[" * 9_000,
        "a = " + "9" * 5_000,
        "x" * (LONGEST_TEXT + 1),
        "{}",
        '{"name": "a"}',
        "=",
        "\ud800",
    ],
)
def test_what_is_no_profile_is_refused(text: str) -> None:
    assert faults(text)


_WORDS = st.sampled_from(
    [
        "name",
        "title",
        "rows",
        "layout",
        "delimiter",
        "columns",
        "fields",
        "counts",
        "totals",
        "operator",
        "identity",
        "x",
    ]
)
_VALUES = st.recursive(
    st.one_of(
        st.booleans().map(lambda each: str(each).lower()),
        st.integers(-5, 500).map(str),
        st.sampled_from(
            ['"van-mis"', '"xml"', '"fixed"', '"pipe"', '"1-10"', '"{part}"', '""', "1.5", "nan", "2026-04-02"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.dictionaries(
            st.sampled_from(["at", "read", "pattern", "field", "words", "row", "count", "amount", "day"]),
            inner,
            max_size=3,
        ).map(lambda each: "{" + ", ".join(f"{word} = {value}" for word, value in each.items()) + "}"),
    ),
    max_leaves=6,
)


@given(st.dictionaries(_WORDS, _VALUES, max_size=8), st.booleans())
def test_whatever_is_declared_is_a_profile_or_refused_and_never_an_error(words: dict[str, str], whole: bool) -> None:
    text = "\n".join(f"{word} = {value}" for word, value in words.items())
    if whole:
        lines = [line for line in text_of("van-mis").splitlines() if line.partition(" =")[0] not in words]
        text = "\n".join([text, *lines])

    declared = None
    with suppress(ProfileNotUsable):
        declared = declaring.load(text)

    assert declared is not None or all(said.endswith(".") for told in faults(text).values() for said in told)


def test_a_saved_profile_is_the_next_version_and_the_one_before_stays(desk: Desk) -> None:
    changed = text_of("van-mis").replace('"BSKOP{part}"', '"BSK{part}"')

    second = desk.save(changed)
    again = desk.save(changed)
    own = desk.save(profiles.renamed(changed, "van-axis"))

    assert [(each.name, each.version, each.by) for each in (second, again, own)] == [
        *[("van-mis", 2, "mita"), ("van-mis", 2, "mita"), ("van-axis", 1, "mita")]
    ]
    with desk.books.database.statement() as connection:
        assert profiles.get(connection, "van-mis").text == changed
        assert profiles.get(connection, "van-mis", 1).text == text_of("van-mis")
        assert [each.name for each in profiles.list_newest(connection)] == sorted([*EXAMPLES, "van-axis"])
        for name, version in (("van-mis", 3), ("van", None)):
            with pytest.raises(ProfileNotFound):
                profiles.get(connection, name, version)


def test_a_file_says_which_version_read_it(desk: Desk) -> None:
    desk.save(text_of("van-mis").replace('"BSKOP{part}"', '"BSK{part}"'))

    file = desk.bring(VAN)

    assert (file.profile, file.form) == ("van-mis", "van-mis version 2")


def test_a_van_mis_announces_once_another_person_has_released_it(desk: Desk, books: Books) -> None:
    wallet = books.wallet(code="BSKOP0071010")
    file = desk.bring(VAN)
    before = desk.announced("60920012345")

    with pytest.raises(SamePerson):
        desk.release(file, by="mita")
    released = desk.release(file)
    after = desk.announced("60920012345")

    assert (file.state, file.lines, file.new_lines, file.inflows) == ("read", 3, 3, 37_250_50)
    assert (file.bank_account, file.opening, file.closing) == (None, None, None)
    assert (released.state, released.posted_lines, before) == ("released", 0, ())
    assert [(each.operator, each.amount) for each in after] == [(wallet, 35_000_00)]
    with pytest.raises(BankFileNotReleasable):
        desk.release(file)


def test_an_announcement_by_itself_moves_no_money(desk: Desk, books: Books) -> None:
    wallet = books.wallet(code="BSKOP0071010")

    desk.release(desk.bring(VAN))

    assert books.current(wallet) == "0.00"
    assert books.trial_balance().debits == 0
    assert books.faults() == {}


def test_the_same_mis_again_is_pointed_to_the_first_and_a_longer_one_adds_what_is_new(desk: Desk) -> None:
    first = desk.release(desk.bring(VAN))
    longer = VAN + VAN.splitlines()[0].replace("YESAP60920012345", "YESAP60920012346")

    with pytest.raises(FileAlreadyReceived) as refused:
        desk.bring(VAN, by="kamal")
    grown = desk.release(desk.bring(longer))

    assert refused.value.facts["file"] == first.id
    assert (grown.lines, grown.new_lines) == (4, 1)
    assert len(desk.announced("60920012345")) == 1


def test_a_file_with_a_line_that_is_refused_announces_nothing_and_is_looked_at_anew_by_another_profile(
    desk: Desk,
) -> None:
    other = VAN.replace("|R|", "|Z|")
    file = desk.bring(other, by="asha")

    desk.save(text_of("van-mis").replace('"N", "R"', '"N", "R", "Z"'))
    anew = desk.bring(other)

    assert (file.state, [each.row for each in file.rejects]) == ("rejected", [3])
    assert "can only be N, R, I, U" in (file.reason or "")
    assert (anew.id, anew.state, anew.form, anew.received_by) == (file.id, "read", "van-mis version 2", "mita")


def test_a_departments_file_is_kept_with_its_totals_and_announces_nothing(desk: Desk, books: Books) -> None:
    paid, pending, _ = DEPARTMENT.replace("|015|", "|001|").splitlines(keepends=True)

    file = desk.release(desk.bring(paid + pending, "department-mis"))

    assert (file.state, file.lines, file.inflows, file.inflow_lines) == ("released", 1, 0, 0)
    assert (file.outflows, file.outflow_lines) == (843_00, 1)
    assert "Rows that do not count: 1." in (file.reason or "")
    assert books.trial_balance().debits == 0
    assert books.faults() == {}


def test_a_profile_does_not_read_a_statement_nor_a_statement_reader_a_mis(desk: Desk) -> None:
    as_statement = desk.bring(VAN, None)
    by_profile = desk.bring(DEPARTMENT, "sb-collect")

    assert (as_statement.state, as_statement.profile) == ("rejected", None)
    assert (by_profile.state, by_profile.profile) == ("rejected", "sb-collect")
    with pytest.raises(ProfileNotFound):
        desk.bring(VAN, "nobody")
