"""No look-up walks history: its plans read no table that grows from end to end, and little more than they return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from tests.ledger.past import WALLETS, Past, past
from tests.ledger.plans import Read, reads
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.ledger import balances, passbook
from wallet_service.ledger.account_ledger import account_ledger
from wallet_service.ledger.day_book import day_book, late_entries
from wallet_service.ledger.entries import get_entry
from wallet_service.ledger.trial_balance import trial_balance
from wallet_service.money import Paise
from wallet_service.payments import (
    claims,
    clients,
    credits,
    debits,
    department_payments,
    lookups,
    settlements,
    verifications,
)
from wallet_service.payments.department_payments import Place
from wallet_service.recon import lists, report, tie_candidates
from wallet_service.recon.breaks import list_breaks
from wallet_service.recon.lists import KeptList
from wallet_service.recon.tie_out import Theirs
from wallet_service.reports.collections import collections

__all__ = ["past"]  # A fixture.

PAGE = 20
A_RANGE = 6 * 32 * 100
"""Rows of the ranges of pages that an index of the kind ``brin`` may read besides what is looked for.

A day stands in two. Two sessions write a past at once, and a page that one of them left half empty is filled up months
later: its range then seems to hold each day between.
"""


Verb = Callable[[Connection, Past], object]


def _find(**asked: Any) -> Verb:
    """Return a look-up of debits; what is asked may depend on the past."""

    def verb(connection: Connection, past: Past) -> object:
        told = {name: each(past) if callable(each) else each for name, each in asked.items()}
        found = lookups.find(connection, client_id=past.books.client, limit=PAGE, **{"after": None, **told})
        assert found
        return found

    return verb


def _book(**asked: Any) -> Verb:
    def verb(connection: Connection, past: Past) -> object:
        told = {name: each(past) if callable(each) else each for name, each in asked.items()}
        return passbook.passbook(
            connection, past.wallet, limit=PAGE, **{"first": None, "last": None, "after": None, **told}
        )

    return verb


def _credits(**asked: Any) -> Verb:
    def verb(connection: Connection, past: Past) -> object:
        told = {name: each(past) if callable(each) else each for name, each in asked.items()}
        return credits.find(connection, client_id=None, limit=PAGE, **{"after": None, **told})

    return verb


def _ledger(connection: Connection, past: Past) -> object:
    return account_ledger(connection, past.hot, first=past.day, last=past.day, after=None, limit=PAGE)


def _collected(state: str = "captured", days: int = 0, later: bool = False) -> Verb:
    """Return a department's pull of *days* and one more; *later*: a page behind the middle of its first day."""

    def verb(connection: Connection, past: Past) -> object:
        _, department, service = past.hot.split(":")
        return department_payments.find(
            connection,
            DepartmentCode(department),
            first=past.day - timedelta(days=days),
            last=past.day,
            service=ServiceCode(service) if later else None,
            state=state,
            after=Place(past.day, past.entry.book, past.entry.number) if later else None,
            limit=PAGE,
        )

    return verb


def _verified(**asked: Callable[[Past], str]) -> Verb:
    def verb(connection: Connection, past: Past) -> object:
        told = {name: each(past) for name, each in asked.items()}
        found = verifications.verify(connection, departments=None, **told)
        assert found.paid
        return found

    return verb


def _settlements(**asked: Any) -> Verb:
    def verb(connection: Connection, past: Past) -> object:
        told = {name: each(past) if callable(each) else each for name, each in asked.items()}
        return settlements.find(connection, limit=PAGE, **{"after": None, **told})

    return verb


def _list_of_the_day(past: Past) -> KeptList:
    _, department, service = past.hot.split(":")
    nothing = dict.fromkeys(("replaces", "replaced_by", "tied_at"))
    return KeptList(
        id=0,
        filename="",
        department=DepartmentCode(department),
        day=past.day,
        name="",
        service=ServiceCode(service),
        first=past.day,
        last=past.day,
        version=1,
        paid=1,
        failed=0,
        amount=Paise(1),
        **nothing,
    )


def _candidates(connection: Connection, past: Past) -> object:
    """Look for the payments of a department's list of one day, which has a row for one of them."""
    asked, service = _list_of_the_day(past), past.hot.rpartition(":")[2]
    row = Theirs((0, 1), ServiceCode(service), past.ticket, past.application, None, Paise(1), past.day, is_paid=True)
    found = tie_candidates.payments(connection, asked, [row])
    assert len(found.known) >= past.hot_of_the_day
    return found


