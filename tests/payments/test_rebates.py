"""A rebate stands before its payment as an entry of its own; what goes back is never more than the wallet paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import Books, set_clock
from tests.servers import Servers, fresh_database
from wallet_service.database import Database
from wallet_service.errors import (
    AlreadyPaid,
    InsufficientFunds,
    InvalidRequest,
    RefundExceedsCapture,
    ServiceNotFound,
    WalletError,
)
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode, department_account, wallet_account
from wallet_service.ledger.trial_balance import trial_balance
from wallet_service.money import Paise, paise, rupees
from wallet_service.payments import movements, rebates
from wallet_service.payments.rebates import Rebate

POD, BILL = DepartmentCode("POD"), ServiceCode("001")
POWER = department_account(POD, BILL)


@pytest.fixture
def one_percent(books: Books) -> Books:
    """Return books in which the department of power allows 1 % on its bills, as it really does."""
    books.allow_rebate(basis_points=100)
    return books


@pytest.fixture
def howrah(books: Books) -> OperatorCode:
    return books.wallet("500.00")


def collected(books: Books) -> Paise:
    """Return what is owed to the department of power for its bills, in paise."""
    with books.database.snapshot() as connection:
        found = {line.account: line.credit - line.debit for line in trial_balance(connection).lines}
    return Paise(found.get(POWER, 0))


def test_a_rebate_stands_before_its_payment_and_the_wallet_pays_the_rest(
    one_percent: Books, howrah: OperatorCode
) -> None:
    books, wallet = one_percent, wallet_account(howrah)

    paid = books.pay(howrah, "120.50", ticket="T", key="paid")
    again = books.pay(howrah, "120.50", ticket="T", key="paid")

    rebate, payment = movements.rebated_payment(wallet, POWER, demand=Paise(12050), rebate=Paise(120))
    assert books.entries(howrah)[1:] == [
        (each.kind.value, each.debit, each.credit, rupees(each.amount)) for each in (rebate, payment)
    ]
    assert (paid.rebate, paid.debit.captured, paid.debit.refunded) == (120, 12050, 0)
    assert paid.balance.current == 50000 - 12050 + 120
    assert (again.debit, again.balance, again.rebate, again.replayed) == (paid.debit, paid.balance, paid.rebate, True)
    standing = books.debit(paid.debit.id)
    assert (standing.rebate, standing.refunded) == (120, 0)
    assert collected(books) == 12050 - 120
    assert books.faults() == books.faults(since=books.today()) == {}


def test_only_what_the_wallet_pays_must_be_available(books: Books) -> None:
    books.allow_rebate(basis_points=100)
    enough, short = books.wallet("99.00"), books.wallet("98.99")

    assert books.pay(enough, "100.00").balance.current == 0
    with pytest.raises(InsufficientFunds) as refusal:
        books.pay(short, "100.00")

    assert refusal.value.facts["needed_paise"] == 9900


@pytest.mark.parametrize(
    ("allowed", "demand", "rebate"),
    [
        ({"basis_points": 100}, "0.99", 0),
        ({"basis_points": 100}, "1.00", 1),
        ({"basis_points": 333}, "9.99", 33),
        ({"basis_points": 9999}, "0.01", 0),
        ({"basis_points": 9999}, "2.00", 199),
        ({"money": "5.00"}, "5.00", 0),
        ({"money": "5.00"}, "5.01", 500),
    ],
)
def test_a_rebate_is_whole_paise_rounded_down_and_never_the_whole_demand(
    books: Books, howrah: OperatorCode, allowed: dict[str, int | str], demand: str, rebate: int
) -> None:
    books.allow_rebate(**allowed)  # type: ignore[arg-type]

    paid = books.pay(howrah, demand)

    assert paid.rebate == rebate
    assert paid.balance.current == 50000 - paise(demand) + rebate
    assert len(books.entries(howrah)) == 2 + (rebate > 0)
    assert books.faults() == {}


def test_a_capture_has_the_rebate_of_the_day_of_its_hold_on_what_it_takes(books: Books, howrah: OperatorCode) -> None:
    books.allow_rebate(basis_points=100, last_day=books.today())
    held = books.hold(howrah, "200.00", expires_in=600_000)
    shift = set_clock(books)

    shift("2 days")
    captured = books.capture(held.debit.id, "150.00", key="capture")
    later = books.pay(howrah, "100.00")

    assert (held.rebate, held.balance.held) == (0, 20000)
    assert (captured.rebate, captured.balance.current, captured.balance.held) == (150, 50000 - 15000 + 150, 0)
    assert later.rebate == 0
    again = books.capture(held.debit.id, "150.00", key="capture")
    assert (again.rebate, again.debit, again.balance) == (captured.rebate, captured.debit, captured.balance)
    assert books.faults() == {}


def test_a_late_capture_needs_what_the_wallet_pays(books: Books) -> None:
    books.allow_rebate(basis_points=100)
    wallet = books.wallet("100.00")
    held = books.hold(wallet, "100.00", expires_in=60).debit.id
    set_clock(books)("1 hour")
    books.pay(wallet, "1.00", service="002")

    captured = books.capture(held)

    assert (captured.debit.late, captured.rebate, captured.balance.current) == (True, 100, 0)


def test_what_goes_back_is_never_more_than_the_wallet_paid(one_percent: Books, howrah: OperatorCode) -> None:
    books = one_percent
    paid = books.pay(howrah, "100.00").debit.id
    books.refund(paid, "40.00")

    for too_much in ("60.00", "59.01"):
        with pytest.raises(RefundExceedsCapture) as refusal:
            books.refund(paid, too_much)
    books.refund(paid, "59.00")

    facts = {name: refusal.value.facts[name] for name in ("captured_paise", "refunded_paise", "rebate_paise")}
    assert facts == {"captured_paise": 10000, "refunded_paise": 4000, "rebate_paise": 100}
    assert books.debit(paid).refunded == 9900
    assert (collected(books), books.balance(howrah).current) == (0, 50000)
    assert books.faults() == {}


def test_what_was_given_back_whole_may_be_paid_again_and_is_unknown_no_longer(
    one_percent: Books, howrah: OperatorCode
) -> None:
    books = one_percent
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '001'")
    paid = books.pay(howrah, "100.00", ticket="T").debit.id
    books.mark_unknown(paid)
    with pytest.raises(AlreadyPaid):
        books.pay(howrah, "100.00", ticket="T")

    books.refund(paid, "99.00")

    assert books.debit(paid).unknown is None
    assert books.pay(howrah, "100.00", ticket="T").rebate == 100


def test_a_payment_counts_by_the_days_of_the_rebate(books: Books, howrah: OperatorCode) -> None:
    day = books.today()
    with as_owner(books) as owner, owner.transaction() as connection:
        rebates.add(connection, Rebate(POD, BILL, 100, None, day + timedelta(2), day + timedelta(3)), by="test")
    shift = set_clock(books)

    found = []
    for days in range(6):
        shift(f"{days} days")
        found.append(books.pay(howrah, "10.00").rebate)

    assert found == [0, 0, 10, 10, 0, 0]


def test_a_rebate_is_ended_at_once_and_another_begins(one_percent: Books, howrah: OperatorCode) -> None:
    books, day = one_percent, one_percent.today()
    with as_owner(books) as owner, owner.transaction() as connection:
        rebates.end(connection, POD, BILL, day - timedelta(1), by="test")

        for refused in (day, day - timedelta(2)):
            with pytest.raises(InvalidRequest):
                rebates.end(connection, POD, BILL, refused, by="test")

    assert books.pay(howrah, "10.00").rebate == 0
    books.allow_rebate(money="1.00")
    assert books.pay(howrah, "10.00").rebate == 100


def test_a_rebate_that_makes_no_sense_is_refused(one_percent: Books) -> None:
    day = one_percent.today()
    nonsense = [
        Rebate(POD, BILL, 100, None, day + timedelta(9), None),  # Another one holds then.
        Rebate(POD, ServiceCode("002"), 100, None, day - timedelta(1), None),
        Rebate(POD, ServiceCode("002"), 100, Paise(1), day, None),
        Rebate(POD, ServiceCode("002"), None, None, day, None),
        Rebate(POD, ServiceCode("002"), 10_000, None, day, None),
        Rebate(POD, ServiceCode("002"), 100, None, day, day - timedelta(1)),
    ]

    with as_owner(one_percent) as owner, owner.transaction() as connection:
        for each in nonsense:
            with pytest.raises(InvalidRequest):
                rebates.add(connection, each, by="test")
        with pytest.raises(ServiceNotFound):
            rebates.add(connection, Rebate(POD, ServiceCode("999"), 100, None, day, None), by="test")
        assert len(rebates.list_rebates(connection)) == 1


class as_owner:  # noqa: N801 (it reads as a verb)
    """Gives the books' database as its owner has it."""

    def __init__(self, books: Books) -> None:
        self._database = Database(books.servers.owner_url, pool_size=1)

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *exception: object) -> None:
        self._database.close()


