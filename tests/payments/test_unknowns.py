"""What a department has not answered is open until it has, or the money was given back; nobody pays again meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import Books, set_clock
from tests.servers import Servers, fresh_database
from wallet_service.errors import (
    AlreadyPaid,
    CertificateOfAnotherService,
    CertificateRecorded,
    DebitNotCaptured,
    DebitNotFound,
    FateKnown,
    NotUnknown,
    WalletError,
)
from wallet_service.identifiers import DebitId, OperatorCode
from wallet_service.ledger import lapses
from wallet_service.payments import certificates, unknowns, verifications
from wallet_service.payments.certificates import CertificateNo
from wallet_service.payments.unknowns import DepartmentAnswer
from wallet_service.recon.breaks import Break, list_breaks

_HOUR = "1 hour"
_SOMEBODY_WAITS = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""


@pytest.fixture
def shift(books: Books) -> Callable[[str], None]:
    return set_clock(books)


@pytest.fixture
def howrah(books: Books) -> OperatorCode:
    return books.wallet("500.00")


def open_breaks(books: Books) -> list[Break]:
    with books.database.statement() as connection:
        return list_breaks(connection, kind="unknown-payment", after=None, limit=50)


def lapse(books: Books) -> None:
    """Do the minute job's work."""
    with books.database.statement() as connection:
        for book in lapses.list_books(connection):
            lapses.expire_holds(connection, book)


def test_an_unknown_payment_says_that_nobody_pays_again_and_by_when_it_is_answered(
    books: Books, howrah: OperatorCode
) -> None:
    paid = books.pay(howrah, "100.00").debit

    told = books.mark_unknown(paid.id).unknown

    assert told is not None
    assert told.answer_due == paid.business_day + timedelta(days=5)
    assert told.advice.startswith("Do not pay again: verify.")
    assert told.tell_the_citizen.startswith("Do not pay again.")
    assert books.mark_unknown(paid.id).unknown == told
    assert books.faults() == {}


def test_it_is_a_break_with_its_age_and_the_day_on_which_the_answer_was_due(
    books: Books, howrah: OperatorCode, shift: Callable[[str], None]
) -> None:
    books.as_owner("UPDATE services SET answer_days = 1 WHERE department = 'POD' AND code = '001'")
    paid = books.mark_unknown(books.pay(howrah, "100.00").debit.id)
    (fresh,) = open_breaks(books)

    shift("3 days")

    (aged,) = open_breaks(books)
    assert (aged.id, aged.amount, aged.wallet) == (f"unknown-payment:{paid.id}", 10000, howrah)
    assert (fresh.age_days, aged.age_days) == (0, 3)
    due = paid.business_day + timedelta(days=1)
    assert f"is due by {due}" in fresh.words
    assert f"was due by {due}" in aged.words


def test_what_the_department_took_is_resolved_once_it_is_captured(books: Books, howrah: OperatorCode) -> None:
    paid, held = books.pay(howrah, "100.00").debit.id, books.hold(howrah, "50.00").debit.id
    for debit in (paid, held):
        books.mark_unknown(debit)

    assert books.answer(paid, "paid").unknown is None
    waiting = books.answer(held, "paid").unknown
    assert waiting is not None
    assert "is to be captured" in waiting.advice
    books.capture(held)

    assert books.debit(held).unknown is None
    assert open_breaks(books) == []
    with pytest.raises(FateKnown) as refusal:
        books.mark_unknown(paid)
    assert refusal.value.facts == {"debit": paid, "state": "captured", "answer": "paid"}


def test_what_the_department_did_not_take_is_open_until_all_of_it_is_given_back(
    books: Books, howrah: OperatorCode
) -> None:
    paid, held = books.pay(howrah, "100.00").debit.id, books.hold(howrah, "50.00").debit.id
    for debit in (paid, held):
        books.mark_unknown(debit)
        told = books.answer(debit, "not-paid").unknown
        assert told is not None
        assert told.advice.startswith("The department did not take it.")

    books.refund(paid, "40.00")
    assert books.debit(paid).unknown is not None
    books.refund(paid, "60.00")
    books.void(held)

    assert open_breaks(books) == []
    assert books.faults() == {}


def test_a_hold_that_lapses_unknown_stays_a_break_and_is_named_to_who_pays_again(
    books: Books, howrah: OperatorCode, shift: Callable[[str], None]
) -> None:
    held = books.mark_unknown(books.hold(howrah, "50.00", ticket="T-1", expires_in=60).debit.id).id

    shift(_HOUR)
    lapse(books)

    assert books.debit(held).state == "expired"
    (still,) = open_breaks(books)
    assert "expired" in still.words
    assert books.pay(howrah, "50.00", ticket="T-1").same_ticket == [held]


def test_a_hold_that_the_department_did_not_take_is_resolved_by_its_lapse(
    books: Books, howrah: OperatorCode, shift: Callable[[str], None]
) -> None:
    held = books.mark_unknown(books.hold(howrah, "50.00", expires_in=60).debit.id).id
    books.answer(held, "not-paid")

    shift(_HOUR)
    assert len(open_breaks(books)) == 1
    lapse(books)

    assert open_breaks(books) == []
    assert books.faults() == {}


