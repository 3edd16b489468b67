"""Differences have two sides: what the bank took, and what it shows too much; each is explained, or written off."""

from __future__ import annotations

from functools import partial

import pytest

from tests.at_once import answers, at_once, connect
from tests.books import Books
from tests.payments.desk import Finance
from wallet_service.errors import ResolutionNotPossible
from wallet_service.money import paise
from wallet_service.payments.approvals import Approval
from wallet_service.recon.open_items import open_items


@pytest.fixture
def finance(books: Books) -> Finance:
    return Finance(books)


def do(finance: Finance, about: str, resolution: str, **besides: object) -> Approval:
    """Propose and approve."""
    return finance.approve(finance.propose(about, resolution, **besides))  # type: ignore[arg-type]


def written(finance: Finance, money: str) -> tuple[str, int]:
    """Let money come that is written to the differences, and return its break and its line."""
    line = finance.parked(money)
    approved = do(finance, finance.about(line), "write-to-differences")
    return f"unexplained-credit:surplus-{approved.id}", line


def test_small_change_that_nobody_claims_is_written_to_differences_and_off_in_parts(
    finance: Finance, books: Books
) -> None:
    line = finance.parked("12.50")
    kept = do(finance, finance.about(line), "write-to-differences", amount="2.50")
    about = f"unexplained-credit:surplus-{kept.id}"

    assert finance.breaks() == [("unexplained-credit", "2.50"), ("unmatched-credit", "10.00")]
    assert books.account("suspense:differences") == "-2.50"
    assert books.faults() == {}
    for amount in ("1.00", None):
        assert do(finance, about, "write-off", amount=amount).state == "approved"

    assert finance.breaks() == [("unmatched-credit", "10.00")]
    assert (books.account("suspense:differences"), books.account("bank:interest")) == ("0.00", "-2.50")
    assert books.entries("house")[-1][:3] == ("write-off", "suspense:differences", "bank:interest")
    assert books.faults() == {}


def test_a_difference_of_which_the_owner_is_found_is_credited_and_repays_what_is_owed(
    finance: Finance, books: Books
) -> None:
    howrah = books.wallet()
    credit = books.advise(howrah, "30.00").credit.id
    books.pay(howrah, "30.00")
    books.withdraw(credit)
    about, _ = written(finance, "50.00")

    credited = do(finance, about, "credit-wallet", wallet=howrah, amount="40.00")

    assert (credited.state, books.current(howrah)) == ("approved", "10.00")
    assert books.entries(howrah)[-2] == ("difference-explained", "suspense:differences", f"wallet:{howrah}", "40.00")
    assert finance.breaks() == [("unexplained-credit", "10.00")]
    assert books.faults() == {}


def test_what_the_bank_took_is_explained_by_what_it_had_shown_too_much(finance: Finance, books: Books) -> None:
    about, _ = written(finance, "50.00")
    outflow = finance.goes_out("20.00")

    explained = do(finance, about, "explain-return", line=outflow, amount="20.00")

    assert (explained.state, len(explained.entries)) == ("approved", 2)
    assert finance.breaks() == [("unexplained-credit", "30.00")]
    assert books.account("suspense:differences") == "-30.00"
    assert books.faults() == {}


def test_what_was_ordered_back_or_taken_is_not_written_to_differences(finance: Finance) -> None:
    line = finance.parked("50.00")
    waiting = finance.propose(finance.about(line), "write-to-differences")
    do(finance, finance.about(line), "return-to-sender")

    with pytest.raises(ResolutionNotPossible):
        finance.propose(finance.about(line), "write-to-differences")
    assert finance.approve(waiting).state == "stale"


def test_the_statement_of_the_day_lists_what_was_written_to_the_differences(finance: Finance, books: Books) -> None:
    about, _ = written(finance, "50.00")
    do(finance, about, "write-off", amount="20.00")

    with books.database.snapshot() as connection:
        found = open_items(connection, books.today())

    assert [(row.item, row.paise) for row in found["suspense:differences"]] == [
        (about.rpartition(":")[2].replace("-", " "), -3000)
    ]


def test_parts_of_a_difference_at_once_never_use_more_than_there_is(finance: Finance, books: Books) -> None:
    connect(books.database, 6)
    wallets = [books.wallet() for _ in range(2)]
    about, _ = written(finance, "100.00")
    parts = [finance.propose(about, "credit-wallet", wallet=wallet, amount="45.00") for wallet in wallets]
    parts += [finance.propose(about, "write-off", amount="35.00") for _ in range(2)]

    outcomes = answers(at_once([partial(finance.approve, part) for part in parts]))

    used = sum(paise(str(each.payload["amount"])) for each in outcomes if each.state == "approved")
    assert used <= paise("100.00")
    assert {each.state for each in outcomes} == {"approved", "stale"}
    assert books.account("suspense:differences") == f"-{(10000 - used) / 100:.2f}"
    assert books.faults() == {}