@pytest.mark.parametrize(
    ("spoilt", "laws", "said"),
    [
        ("UPDATE rebates SET amount_paise = amount_paise + 1", {10}, "has no source, or another amount"),
        ("DELETE FROM rebates", {9, 10}, "has no source, or another amount"),
        ("UPDATE debits SET refunded_paise = 0 WHERE refunded_paise > 0", {9}, "0 refunded"),
        (
            "UPDATE entries SET number = CASE number WHEN 2 THEN 3 ELSE 2 END WHERE book > 0 AND number IN (2, 3)",
            {9},
            "does not stand before its payment",
        ),
    ],
)
def test_a_rebate_that_is_not_as_it_was_posted_is_found(
    one_percent: Books, howrah: OperatorCode, spoilt: str, laws: set[int], said: str
) -> None:
    one_percent.pay(howrah, "100.00")
    drop = "ALTER TABLE entries DROP CONSTRAINT entries_are_numbered_in_their_book; " if "CASE number" in spoilt else ""

    one_percent.spoil(drop + spoilt)

    found = one_percent.faults()
    assert laws <= found.keys()
    assert any(said in row for rows in found.values() for row in rows), found
    assert laws <= one_percent.faults(since=one_percent.today()).keys()


STEPS = st.lists(
    st.tuples(st.sampled_from(("pay", "hold", "capture", "refund", "void")), st.integers(1, 9_999)),
    min_size=2,
    max_size=8,
)