def test_a_demand_paid_once_is_not_paid_again_while_a_lapsed_hold_may_have_paid_it(
    books: Books, howrah: OperatorCode, shift: Callable[[str], None]
) -> None:
    books.as_owner("UPDATE services SET once_per = 'ticket' WHERE department = 'POD' AND code = '001'")
    held = books.mark_unknown(books.hold(howrah, "50.00", ticket="T-1", expires_in=60).debit.id).id
    shift(_HOUR)

    with pytest.raises(AlreadyPaid):
        books.pay(howrah, "50.00", ticket="T-1")
    lapse(books)
    with pytest.raises(AlreadyPaid):
        books.pay(howrah, "50.00", ticket="T-1")
    books.answer(held, "paid")
    late = books.capture(held).debit

    assert (late.state, late.late) == ("captured", True)
    assert open_breaks(books) == []


def test_an_answer_that_contradicts_what_was_done_opens_it_again(books: Books, howrah: OperatorCode) -> None:
    held = books.hold(howrah, "50.00").debit.id
    books.mark_unknown(held)
    books.void(held)
    assert open_breaks(books) == []

    told = books.answer(held, "paid").unknown

    assert told is not None
    assert "Tell finance" in told.advice
    assert len(open_breaks(books)) == 1
    assert books.answer(held, "not-paid").unknown is None


def refund_by_order(books: Books, debit: str, cause: str) -> None:
    payload = f'{{"amount":"100.00","cause":"{cause}","debit":"{debit}","order_number":"O-1","reason":"by order"}}'
    books.as_owner(
        "INSERT INTO approvals (kind, payload, payload_hash, proposed_by, proposed_at)"
        f" VALUES ('refund', '{payload}', sha256(convert_to('{payload}', 'UTF8')), 'maker', instant());"
        " SELECT execute_proposal(a, a.payload::jsonb, 'checker') FROM approvals a"
    )


def test_a_refund_by_order_resolves_it_too(books: Books, howrah: OperatorCode) -> None:
    paid = books.pay(howrah, "100.00").debit.id
    books.mark_unknown(paid)

    refund_by_order(books, paid, "failed")

    assert books.debit(paid).unknown is None
    assert open_breaks(books) == []


def test_what_the_department_has_and_was_given_back_as_failed_is_a_contradiction(
    books: Books, howrah: OperatorCode
) -> None:
    paid = books.pay(howrah, "100.00").debit.id
    books.mark_unknown(paid)
    books.refund(paid, "60.00")
    books.answer(paid, "paid")
    assert books.debit(paid).unknown is None

    books.refund(paid, "40.00")

    told = books.debit(paid).unknown
    assert told is not None
    assert "Tell finance" in told.advice
    (found,) = open_breaks(books)
    assert (found.amount, found.words) == (
        10000,
        "The department has the payment, and here it was given back as failed.",
    )
    assert 9 not in books.faults()
    assert books.answer(paid, "not-paid").unknown is None


def test_what_the_department_has_and_orders_back_is_no_contradiction(books: Books, howrah: OperatorCode) -> None:
    paid = books.pay(howrah, "100.00").debit.id
    books.mark_unknown(paid)
    books.answer(paid, "paid")

    refund_by_order(books, paid, "paid")

    assert books.debit(paid).unknown is None
    assert open_breaks(books) == []
    assert 9 not in books.faults()


def test_nobody_marks_or_answers_for_what_is_not_his(books: Books, howrah: OperatorCode) -> None:
    paid = DebitId.parse(books.pay(howrah, "100.00").debit.id)

    with books.database.transaction() as connection:
        with pytest.raises(DebitNotFound):
            unknowns.mark(connection, paid, client_id=books.client + 1, by="other")
        with pytest.raises(NotUnknown):
            unknowns.resolve(connection, paid, DepartmentAnswer.PAID, "list 1")
        unknowns.mark(connection, paid, client_id=books.client, by="portal")
        with pytest.raises(DebitNotFound):
            unknowns.answer_as_client(connection, paid, DepartmentAnswer.PAID, client_id=books.client + 1, by="other")
        for own in ({"LND"}, set[str]()):
            with pytest.raises(DebitNotFound):
                unknowns.answer_as_department(connection, paid, DepartmentAnswer.PAID, departments=own, by="other")
        unknowns.answer_as_department(connection, paid, DepartmentAnswer.PAID, departments={"POD"}, by="department")

    assert books.debit(str(paid)).unknown is None


def test_a_certificate_is_of_one_payment_and_of_its_service(books: Books, howrah: OperatorCode) -> None:
    first, second = (books.pay(howrah, "10.00").debit.id for _ in range(2))

    noted = books.note_certificate(first, "POD0012026000001")

    assert books.note_certificate(first, "POD0012026000001") == noted
    assert books.debit(first).certificate_no == "POD0012026000001"
    for debit, number in ((first, "POD0012026000002"), (second, "POD0012026000001")):
        with pytest.raises(CertificateRecorded):
            books.note_certificate(debit, number)
    for number in ("POD0022026000003", "LND0012026000003"):
        with pytest.raises(CertificateOfAnotherService):
            books.note_certificate(second, number)


