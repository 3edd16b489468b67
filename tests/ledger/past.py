"""A long past for tests of plans: 30 months of payments, of which all days but today are closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pytest

from tests.books import Books
from tests.servers import Servers, fresh_database
from wallet_service import history
from wallet_service.database import Database
from wallet_service.identifiers import AccountCode, CreditId, DebitId, EntryId, OperatorCode
from wallet_service.payments import departments, settlements

PAYMENTS, WALLETS = 100_000, 200


@dataclass(frozen=True)
class Past:
    """Books with a long past and a little of the present, and what is known of one payment in the middle of it."""

    books: Books
    wallet: OperatorCode
    debit: DebitId
    entry: EntryId
    ticket: str
    application: str
    key: str
    credit: CreditId
    reference: str
    day: date
    hot: AccountCode
    of_the_day: int
    hot_of_the_day: int
    certificate: str


_BESIDE_DEBITS = """
INSERT INTO unknown_payments (since, answered_at, resolved_at, book, number, answer_due, answer, answered_by)
SELECT placed_at, placed_at, placed_at, book, number, business_day + 5, 'paid', 'list 1'
FROM debits WHERE state = 'captured' AND number % 5 = 0;
INSERT INTO rebates (book, number, entry_number, amount_paise)
SELECT book, number, entry_number, 1 FROM debits WHERE state = 'captured' AND number % 5 = 1;
INSERT INTO certificates (book, number, certificate_no, noted_by)
SELECT book, number, 'LND0012025' || lpad(row_number() OVER ()::text, 6, '0'), 'tests' FROM debits WHERE number % 5 = 0
"""
_MIDDLE = """
SELECT b.code, d.number, d.entry_number, d.service_ticket_no, d.business_day, d.client
FROM debits d JOIN books b ON b.id = d.book
WHERE d.state = 'captured' AND d.business_day <= (SELECT max(day) - 300 FROM days)
  AND EXISTS (SELECT FROM credits c WHERE c.book = d.book) ORDER BY d.business_day DESC, d.book LIMIT 1
"""
_CREDIT = """
SELECT c.number, c.bank_reference FROM credits c JOIN books b ON b.id = c.book
WHERE b.code = %s ORDER BY c.number LIMIT 1
"""
_HOT = """
SELECT a.code, count(*) AS entries FROM entries e JOIN accounts a ON a.id = e.credit_account
WHERE e.business_day = %s AND a.kind = 'department' GROUP BY a.code ORDER BY count(*) DESC LIMIT 1
"""

# All that the power department was paid stands in a list that agrees, but for one day.
_COMPARED = """
INSERT INTO bank_files (state, sha256, filename, received_by, decided_by)
  VALUES ('released', sha256('past'), 'past', 'mita', 'kamal');
INSERT INTO department_lists (file, department, day, name, first_day, last_day, version, tied_at)
  SELECT max(id), 'POD', '2020-01-01', 'past', '2020-01-01', '2020-01-01', 1, instant() FROM bank_files;
INSERT INTO department_rows (file, n, row_number, service, ticket, application, amount_paise, day, is_paid)
  SELECT l.file, row_number() OVER (), 1, d.service, d.service_ticket_no, d.application_no, 1, d.business_day, true
  FROM debits d CROSS JOIN department_lists l
  WHERE d.department = 'POD' AND d.state = 'captured' AND d.business_day <> '{day}';
INSERT INTO tie_results
  (file, n, account, found, book, number, our_paise, their_paise, our_day, rule, rule_version, words)
  SELECT r.file, r.n, v.account, 'agreed', d.book, d.number, 1, 1, r.day, 'ticket', 1, ''
  FROM department_rows r JOIN debits d ON d.service_ticket_no = r.ticket
  JOIN services v ON v.department = d.department AND v.code = d.service;
"""


@pytest.fixture(scope="module")
def past(servers: Servers) -> Iterator[Past]:
    """Return books with 30 months of payments, of which all days but today are closed."""
    with fresh_database(servers) as fresh:
        with Database(fresh.service_url).transaction() as connection:
            departments.load(connection, departments.package_departments(), departments.package_services())
        plan = history.planned(fresh.owner_url, payments=PAYMENTS, wallets=WALLETS, seed=1, last_day=None)
        history.generate(fresh.owner_url, plan, lambda told: None)
        books = Books(fresh)
        books.as_owner(f"{_BESIDE_DEBITS}; ANALYZE")
        with books.database.transaction() as connection:
            settlements.draw_up(connection, books.today())
        books.as_owner("ANALYZE settlements")
        past = _past(books)
        books.as_owner(_COMPARED.format(day=past.day))
        books.as_owner("ANALYZE department_lists, department_rows, tie_results")
        yield past
        books.close()


def _past(books: Books) -> Past:
    with books.database.statement() as connection:
        row = connection.exec_driver_sql(_MIDDLE).one()
        books.client = row.client
        credit = connection.exec_driver_sql(_CREDIT, (row.code,)).one()
        hot = connection.exec_driver_sql(_HOT, (row.business_day,)).one()
        of_the_day = connection.exec_driver_sql(
            "SELECT count(*) FROM entries WHERE business_day = %s", (row.business_day,)
        ).scalar_one()
    wallet = OperatorCode(row.code)
    books.advise(wallet, "100.00")
    new = books.pay(wallet, "1.00", application="A-NEW", key="new")
    books.note_certificate(new.debit.id, "POD0012026000001")
    books.mark_unknown(new.debit.id)
    return Past(
        books=books,
        wallet=wallet,
        debit=DebitId(row.code, row.number),
        entry=EntryId(row.code, row.entry_number),
        ticket=row.service_ticket_no,
        application="A-NEW",
        key="new",
        credit=CreditId(row.code, credit.number),
        reference=credit.bank_reference,
        day=row.business_day,
        hot=AccountCode(hot.code),
        of_the_day=of_the_day,
        hot_of_the_day=hot.entries,
        certificate="POD0012026000001",
    )