def test_a_deposit_that_went_back_after_it_was_credited_is_taken_from_the_wallet_and_the_rest_is_owed(
    finance: Finance, books: Books
) -> None:
    howrah, line = books.wallet(), finance.parked("300.00")
    do(finance, finance.about(line), "credit-wallet", wallet=howrah)
    books.pay(howrah, "180.00")
    outflow = finance.goes_out("300.00")
    about = f"unexplained-debit:bank-line-{outflow}"

    taken = do(finance, about, "explain-return", line=line, wallet=howrah)

    assert taken.entries[0] == f"{howrah}-000003"
    assert books.entries(howrah)[-1] == ("return", f"wallet:{howrah}", "suspense:differences", "120.00")
    assert books.entries("house")[-1] == ("owed", f"receivable:{howrah}", "suspense:differences", "180.00")
    assert finance.breaks() == [("owed-by-operator", "180.00")]
    assert books.account("suspense:differences") == "0.00"
    assert books.faults() == {}


def test_a_deposit_is_taken_back_once_and_only_from_whoever_had_it(finance: Finance, books: Books) -> None:
    howrah, bally, line = books.wallet("500.00"), books.wallet("500.00"), finance.parked("300.00")
    do(finance, finance.about(line), "credit-wallet", wallet=howrah, amount="200.00")
    about = f"unexplained-debit:bank-line-{finance.goes_out('300.00')}"

    parts = [
        finance.propose(about, "explain-return", line=line, wallet=howrah, amount=amount)
        for amount in ("80.00", "70.00", "60.00")
    ]
    states = [finance.approve(each).state for each in parts]
    with pytest.raises(ResolutionNotPossible):
        finance.propose(about, "explain-return", line=line, wallet=bally, amount="1.00")

    assert states == ["approved", "approved", "stale"]
    assert (books.current(howrah), books.current(bally)) == ("550.00", "500.00")
    assert books.faults() == {}


def test_an_advice_that_two_persons_find_went_back_is_withdrawn_whole(finance: Finance, books: Books) -> None:
    howrah, line = books.wallet(), finance.parked("300.00", reference="SBIN400000000001")
    books.advise(howrah, "300.00", reference="SBIN400000000001")
    about = f"unexplained-debit:bank-line-{finance.goes_out('300.00')}"

    with pytest.raises(ResolutionNotPossible):
        finance.propose(about, "explain-return", line=line, wallet=howrah, amount="299.00")
    do(finance, about, "explain-return", line=line, wallet=howrah)
    again = finance.comes_in("1.00")
    late = finance.goes_out("1.00", reference="SBIN400000000001")

    assert books.current(howrah) == "0.00"
    assert again < late
    assert books.faults() == {}


def test_takings_at_once_never_take_a_deposit_twice(finance: Finance, books: Books) -> None:
    connect(books.database, 4)
    howrah, line = books.wallet("1000.00"), finance.parked("300.00")
    do(finance, finance.about(line), "credit-wallet", wallet=howrah)
    finance.comes_in("300.00")
    abouts = [f"unexplained-debit:bank-line-{finance.goes_out('300.00')}" for _ in range(2)]
    takings = [finance.propose(about, "explain-return", line=line, wallet=howrah) for about in abouts]

    outcomes = answers(at_once([partial(finance.approve, each) for each in takings]))

    assert sorted(each.state for each in outcomes) == ["approved", "stale"]
    assert books.current(howrah) == "1000.00"
    assert books.faults() == {}


def test_a_balance_brought_in_by_mistake_is_reversed_by_two_persons(finance: Finance, books: Books) -> None:
    howrah = books.wallet("250.00")
    books.pay(howrah, "100.00")
    proposed = [finance.order_reversal(f"{howrah}-000001") for _ in range(2)]

    done, stale = (finance.approve(each) for each in proposed)

    assert (done.state, stale.state) == ("approved", "stale")
    assert done.entries == [f"{howrah}-000003", "house-000001"]
    assert (books.current(howrah), books.account(f"receivable:{howrah}")) == ("0.00", "100.00")
    with pytest.raises(ResolutionNotPossible):
        finance.order_reversal(f"{howrah}-000002")
    assert books.faults() == {}


@pytest.mark.parametrize(
    ("spoilt", "named"),
    [
        (
            "UPDATE surpluses SET cleared_paise = 0",
            "surplus {surplus}: 0 of 5000 paise cleared, its clearings are 1000",
        ),
        ("DELETE FROM surpluses", "account suspense:differences: -4000 paise, its open items are 0"),
        ("UPDATE deposits_taken_back SET taken_paise = 1", "had 30000 paise of it, gave back 1"),
        ("UPDATE deposits_taken_back SET credited_paise = 30001", "had 30001 paise of it, gave back 30000"),
    ],
)
def test_what_was_written_off_or_taken_back_by_hand_is_found(
    finance: Finance, books: Books, spoilt: str, named: str
) -> None:
    howrah, deposit = books.wallet(), finance.parked("300.00")
    do(finance, finance.about(deposit), "credit-wallet", wallet=howrah)
    about = f"unexplained-debit:bank-line-{finance.goes_out('300.00')}"
    do(finance, about, "explain-return", line=deposit, wallet=howrah)
    surplus, _ = written(finance, "50.00")
    do(finance, surplus, "write-off", amount="10.00")
    assert books.faults() == {}

    books.spoil(spoilt)

    found = books.faults()
    assert found.keys() == {12}
    expected = named.format(surplus=surplus.rpartition("-")[2])
    assert any(expected in row for row in found[12]), found