def test_a_departments_own_number_replaces_what_was_noted_and_frees_it(books: Books, howrah: OperatorCode) -> None:
    first, second = (books.pay(howrah, "10.00").debit.id for _ in range(2))
    mistyped, meant = "POD0012026000002", "POD0012026000001"
    books.note_certificate(first, mistyped)
    with pytest.raises(CertificateRecorded):
        books.note_certificate(second, mistyped, departments={"POD"})

    books.note_certificate(first, meant, departments={"POD"})
    books.note_certificate(second, mistyped)

    assert [books.debit(each).certificate_no for each in (first, second)] == [meant, mistyped]
    with books.database.statement() as connection:
        for number, debit in ((meant, first), (mistyped, second)):
            found = verifications.verify(connection, departments=None, certificate_no=number)
            assert [(each.id, each.certificate_no) for each in found.payments] == [(debit, number)]
        noted = connection.exec_driver_sql(
            "SELECT facts FROM audit WHERE act = 'note-certificate' AND subject = %s ORDER BY id", (first,)
        ).scalars()
        assert list(noted) == [{"certificate_no": mistyped}, {"certificate_no": meant, "instead_of": mistyped}]
    with pytest.raises(CertificateRecorded):
        books.note_certificate(first, mistyped)


def test_only_what_was_captured_has_a_certificate(books: Books, howrah: OperatorCode) -> None:
    held, voided = (books.hold(howrah, "10.00").debit.id for _ in range(2))
    books.void(voided)

    for debit in (held, voided):
        with pytest.raises(DebitNotCaptured):
            books.note_certificate(debit, "POD0012026000001", departments={"POD"})
    books.capture(held)

    assert books.note_certificate(held, "POD0012026000001").debit == held


def test_who_notes_a_number_is_alone_until_it_is_kept(books: Books, howrah: OperatorCode) -> None:
    first, second = (books.pay(howrah, "10.00").debit.id for _ in range(2))
    number = CertificateNo.parse("POD0012026000001")
    with ThreadPoolExecutor(1) as thread:
        with books.database.transaction() as connection:
            certificates.note(connection, DebitId.parse(first), number, by="test")
            other = thread.submit(books.note_certificate, second, str(number))
            while not (other.done() or connection.exec_driver_sql(_SOMEBODY_WAITS).scalar_one()):
                pass

        with pytest.raises(CertificateRecorded):
            other.result()
    assert [books.debit(each).certificate_no for each in (first, second)] == [str(number), None]


class Model:
    """What a person at the counter knows of one debit: how it stands, and what the department said."""

    def __init__(self, *, held: bool) -> None:
        self.state, self.refunded, self.marked, self.answer = "held" if held else "captured", 0, False, ""

    def is_open(self) -> bool:
        if not self.marked:
            return False
        given_back = self.state == "voided" or self.refunded == 10000
        lapsed = self.state == "expired" and self.answer == "not-paid"
        stands = self.state == "captured" and self.refunded < 10000
        return not stands if self.answer == "paid" else not (given_back or lapsed)


STEPS = st.lists(
    st.sampled_from(("mark", "paid", "not-paid", "capture", "void", "refund", "lapse")), min_size=1, max_size=8
)


@pytest.fixture(scope="module")
def own(servers: Servers) -> object:
    with fresh_database(servers) as fresh:
        yield fresh


@given(st.booleans(), STEPS)
@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_it_is_open_exactly_while_there_is_something_to_resolve(own: Servers, held: bool, steps: list[str]) -> None:
    books = Books(own)
    wallet = books.wallet("100.00")
    debit = (books.hold(wallet, "100.00") if held else books.pay(wallet, "100.00")).debit.id
    model = Model(held=held)
    try:
        for step in steps:
            _take(books, debit, step, model)
            assert (books.debit(debit).unknown is not None) == model.is_open(), (held, steps, step)
        assert 9 not in books.faults()
    finally:
        books.close()


def _take(books: Books, debit: str, step: str, model: Model) -> None:
    """Let a step happen if it can, and the model know."""
    with suppress(WalletError):  # What is refused changes nothing, and the model neither.
        if step == "mark":
            books.mark_unknown(debit)
            model.marked = True
        elif step in ("paid", "not-paid"):
            books.answer(debit, step)
            model.answer = step
        elif step == "capture":
            model.state = books.capture(debit).debit.state
        elif step == "void":
            model.state = books.void(debit).debit.state
        elif step == "refund":
            model.refunded += int(books.refund(debit, "50.00").refund.amount)
        elif model.state == "held":
            books.spoil(f"UPDATE debits SET expires_at = placed_at WHERE state = 'held' AND number = {_number(debit)}")
            lapse(books)
            model.state = "expired"


def _number(debit: str) -> int:
    return DebitId.parse(debit).number
