"""MT940: the example of the domain facts line by line, and each trap that a bank of this world has set."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings

from tests.recon.bank_files import read, read_or_none, refusal
from tests.recon.mt940_messages import DAY, of_one_line
from tests.recon.statements import statements
from tests.recon.writers import write_mt940
from wallet_service.money import rupees
from wallet_service.recon.chain import places
from wallet_service.recon.narration import parse
from wallet_service.recon.statements import Direction, Statement, StatementLine


def only_line(text: str) -> StatementLine:
    (line,) = read(text).lines
    return line


def told(statement: Statement) -> list[tuple[int, str, str, str, str]]:
    lines = statement.lines
    return [(x.row, x.direction.value, rupees(x.amount), rupees(x.balance_after), x.reference) for x in lines]


def test_the_example_gives_its_lines_to_the_paisa() -> None:
    statement = read(DAY)

    assert told(statement) == [
        (5, "inflow", "35000.00", "1004500.00", "BR00091J1234567"),
        (7, "inflow", "5000.00", "1009500.00", "YESAP60920012345"),
        (9, "outflow", "250000.00", "759500.00", "SBINR12026040200000017"),
        (12, "outflow", "59.00", "759441.00", ""),
    ]
    assert {(line.booked_on, line.value_date) for line in statement.lines} == {(date(2026, 4, 2), date(2026, 4, 2))}
    assert (statement.account_number, statement.form) == ("31234567890", "mt940")
    assert (statement.period_first, statement.period_last) == (date(2026, 4, 2), date(2026, 4, 2))
    assert (rupees(statement.opening), rupees(statement.closing)) == ("969500.00", "759441.00")
    assert [parse(line.description, line.reference).kind.value for line in statement.lines] == [
        *("branch-cash", "neft", "rtgs", "charge"),
    ]


@pytest.mark.parametrize(
    ("line", "closing", "direction", "reversal"),
    [
        pytest.param("2601050105CR500,00NTRFNONREF", "1500,00", "inflow", False, id="CR is a credit in rupees"),
        pytest.param("2601050105DR500,00NTRFNONREF", "500,00", "outflow", False, id="DR is a debit in rupees"),
        pytest.param("2601050105C500,00NTRFNONREF", "1500,00", "inflow", False, id="C alone"),
        pytest.param("2601050105D500,00NTRFNONREF", "500,00", "outflow", False, id="D alone"),
        pytest.param("2601050105RC500,00NTRFNONREF", "500,00", "outflow", True, id="RC takes a credit back"),
        pytest.param("2601050105RCR500,00NTRFNONREF", "500,00", "outflow", True, id="RC in rupees"),
        pytest.param("2601050105RD500,00NTRFNONREF", "1500,00", "inflow", True, id="RD gives a debit back"),
        pytest.param("2601050105RDR500,00NTRFNONREF", "1500,00", "inflow", True, id="RD in rupees"),
    ],
)
def test_the_mark_says_which_way_money_went(line: str, closing: str, direction: str, reversal: bool) -> None:
    found = only_line(of_one_line(line, closing=closing))

    assert (found.direction.value, found.amount) == (direction, 500_00)
    assert parse(found.description, found.reference).reversal is reversal


@pytest.mark.parametrize(
    ("written", "paise"),
    [("380115,", 38011500), ("380115,5", 38011550), ("380115,05", 38011505), ("380115", 38011500), ("0,01", 1)],
)
def test_a_decimal_comma_may_have_nothing_after_it(written: str, paise: int) -> None:
    closing = f"{(1000_00 + paise) // 100},{(1000_00 + paise) % 100:02d}"

    assert only_line(of_one_line(f"2601050105CR{written}NTRFNONREF", closing=closing)).amount == paise


@pytest.mark.parametrize(
    ("dates", "booked_on", "value_date"),
    [
        pytest.param("2512311231", date(2025, 12, 31), date(2025, 12, 31), id="the same year"),
        pytest.param("2512310102", date(2026, 1, 2), date(2025, 12, 31), id="booked in the new year"),
        pytest.param("2601021231", date(2025, 12, 31), date(2026, 1, 2), id="valued in the new year"),
        pytest.param("260103", date(2026, 1, 3), date(2026, 1, 3), id="no entry date"),
    ],
)
def test_an_entry_date_has_the_year_that_is_nearest_to_the_value_date(
    dates: str, booked_on: date, value_date: date
) -> None:
    line = only_line(of_one_line(f"{dates}CR1,NTRFNONREF", closing="1001,"))

    assert (line.booked_on, line.value_date) == (booked_on, value_date)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1602300301CR1,NTRFNONREF", "160230 is no day of the calendar"),
        ("2603010230CR1,NTRFNONREF", "entry date 0230 is no day of the calendar"),
        ("2603010229CR1,NTRFNONREF", "entry date 0229 is no day of the calendar"),
        ("2601050105CF1,NTRFNONREF", "another currency"),
        ("2601050105EC1,NTRFNONREF", "no line of a statement"),
        ("2601050105CR1,005NTRFNONREF", "not an amount"),
        ("2601050105CR1,00,0NTRFNONREF", "not an amount"),
        ("2601050105CR1.00NTRFNONREF", "no line of a statement"),
        ("2601050105CR-1,NTRFNONREF", "no line of a statement"),
        ("2601050105CR0,NTRFNONREF", "amount is zero"),
        ("2601050105CR৫,NTRFNONREF", "no line of a statement"),
        ("2601050105CR1,XTRFNONREF", "no line of a statement"),
        ("2601050106CR1,NTRFNONREF", "outside the days of the balances"),
        ("2512301230CR1,NTRFNONREF", "outside the days of the balances"),
    ],
)
def test_a_line_that_cannot_be_relied_on_refuses_the_file_with_its_number(line: str, says: str) -> None:
    facts = refusal(of_one_line(line, closing="1001,"))

    assert [reject["line"] for reject in facts["rejects"]] == [5]
    assert says in facts["rejects"][0]["reason"]


def test_lines_out_of_order_of_date_are_refused() -> None:
    text = DAY.replace(":60F:C260401", ":60F:C260331").replace(":61:2604020402DR59", ":61:2604020401DR59")

    facts = refusal(text)

    assert [reject["line"] for reject in facts["rejects"]] == [12]
    assert "not in order of date" in facts["reason"]


def test_a_narration_broken_inside_a_number_still_names_it() -> None:
    line = read(DAY.replace("SBINR12026040200000017 WBSEDCL COLLECTI\nON", "SBINR120260402\n00000017 WBSEDCL")).lines[2]

    assert parse(line.description, "").references == ("12026040200000017",)
    assert line.reference == "SBINR12026040200000017"


def test_a_blank_beside_a_break_parts_two_words() -> None:
    line = read(DAY.replace("WBSEDCL COLLECTI\nON", "WBSEDCL \nCOLLECTION\n AND MORE")).lines[2]

    assert line.description == "RTGS UTR NO: SBINR12026040200000017 WBSEDCL COLLECTION AND MORE"


def test_what_stands_below_a_line_is_kept_behind_its_narration() -> None:
    text = DAY.replace("//S9001\n", "//S9001\n/OCMT/INR5000,00/\n")

    assert read(text).lines[1].description == "NEFT*YESB0000001*YESAP60920012345*TEST REMITTER /OCMT/INR5000,00/"


def test_a_short_reference_is_not_lengthened_by_the_narration() -> None:
    line = read(DAY.replace("NTRFSBINR120260402//S9002", "NTRFRTGS//S9002")).lines[2]

    assert line.reference == "RTGS"


@pytest.mark.parametrize(
    "saved_again",
    [
        pytest.param(DAY.removesuffix("-\n"), id="no trailer"),
        pytest.param(DAY.removesuffix("\n"), id="no line end"),
        pytest.param(DAY.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(
            "{1:F01SBININBBAXXX0000000000}{2:O9400000N}{4:\n" + DAY.replace("-\n", "-}{5:{CHK:0}}\n"), id="blocks"
        ),
        pytest.param("{1:F01SBININBB}{2:I940X}{4:" + DAY.replace("-\n", "-}$\n"), id="a block on the first line"),
        pytest.param("SBIN0000091\n940\n" + DAY, id="lines of the bank's own before"),
        pytest.param(DAY.replace("SBIN0000091/31234567890", "31234567890"), id="a bare account"),
        pytest.param(DAY.replace("/31234567890", "/00000031234567890"), id="an account of seventeen digits"),
        pytest.param(DAY.replace("/31234567890", "/31234567890INR"), id="an account with its currency"),
        pytest.param(DAY.replace(":28C:", ":21:NONREF\n:28C:"), id="a related reference"),
        pytest.param(DAY.replace(":28C:92/1", ":28C:92"), id="no page number"),
        pytest.param(DAY.replace(":86:CASH HAND", ":NS:22X\n23Y\n:86:CASH HAND"), id="a tag outside of SWIFT"),
        pytest.param(DAY.replace("969500,00", "969500").replace("759441,00", "759441"), id="balances without a comma"),
        pytest.param(
            DAY.replace("-\n", ":64:C260402INR1,00\n:65:C260403INR1,00\n:86:OF THE STATEMENT\n-\n"), id="more balances"
        ),
    ],
)
def test_a_message_written_otherwise_says_the_same(saved_again: str) -> None:
    expected, found = read(DAY), read(saved_again)

    assert places(found) == places(expected)
    assert [line.description for line in found.lines] == [line.description for line in expected.lines]
    assert (found.account_number, found.closing) == (expected.account_number, expected.closing)


def test_letters_of_eight_bits_are_kept() -> None:
    line = read(DAY.replace("KOLKATA MAIN", "CAFÉ").encode("latin-1")).lines[0]

    assert line.description == "CASH DEPOSIT SELF AT 00091 CAFÉ"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (":25:SBIN0000091/31234567890\n", "", "does not say its account"),
        (":28C:92/1\n", "", "does not say its account"),
        (":62F:C260402INR759441,00\n", "", "no closing balance"),
        (":62F:C260402INR759441,00", ":62F:C260402INR759441,01", "lines are missing or were changed"),
        (":62F:C260402", ":62F:C260331", "before the opening one"),
        (":62F:C260402", ":62F:C260411", "has not come yet"),
        ("INR969500", "USD969500", "only accounts in Indian rupees"),
        ("31234567890", "10000222", "does not have eleven digits"),
        (":28C:92/1", ":28C:X", "no number of a statement"),
        (":60F:C260401INR969500,00\n", "", "in a wrong place"),
        (":62F:", ":60F:C260401INR969500,00\n:62F:", "stands twice"),
        ("-\n", ":61:2604020402CR1,NTRFNONREF\n-\n", "in a wrong place"),
        (":86:CASH H", ":99Z:X\n:86:CASH H", "no field of a statement"),
        ("-\n", "-\n:61:2604020402CR1,NTRFNONREF\n", "outside of a message"),
        ("-\n", "-\nAND MORE\n", "outside of a message"),
        ("CASH H", "CASH\x07H", "control character"),
    ],
)
def test_a_message_that_is_not_whole_is_refused(old: str, new: str, says: str) -> None:
    assert DAY.count(old) >= 1

    assert says in refusal(DAY.replace(old, new, 1))["reason"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            ":20:X\n:25:31234567890\n:28C:1/1\n:34F:INR0,\n:13D:2604021200+0530\n:61:260402C1,NTRFNONREF\n"
            ":90D:0INR0,\n:90C:1INR1,\n-\n",
            id="by its floor limit",
        ),
        pytest.param("{1:F01SBININBBAXXX}{2:O9421200}{4:\n" + DAY.replace(":62F", ":65"), id="by its header"),
    ],
)
def test_an_mt942_is_refused_because_it_only_announces(text: str) -> None:
    assert "it only announces" in refusal(text)["reason"]


@settings(deadline=None)
@given(statements())
def test_what_is_written_as_mt940_is_read_again(statement: Statement) -> None:
    again = read(write_mt940(statement))

    assert places(again) == places(statement)
    assert (again.opening, again.closing, again.period_last) == (
        *(statement.opening, statement.closing, statement.period_last),
    )
    assert [(line.value_date, line.reference) for line in again.lines] == [
        (line.value_date, line.reference) for line in statement.lines
    ]
    assert [line.description.replace("\n", "") for line in again.lines] == [
        " ".join(line.description.split()) for line in statement.lines
    ]


def test_a_message_cut_anywhere_is_refused_or_whole() -> None:
    whole = read(DAY)

    for length in range(len(DAY)):
        cut = read_or_none(DAY[:length].encode())
        assert cut is None or (places(cut) == places(whole) and cut.closing == whole.closing)


def test_a_figure_or_mark_changed_is_never_read_unseen() -> None:
    assert {line.direction for line in read(DAY).lines} == set(Direction)

    for old, new in ((":61:2604020402CR35000", ":61:2604020402DR35000"), ("CR5000,", "CR5001,"), ("DR59,", "RD59,")):
        assert "lines are missing or were changed" in refusal(DAY.replace(old, new))["reason"]