@pytest.fixture(scope="module")
def own(servers: Servers) -> Iterator[Books]:
    with fresh_database(servers) as fresh:
        books = Books(fresh)
        books.allow_rebate(basis_points=777)
        yield books
        books.close()


@given(STEPS)
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_paid_and_given_back_a_department_has_what_was_captured_less_rebates_and_refunds(
    own: Books, steps: list[tuple[str, int]]
) -> None:
    before, wallet = collected(own), own.wallet("250.00")
    debits: list[str] = []
    acts: dict[str, Callable[[str, str], object]] = {
        "capture": own.capture,
        "refund": own.refund,
        "void": lambda debit, money: own.void(debit),
    }

    for step, amount in steps:
        money = rupees(Paise(amount))
        with suppress(WalletError):  # What is refused moves nothing, as the sums below say.
            if step in ("pay", "hold"):
                debits.append((own.pay if step == "pay" else own.hold)(wallet, money).debit.id)
            elif debits:
                acts[step](debits[amount % len(debits)], money)

    found = [own.debit(debit) for debit in debits]
    paid = sum(each.captured - each.rebate - each.refunded for each in found)
    assert all(each.rebate == each.captured * 777 // 10_000 for each in found)
    assert (collected(own) - before, 25000 - own.balance(wallet).current) == (paid, paid)
    assert own.faults() == {}
