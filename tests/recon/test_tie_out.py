"""The rules of the tie-out: what becomes of a department's rows and our payments, whatever the order they come in."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet_service.identifiers import ServiceCode
from wallet_service.money import Paise
from wallet_service.recon import tie_out
from wallet_service.recon.tie_out import Finding, Found, Ours, Theirs

DAY = date(2026, 4, 8)
NEXT = DAY + timedelta(days=1)


def row(
    n: int,
    ticket: str | None = None,
    rupees: int = 100,
    *,
    application: str | None = None,
    receipt: str | None = None,
    day: date = DAY,
    paid: bool = True,
    before: int | None = None,
) -> Theirs:
    was = None if before is None else (1, before)
    return Theirs(
        (1, n), ServiceCode("001"), ticket, application, receipt, Paise(rupees * 100), day, is_paid=paid, before=was
    )


def ours(
    number: int,
    ticket: str,
    rupees: int = 100,
    *,
    application: str | None = None,
    day: date = DAY,
    state: str = "captured",
    service: str = "001",
    net: int | None = None,
    given_back: bool = False,
    tied: bool = False,
    expected: bool = True,
) -> Ours:
    amount = Paise(rupees * 100)
    left = amount if net is None else Paise(net * 100)
    return Ours(
        (1, number), ServiceCode(service), ticket, application, amount, left, day, state, given_back, tied, expected
    )


def told(findings: list[Finding]) -> list[tuple[str, int | None, int | None, str]]:
    """Return findings as a clerk reads them: what, which row, which payment, by which rule."""
    return [(each.found.value, each.row and each.row[1], each.ours and each.ours[1], each.rule) for each in findings]


@pytest.mark.parametrize(
    ("rows", "payments", "becomes"),
    [
        ([row(1, "T1")], [ours(1, "T1")], [("agreed", 1, 1, "ticket")]),
        ([row(1, "T1", day=NEXT)], [ours(1, "T1")], [("agreed", 1, 1, "ticket")]),
        ([row(1, application="A1")], [ours(1, "T1", application="A1")], [("agreed", 1, 1, "application")]),
        ([row(1, receipt="G1")], [ours(1, "T1", application="G1")], [("agreed", 1, 1, "receipt")]),
        ([], [ours(1, "T1")], [("ours-only", None, 1, "no-row")]),
        ([row(1, "T1")], [], [("theirs-only", 1, None, "no-payment")]),
        ([row(1, "T1", 90)], [ours(1, "T1")], [("amount-differs", 1, 1, "ticket")]),
        ([row(1, "T1", 90)], [ours(1, "T1", net=90)], [("agreed", 1, 1, "ticket")]),
        ([row(1, "T1", paid=False)], [ours(1, "T1")], [("failed-there", 1, 1, "ticket")]),
        ([row(1, "T1", paid=False)], [ours(1, "T1", net=0, given_back=True)], [("not-paid", 1, 1, "ticket")]),
        ([row(1, "T1", paid=False)], [], [("not-paid", 1, None, "no-payment")]),
        ([row(1, "T1")], [ours(1, "T1", state="voided")], [("paid-there", 1, 1, "ticket")]),
        ([row(1, "T1")], [ours(1, "T1", state="expired")], [("paid-there", 1, 1, "ticket")]),
        ([row(1, "T1")], [ours(1, "T1", net=0, given_back=True)], [("paid-there", 1, 1, "ticket")]),
        ([], [ours(1, "T1", net=0, given_back=True)], [("not-paid", None, 1, "given-back")]),
        ([], [ours(1, "T1", state="voided", expected=False)], []),
        ([], [ours(1, "T1", expected=False)], []),
        ([row(1, "T1")], [ours(1, "T1", service="002")], [("theirs-only", 1, None, "no-payment"),
                                                          ("ours-only", None, 1, "no-row")]),
        # One of theirs for two of ours, and the other way round; the amount tells which is which.
        ([row(1, "T1")], [ours(1, "T1", 90), ours(2, "T1")], [("agreed", 1, 2, "ticket"),
                                                              ("paid-twice-here", None, 1, "repeats")]),
        ([row(1, "T1", receipt="R1"), row(2, "T1", receipt="R2")], [ours(1, "T1")],
         [("agreed", 1, 1, "ticket"), ("paid-twice-there", 2, None, "repeats")]),
        ([row(1, "T1")], [ours(1, "T1", tied=True, expected=False)], [("paid-twice-there", 1, None, "repeats")]),
        ([], [ours(1, "T1", tied=True), ours(2, "T1", day=NEXT)], [("paid-twice-here", None, 2, "repeats")]),
        ([row(1, "T1", receipt="R1"), row(2, "T1", 90, receipt="R2")], [ours(1, "T1", net=90)],
         [("paid-twice-there", 1, None, "repeats"), ("agreed", 2, 1, "ticket")]),
        # It failed and was tried again: the row that says so is no claim on the payment that the other one has.
        ([row(1, "T1", paid=False), row(2, "T1")], [ours(1, "T1")], [("not-paid", 1, None, "no-payment"),
                                                                     ("agreed", 2, 1, "ticket")]),
        ([row(1, "T1", paid=False), row(2, "T1")], [ours(1, "T1"), ours(2, "T1", day=NEXT)],
         [("failed-there", 1, 2, "ticket"), ("agreed", 2, 1, "ticket")]),
        # Voided, and paid again under another ticket: what was paid is looked for before what was not.
        ([row(1, "T1", application="A1")],
         [ours(1, "T1", application="A1", state="voided"), ours(2, "T2", application="A1")],
         [("agreed", 1, 2, "application")]),
        # Another ticket and another amount of one application is another payment; a ticket decides before it.
        ([row(1, "T9", 50, application="A1")], [ours(1, "T1", application="A1")],
         [("theirs-only", 1, None, "no-payment"), ("ours-only", None, 1, "no-row")]),
        ([row(1, application="A1", rupees=50)], [ours(1, "T1", application="A1")],
         [("amount-differs", 1, 1, "application")]),
        ([row(1, application="A1")], [ours(1, "T1", application="A1", day=DAY - timedelta(days=8))],
         [("theirs-only", 1, None, "no-payment"), ("ours-only", None, 1, "no-row")]),
        ([row(1, "T1")], [ours(1, "T1", day=DAY - timedelta(days=40))], [("agreed", 1, 1, "ticket")]),
        # A row that the version before had keeps its payment, though another would be taken first.
        ([row(1, "T1", before=2)], [ours(1, "T1"), ours(2, "T1")], [("agreed", 1, 2, "as-before"),
                                                                    ("paid-twice-here", None, 1, "repeats")]),
    ],
)  # fmt: skip
def test_what_becomes_of_rows_and_payments(
    rows: list[Theirs], payments: list[Ours], becomes: list[tuple[str, int | None, int | None, str]]
) -> None:
    assert told(tie_out.tie(rows, payments)) == becomes


@st.composite
def sides(draw: st.DrawFn) -> tuple[list[Theirs], list[Ours]]:
    """Draw rows and payments that share few numbers and amounts, so that they often clash."""
    days, rupees = st.sampled_from([DAY, DAY, NEXT, DAY - timedelta(days=9)]), st.sampled_from([100, 100, 50])
    tickets, applications = st.sampled_from(["T1", "T1", "T2"]), st.sampled_from([None, "A1"])
    rows = [
        row(
            n,
            draw(st.one_of(st.none(), tickets)),
            draw(rupees),
            application=draw(applications),
            receipt=f"R{n}",  # No two rows say the same: else it is nothing which is which.
            day=draw(days),
            paid=draw(st.sampled_from([True, True, True, False])),
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    payments = [
        ours(
            number,
            draw(tickets),
            draw(rupees),
            application=draw(applications),
            day=draw(days),
            state=draw(st.sampled_from(["captured", "captured", "voided"])),
            net=draw(st.sampled_from([None, None, 50])),
            tied=draw(st.integers(0, 9)) == 0,
            expected=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    return rows, payments


@given(sides(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_payments_is_nothing_and_each_is_used_once(
    both: tuple[list[Theirs], list[Ours]], random: Random
) -> None:
    rows, payments = both
    found = tie_out.tie(rows, payments)
    random.shuffle(rows)
    random.shuffle(payments)

    again = tie_out.tie(rows, payments)

    assert again == found
    assert sorted(each.row for each in found if each.row) == sorted(each.id for each in rows)
    tied = [each.ours for each in found if each.ours]
    assert len(tied) == len(set(tied))
    expected = {each.id for each in payments if each.is_expected and each.is_paid and not each.is_tied}
    assert expected <= set(tied)
    by_id = {each.id: each for each in payments}
    assert not any(by_id[each.ours].is_tied for each in found if each.ours)
    agreed = [(each.row, each.ours) for each in found if each.found is Found.AGREED]
    amounts = {each.id: each.amount for each in rows}
    assert all(amounts[theirs] in {by_id[paid].amount, by_id[paid].net} for theirs, paid in agreed if theirs and paid)


def test_a_list_of_one_ticket_only_is_compared_in_time() -> None:
    rows = [row(n, "T1", receipt=f"R{n}", application="A1") for n in range(20_000)]
    payments = [ours(n, "T1", application="A1") for n in range(20_000)]

    found = tie_out.tie(rows, payments)

    assert {each.found for each in found} == {Found.AGREED}