FEW, PAGEFUL = 6, 4 * PAGE
MONTH = timedelta(days=30)
LOOK_UPS: dict[str, tuple[Verb, Callable[[Past], int]]] = {
    "debit by id": (lambda c, p: debits.get(c, p.debit, client_id=p.books.client), lambda p: FEW),
    "debit by ticket": (_find(service_ticket_no=lambda p: p.ticket), lambda p: FEW),
    "debit by application": (_find(application_no=lambda p: p.application), lambda p: FEW),
    "debit by key": (lambda c, p: debits.by_key(c, p.key, client_id=p.books.client), lambda p: FEW),
    "debits of a wallet": (_find(wallet=lambda p: p.wallet), lambda p: PAGEFUL),
    "debits of a wallet, a later page": (
        _find(wallet=lambda p: p.wallet, after=lambda p: str(p.debit)),
        lambda p: PAGEFUL,
    ),
    "debits of a month": (_find(first=lambda p: p.day - MONTH, last=lambda p: p.day), lambda p: PAGEFUL),
    "debits of a month, a later page": (
        _find(first=lambda p: p.day - MONTH, last=lambda p: p.day + timedelta(days=1), after=lambda p: str(p.debit)),
        lambda p: PAGEFUL,
    ),
    "balance": (lambda c, p: balances.balance(c, p.wallet), lambda p: 0),
    "balance as of a closed day": (lambda c, p: balances.balance_as_of(c, p.wallet, p.day), lambda p: FEW),
    "balance as of today": (lambda c, p: balances.balance_as_of(c, p.wallet, p.books.today()), lambda p: FEW),
    "passbook": (_book(), lambda p: PAGEFUL),
    "passbook, a later page": (_book(after=lambda p: p.entry.number), lambda p: PAGEFUL),
    "passbook of a period": (_book(first=lambda p: p.day - MONTH, last=lambda p: p.day), lambda p: PAGEFUL),
    "entry": (lambda c, p: get_entry(c, p.entry), lambda p: FEW),
    "credit": (lambda c, p: credits.get(c, p.credit, client_id=None), lambda p: FEW),
    "credits of a wallet": (_credits(wallet=lambda p: p.wallet), lambda p: PAGEFUL),
    "credits of a wallet, a later page": (
        _credits(wallet=lambda p: p.wallet, after=lambda p: str(p.credit)),
        lambda p: PAGEFUL,
    ),
    "credits not yet seen at the bank": (_credits(state="credited"), lambda p: PAGEFUL),
    "credits withdrawn": (_credits(state="withdrawn"), lambda p: PAGEFUL),
    "credit by reference": (_credits(bank_reference=lambda p: p.reference), lambda p: FEW),
    "claims of a wallet": (
        lambda c, p: claims.find(c, client_id=None, wallet=p.wallet, after=None, limit=PAGE),
        lambda p: PAGEFUL,
    ),
    "ledger of a department for a day": (_ledger, lambda p: 4 * p.hot_of_the_day + FEW),
    "day book": (lambda c, p: day_book(c, p.day, after=None, limit=PAGE), lambda p: p.of_the_day + A_RANGE),
    "day book, a later page": (
        lambda c, p: day_book(c, p.day, after=p.entry, limit=PAGE),
        lambda p: p.of_the_day + A_RANGE,
    ),
    "late entries": (lambda c, p: late_entries(c, p.day, after=None, limit=PAGE), lambda p: PAGEFUL),
    "trial balance": (lambda c, p: trial_balance(c), lambda p: A_RANGE),
    "trial balance as of a closed day": (lambda c, p: trial_balance(c, p.day), lambda p: 2 * WALLETS + A_RANGE),
    "payments of a department in a day": (_collected(), lambda p: p.of_the_day + PAGEFUL),
    "payments of a department in a day, a later page": (_collected(later=True), lambda p: p.hot_of_the_day + PAGEFUL),
    "payments of a department in a month": (_collected(days=30), lambda p: 2 * p.of_the_day + PAGEFUL),
    "voided of a department in a day": (_collected("voided"), lambda p: p.of_the_day + PAGEFUL),
    "verification by ticket": (_verified(service_ticket_no=lambda p: p.ticket), lambda p: FEW),
    "verification by application": (_verified(application_no=lambda p: p.application), lambda p: FEW),
    "verification by certificate": (_verified(certificate_no=lambda p: p.certificate), lambda p: FEW),
    "results of a department's lists that are contradicted": (
        lambda c, p: list(tie_candidates.contradicted(c, _list_of_the_day(p))),
        lambda p: PAGEFUL,
    ),
    "payments of a department's list": (_candidates, lambda p: 4 * p.hot_of_the_day + PAGEFUL),
    "departments' lists": (
        lambda c, p: lists.find(c, department="POD", day=p.day, after=None, limit=PAGE),
        lambda p: 0,
    ),
    "breaks": (lambda c, p: list_breaks(c, after=None, limit=PAGE), lambda p: 1_000),
    "authentication": (lambda c, p: clients.authenticate(c, "wallet_" + "x" * 43), lambda p: 0),
    "settlements, the latest": (_settlements(), lambda p: PAGEFUL),
    "settlements of a department": (_settlements(department="POD"), lambda p: 40 * PAGE),
    "settlements of a department, a later page": (
        _settlements(department="POD", after=lambda p: (p.day, 1)),
        lambda p: 40 * PAGE,
    ),
    "settlements of a month": (
        _settlements(department="POD", first=lambda p: p.day - MONTH, last=lambda p: p.day),
        lambda p: 40 * PAGE,
    ),
    "collections of a month": (
        lambda c, p: collections(c, "POD", p.day - MONTH, p.day),
        lambda p: 4_000,
    ),
    "reconciliation statement of yesterday": (
        lambda c, p: report.draw_up(c, p.books.today() - timedelta(days=1)),
        lambda p: 2 * WALLETS + 2 * A_RANGE,
    ),
}


