"""Breaks: each kind is listed while it is open, aged and in words, and gone when it is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.api.portal import Caller, application, caller, nobody
from tests.books import Books, set_clock
from tests.payments.test_claims import CASH, FIRST, SECOND, statement
from tests.recon.test_bank_files import Desk
from wallet_service.errors import HoldExpired
from wallet_service.recon.breaks import BreakKind

NEFT = "BY TRANSFER-NEFT*YESB0000001*YESAP60920012345*TEST REMITTER--"
BACK = "TO TRANSFER-NEFT*YESB0000001*YESAP60920012345*RETURN--"


@pytest.fixture
def desk(books: Books) -> Desk:
    return Desk(books)


@pytest.fixture
def auditor(desk: Desk) -> Iterator[Caller]:
    with application(desk.books.servers) as app:
        yield caller(app, "reports:read")


@pytest.fixture
def shift(books: Books) -> Callable[[str], None]:
    return set_clock(books)


def found(auditor: Caller, query: str = "") -> list[tuple[str, str, str | None, str | None]]:
    """Return the open breaks as kind, reference, rupees and wallet."""
    items = auditor.get(f"/v1/breaks?{query}").json["items"]
    return [(each["kind"], each["reference"], each["amount"], each["wallet"]) for each in items]


def test_books_in_order_have_no_breaks(auditor: Caller, books: Books) -> None:
    books.advise(FIRST, "500.00")
    books.pay(FIRST, "100.00")

    assert auditor.get("/v1/breaks").json == {"items": [], "next_cursor": None}


def test_an_advice_is_a_break_when_two_bank_days_have_not_shown_it(
    auditor: Caller, books: Books, shift: Callable[[str], None]
) -> None:
    advised = books.advise(FIRST, "500.00").credit.id
    assert found(auditor) == []

    shift("7 days")

    (told,) = auditor.get("/v1/breaks?kind=untied-advice&state=open").json["items"]
    assert (told["reference"], told["amount"], told["wallet"]) == (advised, "500.00", FIRST)
    assert (told["id"], told["state"], told["age_days"]) == (f"untied-advice:{advised}", "open", 7)
    assert 4 <= told["age_bank_days"] <= 6  # A week has a Sunday, and may have a Saturday or a holiday off.
    assert all(told[member] for member in ("since", "words", "next_step"))
    books.withdraw(advised)
    assert found(auditor) == []


def test_a_line_that_two_claims_fit_is_their_break_and_none_of_its_own(
    desk: Desk, auditor: Caller, books: Books
) -> None:
    one, two = books.claim(FIRST, "7500.00"), books.claim(SECOND, "7500.00")

    desk.release(desk.receive(statement((CASH, "4292", 7500))))

    assert found(auditor) == [
        ("offered-claim", one.claim.id, "7500.00", FIRST),
        ("offered-claim", two.claim.id, "7500.00", SECOND),
    ]
    assert found(auditor, "kind=unmatched-credit") == []


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([("TO DEBIT THROUGH CHEQUE--", "4292", -300)], "unexplained-debit"),
        ([("REVERSAL OF CASH DEPOSIT--", "4292", -300)], "reversal"),
        ([(NEFT, "4430", 300), (NEFT, "4430", 300)], "twice-credited"),
    ],
)
def test_a_parked_line_is_the_break_that_its_rule_says(
    desk: Desk, auditor: Caller, lines: list[tuple[str, str, int]], kind: str
) -> None:
    file = desk.release(desk.receive(statement(*lines)))

    parked = desk.lines(file)[-1]
    assert (kind, f"bank-line {parked.id}", "300.00", None) in found(auditor)


def test_a_capture_that_came_too_late_is_a_break_until_it_is_captured(
    auditor: Caller, books: Books, shift: Callable[[str], None]
) -> None:
    books.bring_in(FIRST, "100.00")
    hold = books.hold(FIRST, "100.00", expires_in=60).debit.id
    shift("1 hour")
    books.pay(FIRST, "50.00")

    for _ in range(2):
        with pytest.raises(HoldExpired):
            books.capture(hold)

    assert found(auditor) == [("expired-hold", hold, "100.00", FIRST)]
    books.advise(FIRST, "50.00")
    books.capture(hold)
    assert found(auditor) == []


def test_what_an_operator_owes_is_a_break_until_it_is_repaid(desk: Desk, auditor: Caller, books: Books) -> None:
    books.advise(FIRST, "5000.00", reference="YESAP60920012345")
    desk.release(desk.receive(statement((NEFT, "4430", 5000))))
    books.pay(FIRST, "4000.00")
    desk.release(desk.receive(statement((BACK, "4430", -5000), opening=105_000, day="03/04/2026")))

    (owed,) = found(auditor)
    books.advise(FIRST, "1500.00")
    (rest,) = found(auditor)
    books.advise(FIRST, "2500.00")

    assert (owed[0], owed[2:]) == ("owed-by-operator", ("4000.00", FIRST))
    assert (rest[1], rest[2]) == (owed[1], "2500.00")
    assert found(auditor) == []


def test_a_file_that_waits_or_contradicts_is_a_break(desk: Desk, auditor: Caller) -> None:
    desk.release(desk.receive(statement((CASH, "4292", 100))))
    waiting = desk.receive(statement((CASH, "4292", 100), opening=300_000, day="09/04/2026"))
    conflict = desk.receive(statement((CASH, "4292", 7500)), filename="other.xls")

    told = found(auditor, "kind=file-waiting") + found(auditor, "kind=file-conflict")

    assert (waiting.state, conflict.state) == ("waiting", "rejected")
    assert told == [
        ("file-waiting", f"bank-file {waiting.id}", None, None),
        ("file-conflict", f"bank-file {conflict.id}", None, None),
    ]


def test_breaks_are_listed_page_by_page_the_oldest_first(desk: Desk, auditor: Caller) -> None:
    desk.release(desk.receive(statement(*[(CASH, "4292", rupees) for rupees in range(1, 6)])))
    desk.release(desk.receive(statement((CASH, "4292", 9), opening=100_015, day="03/04/2026")))

    pages = auditor.pages("/v1/breaks?state=open", 4)

    assert [len(each) for each in pages] == [4, 2]
    told = [(each["since"], each["amount"]) for page in pages for each in page]
    assert sorted(amount for _, amount in told) == ["1.00", "2.00", "3.00", "4.00", "5.00", "9.00"]
    assert told[-1] == ("2026-04-03", "9.00")


def test_breaks_of_one_day_are_listed_by_number_page_by_page(desk: Desk, auditor: Caller) -> None:
    desk.release(desk.receive(statement(*[(CASH, "4292", rupees) for rupees in range(1, 13)])))

    pages = auditor.pages("/v1/breaks?kind=unmatched-credit", 5)

    told = [each["reference"] for page in pages for each in page]
    assert told == [f"bank-line {number}" for number in range(1, 13)]


def test_open_breaks_are_counted_summed_and_aged_by_kind(
    desk: Desk, auditor: Caller, books: Books, shift: Callable[[str], None]
) -> None:
    books.advise(FIRST, "500.00")
    shift("7 days")
    desk.release(desk.receive(statement((CASH, "4292", 5), (CASH, "4292", 7), opening=100_000)))

    told = auditor.get("/v1/breaks/summary").json

    assert told["next_cursor"] is None
    assert [(each["kind"], each["count"], each["amount"]) for each in told["items"]] == [
        ("unmatched-credit", 2, "12.00"),
        ("untied-advice", 1, "500.00"),
    ]
    parked, untied = told["items"]
    assert (parked["oldest"], untied["age_days"]) == ("2026-04-02", 7)
    assert 4 <= untied["age_bank_days"] <= 6


def test_a_maker_takes_a_break_hands_it_over_and_gives_it_back(desk: Desk, auditor: Caller, books: Books) -> None:
    desk.release(desk.receive(statement((CASH, "4292", 5), (CASH, "4292", 7))))
    first, second = [each["id"] for each in auditor.get("/v1/breaks").json["items"]]
    mita = caller(auditor.app, "finance:make", person="mita")

    taken = mita.post(f"/v1/breaks/{first}/owner", {"owner": "mita"})
    handed = mita.post(f"/v1/breaks/{second}/owner", {"owner": "Rahim"})

    assert (taken.status_code, taken.json["owner"], handed.json["owner"]) == (200, "mita", "Rahim")
    assert [each["owner"] for each in auditor.get("/v1/breaks").json["items"]] == ["mita", "Rahim"]
    assert [each["id"] for each in auditor.get("/v1/breaks?owner=rahim").json["items"]] == [second]
    assert mita.post(f"/v1/breaks/{second}/owner", {}).json["owner"] is None
    with books.database.statement() as connection:
        kept = connection.exec_driver_sql("SELECT owner, by_whom FROM break_owners ORDER BY id").all()
    assert [tuple(each) for each in kept] == [("mita", "mita"), ("Rahim", "mita"), (None, "mita")]
    assert auditor.post(f"/v1/breaks/{first}/owner", {"owner": "me"}).status_code == 403
    assert mita.post("/v1/breaks/unmatched-credit:bank-line-999/owner", {"owner": "me"}).status_code == 404


def test_each_kind_has_its_next_step() -> None:
    assert all(kind.next_step.endswith(".") for kind in BreakKind)


def test_what_is_untied_and_its_limit_are_gauges(auditor: Caller, books: Books) -> None:
    books.advise(FIRST, "500.00")
    books.advise(SECOND, "250.50")

    told = nobody(auditor.app).get("/metrics").text

    assert "wallet_untied_paise 75050.0" in told
    assert "wallet_untied_limit_paise 1e+09" in told
