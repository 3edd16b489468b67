"""Each call of the client, on a service that listens."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.api.portal import number
from tests.books import Books
from tests.client.service import DAY, Service, neft
from wallet_service.client import (
    Abandoned,
    Conflict,
    DebitAnswer,
    Item,
    Malformed,
    NotFound,
    Portal,
    Refused,
    Unauthorised,
    new_key,
)

POD = ("POD", "001")


def _bill(wallet: str, amount: str, ticket: str) -> Item:
    return Item(wallet=wallet, department="POD", service="001", amount=amount, service_ticket_no=ticket)


def test_a_wallet_is_opened_and_looked_at(portal: Portal) -> None:
    code = f"BSKT{number(10)}"

    opened = portal.open_wallet(code, centre_code="HWH-1", district="HWH", centre_name="হাওড়া", floor="5.00")

    assert (opened.state, opened.floor, opened.centre_name) == ("open", Decimal("5.00"), "হাওড়া")
    assert portal.wallet(code) == opened
    assert opened in list(portal.wallets())
    assert portal.freeze(code, "a check").state == "frozen"
    assert portal.unfreeze(code, "checked").state == "open"
    assert portal.close_wallet(code, "moved away").state == "closed"


def test_a_payment_says_what_it_did_and_its_key_says_it_again(books: Books, portal: Portal) -> None:
    wallet, key = books.wallet("100.00"), new_key()

    paid = portal.pay(wallet, *POD, Decimal("12.5"), "T-1", consumer_no="77", key=key)
    again = portal.pay(wallet, *POD, "12.50", "T-1", consumer_no="77", key=key)

    assert (paid.state, paid.amount, paid.balance.available) == ("captured", Decimal("12.50"), Decimal("87.50"))
    assert (paid.key, paid.replayed, again.replayed) == (key, False, True)
    assert again == DebitAnswer(**{**vars(paid), "replayed": True})
    with pytest.raises(FrozenInstanceError):
        paid.state = "voided"  # type: ignore[misc]


def test_what_the_department_has_not_answered_is_unknown_until_it_has(books: Books, portal: Portal) -> None:
    held = portal.hold(books.wallet("100.00"), *POD, "30.00", "T-1")

    marked = portal.unknown(held.id)
    portal.known(held.id, "paid")
    waiting = portal.debit(held.id).unknown
    portal.capture(held.id)
    noted = portal.note_certificate(held.id, "POD0012026000001")

    assert marked.unknown is not None
    assert marked.unknown.advice.startswith("Do not pay again: verify.")
    assert marked.unknown.answer_due == marked.business_day + timedelta(days=5)
    assert waiting is not None
    assert waiting.answer == "paid"
    assert (noted.debit, noted.certificate_no) == (held.id, "POD0012026000001")
    assert portal.debit(held.id).unknown is None
    assert portal.debit(held.id).certificate_no == "POD0012026000001"


def test_a_hold_is_captured_in_part_or_voided(books: Books, portal: Portal) -> None:
    wallet = books.wallet("100.00")

    taken = portal.capture(portal.hold(wallet, *POD, "40.00", "T-1", expires_in=60).id, "30.00")
    whole = portal.capture(portal.hold(wallet, *POD, "5.00", "T-2").id)
    voided = portal.void(portal.hold(wallet, *POD, "20.00", "T-3").id)

    assert (taken.captured, taken.released, whole.captured) == (Decimal("30.00"), Decimal("10.00"), Decimal("5.00"))
    assert (voided.state, voided.balance.available) == ("voided", Decimal("65.00"))
    assert portal.balance(wallet) == voided.balance


def test_a_refund_gives_a_payment_back(books: Books, portal: Portal) -> None:
    wallet = books.wallet("100.00")
    paid = portal.pay(wallet, *POD, "40.00", "T-1")

    given = portal.refund(paid.id, "15.00", "The department did not take it")

    assert (given.debit, given.amount, given.cause) == (paid.id, Decimal("15.00"), "failed")
    assert given.balance.current == Decimal("75.00")
    assert portal.debit(paid.id).refunded == Decimal("15.00")
    assert portal.entry(given.id).kind == "refund"


def test_a_batch_answers_each_item_under_its_own_key(books: Books, portal: Portal) -> None:
    wallet = books.wallet("100.00")
    items = [_bill(wallet, "60.00", "T-1"), _bill(wallet, "60.00", "T-2"), _bill(wallet, "10.00", "T-3")]

    first, second, third = portal.batch(items)

    assert first.debit is not None
    assert (first.debit.state, first.debit.balance.current) == ("captured", Decimal("40.00"))
    assert second.refusal is not None
    assert (type(second.refusal), second.refusal.type) == (Refused, "insufficient-funds")
    assert third.debit is not None
    assert [first.key, second.key, third.key] == [item.key for item in items]
    assert portal.pay(wallet, *POD, "60.00", "T-1", key=first.key).id == first.debit.id
    assert portal.fate(second.key).state == "refused"


def test_a_batch_or_nothing_posts_nothing_when_one_is_refused(books: Books, portal: Portal) -> None:
    wallet = books.wallet("100.00")

    results = portal.batch_or_nothing([_bill(wallet, "60.00", "T-1"), _bill(wallet, "60.00", "T-2")])

    assert [each.refusal and each.refusal.type for each in results] == ["not-posted", "insufficient-funds"]
    assert portal.balance(wallet).current == Decimal("100.00")


def test_an_abandoned_key_pays_no_more(books: Books, portal: Portal) -> None:
    wallet, spent, used = books.wallet("100.00"), new_key(), new_key()
    paid = portal.pay(wallet, *POD, "1.00", "T-1", key=used)

    assert portal.abandon(spent) == Abandoned(spent, None)
    told = portal.abandon(used)
    with pytest.raises(Refused) as refused:
        portal.pay(wallet, *POD, "1.00", "T-2", key=spent)

    assert isinstance(told, DebitAnswer)
    assert (told.id, told.replayed) == (paid.id, True)
    assert (refused.value.type, refused.value.key) == ("key-abandoned", spent)
    assert portal.fate(spent).state == "abandoned"
    assert (portal.fate(used).state, portal.fate(used).debit) == ("posted", portal.debit(paid.id))


def test_debits_are_found_by_what_the_counter_knows(books: Books, portal: Portal) -> None:
    wallet = books.wallet("100.00")
    first = portal.pay(wallet, *POD, "1.00", "T-1", application_no="A-1")
    second = portal.hold(wallet, *POD, "2.00", "T-1")
    today = first.business_day

    assert second.same_ticket == (first.id,)
    assert [each.id for each in portal.debits(service_ticket_no="T-1")] == [first.id, second.id]
    assert [each.id for each in portal.debits(application_no="A-1")] == [first.id]
    assert [each.id for each in portal.debits(wallet=wallet, state="held")] == [second.id]
    assert [each.id for each in portal.debits(first=today, last=today, department="POD")] == [first.id, second.id]
    with pytest.raises(Malformed) as wide:
        list(portal.debits(first=today - timedelta(days=32), last=today))
    assert wide.value.type == "filter-too-wide"


def test_a_passbook_is_read_over_all_its_pages(books: Books, portal: Portal) -> None:
    wallet = books.wallet("1000.00")
    portal.batch([_bill(wallet, "1.00", f"T-{number}") for number in range(450)])

    book = portal.passbook(wallet)

    assert (book.opening, book.closing) == (Decimal("0.00"), Decimal("550.00"))
    assert [line.number for line in book.entries] == list(range(1, 452))
    assert [len(page.entries) for page in portal.passbook_pages(wallet)] == [200, 200, 51]
    assert len(list(portal.debits(wallet=wallet))) == 450
    assert portal.balance_as_of(wallet, book.entries[-1].business_day) == book.closing
    assert portal.passbook(wallet, last=DAY - timedelta(days=9_000)).entries == ()


def test_deposits_are_advised_and_claimed(books: Books, portal: Portal) -> None:
    wallet = books.wallet()

    advised = portal.credit(wallet, "500.00", **neft())
    claimed = portal.claim(wallet, "300.00", deposited_on=DAY, mode="cash", branch_code="1234", slip_no="9")

    assert (advised.state, advised.balance.current) == ("credited", Decimal("500.00"))
    assert portal.advised(advised.id).entry == advised.entry
    assert [each.id for each in portal.credits(wallet=wallet, state="credited")] == [advised.id]
    assert (claimed.state, claimed.entry, claimed.offers, claimed.amount) == ("open", None, (), Decimal("300.00"))
    assert portal.claimed(claimed.id) == next(portal.claims(wallet=wallet))
    with pytest.raises(Conflict) as again:
        portal.claim(wallet, "300.00", deposited_on=DAY, mode="cash", branch_code="1234", slip_no="9")
    assert again.value.type == "already-claimed"


def test_reports_agree_with_the_wallets(books: Books, portal: Portal) -> None:
    wallet = books.wallet("100.00")
    paid = portal.pay(wallet, "FIN", "001", "40.00", "T-1")

    balance, ledger = portal.trial_balance(), portal.ledger("department:FIN:001")

    assert (balance.difference, balance.debits - balance.credits) == (Decimal("0.00"), Decimal("0.00"))
    assert {line.account: line.credit for line in balance.lines}["department:FIN:001"] == Decimal("40.00")
    assert (ledger.opening, ledger.closing, ledger.normal_side) == (Decimal("0.00"), Decimal("40.00"), "credit")
    assert [line.other_account for line in ledger.entries] == [f"wallet:{wallet}"]
    assert paid.entry in [entry.id for entry in portal.day_book(paid.business_day)]


def test_a_no_is_told_by_its_family_with_its_facts(books: Books, service: Service, portal: Portal) -> None:
    wallet = books.wallet("10.00")

    with pytest.raises(Refused) as poor:
        portal.pay(wallet, *POD, "12.00", "T-1")
    with pytest.raises(NotFound) as nowhere:
        portal.balance("NOBODY1")
    with pytest.raises(Malformed) as wrong:
        portal.pay(wallet, "pod", "001", "1.00", "T-1")
    with service.portal(token="nobody") as nobody, pytest.raises(Unauthorised) as unknown:
        nobody.balance(wallet)
    with service.portal(token=service.token("wallets:read")) as reader, pytest.raises(Unauthorised) as forbidden:
        reader.pay(wallet, *POD, "1.00", "T-1")

    assert poor.value.type == "insufficient-funds"
    assert poor.value.facts == {"needed": "12.00", "available": "10.00", "floor": "0.00", "wallet": wallet}
    assert "new key" in poor.value.detail
    assert (nowhere.value.type, nowhere.value.status) == ("wallet-not-found", 404)
    assert "department" in wrong.value.facts["errors"]
    assert (unknown.value.status, forbidden.value.status) == (401, 403)
    assert forbidden.value.key is not None
    assert poor.value.request_id