def _walks(past: Past, name: str) -> list[Read]:
    """Return the statements of a look-up that read a table whole, or more rows than it may."""
    verb, most = LOOK_UPS[name]
    return [
        read
        for read in reads(past.books, lambda connection: verb(connection, past))
        if read.whole or read.rows > most(past)
    ]


def test_a_passbook_that_is_asked_often_is_read_no_less_well_by_a_plan_for_all_calls(past: Past) -> None:
    times = 30  # The driver prepares what it sent five times; the server plans five of these for the very parameters.

    with past.books.database.snapshot() as connection:
        before = _fetched(connection)
        for _ in range(times):
            page = passbook.passbook(connection, past.wallet, first=None, last=None, after=None, limit=PAGE)
        read = _fetched(connection) - before

    assert len(page.lines) == PAGE
    assert times * PAGE <= read <= times * (PAGE + FEW)


def _fetched(connection: Connection) -> int:
    found: int = connection.exec_driver_sql(
        "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'entries'"
    ).scalar_one()
    return found


@pytest.mark.parametrize("name", LOOK_UPS)
def test_no_look_up_walks_history(past: Past, name: str) -> None:
    assert _walks(past, name) == []


@pytest.mark.parametrize(
    ("index", "name"),
    [
        ("debits_by_ticket", "debit by ticket"),
        ("debits_by_application", "debit by application"),
        ("debits_by_day", "debits of a month"),
        ("credits_by_reference", "credit by reference"),
        ("entries_crediting", "ledger of a department for a day"),
        ("entries_crediting", "payments of a department in a month"),
        ("debits_by_ticket", "verification by ticket"),
        ("debits_by_application", "verification by application"),
        ("settlements_by_day", "settlements, the latest"),
        ("entries_crediting", "payments of a department's list"),
        ("tie_results_of_payment", "payments of a department's list"),
    ],
)
def test_without_its_index_a_look_up_is_seen_to_walk(past: Past, index: str, name: str) -> None:
    with psycopg.connect(past.books.servers.owner_url, autocommit=True) as owner:
        (definition,) = owner.execute("SELECT pg_get_indexdef(%s::regclass)", (index,)).fetchone() or ("",)
        owner.execute(f"DROP INDEX {index}")
        try:
            walks = _walks(past, name)
        finally:
            owner.execute(definition)

    assert walks != []


_CONTESTED = "UPDATE tie_results SET found = %s WHERE found = %s AND our_day > %s::date - 400"


@contextmanager
def _a_year_in_tie_out(past: Past) -> Iterator[int]:
    """Let the power department's list tell for more than a year that each payment failed; give how many they are."""
    with psycopg.connect(past.books.servers.owner_url, autocommit=True) as owner:
        changed = owner.execute(_CONTESTED, ("failed-there", "agreed", past.books.today())).rowcount
        owner.execute("INSERT INTO list_terms (department, bank_days, first_day) VALUES ('POD', 1, '2020-01-01')")
        owner.execute("ANALYZE tie_results")
        try:
            yield changed
        finally:
            owner.execute(_CONTESTED, ("agreed", "failed-there", past.books.today()))
            owner.execute("DELETE FROM list_terms")
            owner.execute("ANALYZE tie_results")


def test_breaks_walk_no_settlements_where_lists_are_missing(past: Past) -> None:
    with _a_year_in_tie_out(past):
        read = reads(
            past.books, lambda connection: list_breaks(connection, kind="list-missing", after=None, limit=PAGE)
        )

    assert not any(each.whole for each in read)


@pytest.mark.parametrize(
    "name", ["settlements, the latest", "settlements of a department, a later page", "settlements of a month"]
)
def test_a_page_of_settlements_reads_what_is_in_tie_out_of_its_own_days(past: Past, name: str) -> None:
    verb, _ = LOOK_UPS[name]

    with _a_year_in_tie_out(past) as contested:
        read = reads(past.books, lambda connection: verb(connection, past))

    assert max(each.rows for each in read) < contested / 10
    assert not any(each.whole for each in read)
