"""Whatever is in a batch, the books end as if its items were paid one by one: every row, not the answers only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import Books
from wallet_service.errors import NotPosted, WalletError
from wallet_service.identifiers import DepartmentCode, OperatorCode, ServiceCode
from wallet_service.ledger.idempotency import Key, request_hash
from wallet_service.lines import Statements
from wallet_service.money import Paise
from wallet_service.payments import batches, debits
from wallet_service.payments.batches import Item

_RUNS = count(1)
_MONEY = {"RICH": "10000.00", "SHORT": "100.00", "FROZEN": "100.00"}
_FREE, _BY_TICKET, _BY_APPLICATION, _NOT_OFFERED = "POD:001", "POD:002", "LND:001", "LND:009"
_REBATED = "TRA:001"
_SERVICES = """
INSERT INTO service_rebates (department, service, basis_points, first_day, set_by)
VALUES ('TRA', '001', 333, india_today() - 1, 'tests');
UPDATE services SET has_rebate = true WHERE department || ':' || code = 'TRA:001';
UPDATE services SET once_per = 'ticket' WHERE department || ':' || code = 'POD:002';
UPDATE services SET once_per = 'application' WHERE department || ':' || code = 'LND:001';
"""
# Every column but the moment it was written; for how long a hold lasts stands instead of when it ends.
_ROWS = """
SELECT jsonb_build_object(
  'books', (SELECT jsonb_agg(to_jsonb(b) - 'id' ORDER BY b.code) FROM books b WHERE b.id = ANY (x.books)),
  'debits', (SELECT jsonb_agg(to_jsonb(d) - '{book,placed_at,expires_at}'::text[] || jsonb_build_object(
      'id', debit_id(b.code, d.number), 'lasts', extract(epoch FROM d.expires_at - d.placed_at))
      ORDER BY b.code, d.number) FROM debits d JOIN books b ON b.id = d.book WHERE d.book = ANY (x.books)),
  'entries', (SELECT jsonb_agg(to_jsonb(e) - '{book,posted_at}'::text[] || jsonb_build_object(
      'id', entry_id(e.book, e.number), 'debit_account', f.code, 'credit_account', t.code) ORDER BY b.code, e.number)
    FROM entries e JOIN books b ON b.id = e.book JOIN accounts f ON f.id = e.debit_account
    JOIN accounts t ON t.id = e.credit_account WHERE e.book = ANY (x.books)),
  'rebates', (SELECT jsonb_agg(to_jsonb(r) - 'book' ORDER BY b.code, r.number) FROM rebates r
    JOIN books b ON b.id = r.book WHERE r.book = ANY (x.books)),
  'keys', (SELECT jsonb_agg(to_jsonb(k) - 'recorded_at' || jsonb_build_object(
      'key', key_text(k.key), 'book', b.code) ORDER BY key_text(k.key))
    FROM keys k LEFT JOIN books b ON b.id = k.book WHERE starts_with(key_text(k.key), %s))
)::text FROM (SELECT array_agg(id) AS books FROM books WHERE code = ANY (%s)) x
"""


@dataclass(frozen=True)
class Asked:
    """An item as it is drawn. Without a *key*, a *ticket* or an *application*, it has one that no other item has."""

    wallet: str
    rupees: int
    service: str = _FREE
    key: int | None = None
    ticket: int | None = None
    application: int | None = None
    is_hold: bool = False


@dataclass(frozen=True)
class Side:
    """One of two sets of wallets that begin alike: on one a batch is paid, on the other its items one by one."""

    books: Books
    name: str
    wallets: list[OperatorCode]

    def item(self, place: str, asked: Asked) -> Item:
        """Return what was drawn for *place* as a debit of this side's wallets."""
        own = {name: place if drawn is None else str(drawn) for name, drawn in asdict(asked).items()}
        return Item(
            key=Key(self.books.client, f"{self.name}-{own['key']}", request_hash("POST", "/v1/debits", [str(asked)])),
            wallet=OperatorCode(self.name + asked.wallet),
            department=DepartmentCode(asked.service[:3]),
            service=ServiceCode(asked.service[4:]),
            amount=Paise(asked.rupees * 100),
            service_ticket_no=f"{self.name}-T-{own['ticket']}",
            application_no=f"{self.name}-A-{own['application']}",
            consumer_no=f"consumer of {place}",
            narration=f"bill of {place}",
            expires_in=600 if asked.is_hold else None,
        )

    def told(self, results: Sequence[debits.Answer | WalletError]) -> list[str]:
        """Return what the results say but for the side and the moment."""
        return [_told(result).replace(self.name, "") for result in results]

    def rows(self) -> dict[str, Any]:
        """Return every row that these wallets have, and every key of this side, but for the side and the moment."""
        with self.books.database.statement() as connection:
            rows: str = connection.exec_driver_sql(_ROWS, (f"{self.name}-", self.wallets)).scalar_one()
        found: dict[str, Any] = json.loads(rows.replace(self.name, ""))
        return found


def _told(result: debits.Answer | WalletError) -> str:
    if isinstance(result, WalletError):
        return f"{result.slug()} {result.facts} {result.replayed}"
    timeless = {name: value for name, value in asdict(result.debit).items() if name not in {"placed_at", "expires_at"}}
    return f"{timeless} {result.balance} {result.same_ticket} {result.replayed} {result.rebate}"


def _side(books: Books, name: str) -> Side:
    wallets = [books.wallet(money, code=name + role) for role, money in _MONEY.items()]
    books.freeze(wallets[-1])
    return Side(books, name, wallets)


def _alone(line: Statements, one: Item) -> debits.Answer | WalletError:
    asked: dict[str, Any] = {name: getattr(one, name) for name in one.__dataclass_fields__ if name != "expires_in"}
    try:
        if one.expires_in is not None:
            return debits.hold(line, **asked, expires_in=one.expires_in)
        return debits.pay(line, **asked)
    except WalletError as error:
        return error


def _one_by_one(books: Books, items: list[Item], *, atomic: bool) -> list[debits.Answer | WalletError]:
    """Pay the items one by one; with *atomic*, all in one transaction, which is given up if one of them is refused."""
    if not atomic:
        return [books.database.posting(lambda line, one=one: _alone(line, one)) for one in items]  # type: ignore[misc]
    with books.database.transaction() as connection:
        results = [_alone(connection, one) for one in items]
        if not any(isinstance(result, WalletError) for result in results):
            return results
        connection.rollback()
        told = set(connection.exec_driver_sql("SELECT key_text(key) FROM keys").scalars())
    return [
        result if one.key.text in told else _taken_back(result, one) for one, result in zip(items, results, strict=True)
    ]


def _taken_back(result: debits.Answer | WalletError, one: Item) -> WalletError:
    if isinstance(result, WalletError):
        result.replayed = False
        return result
    return NotPosted(key=one.key.text)


_wallet, _few = st.sampled_from(("RICH", "SHORT")), st.integers(0, 1)


def _with(**drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(Asked, **{"wallet": _wallet, "rupees": st.integers(1, 15)} | drawn)


_DEMANDS = _with(service=st.just(_BY_TICKET), ticket=_few) | _with(service=st.just(_BY_APPLICATION), application=_few)
# What a batch has besides plain payments: one kind of thing for which a payment is not plain, or all of them.
_KINDS = {
    "nothing": _with(),
    "too much": _with(rupees=st.integers(30, 110)),
    "keys": _with(key=_few),
    "tickets": _with(ticket=_few),
    "holds": _with(is_hold=st.just(True)),
    "closed doors": _with(wallet=st.sampled_from(("FROZEN", "UNKNOWN"))),
    "rebates": _with(service=st.just(_REBATED), rupees=st.integers(1, 60)),
    "no service": _with(service=st.just(_NOT_OFFERED)),
    "paid once": _DEMANDS,
    "once more": st.integers(0, 9) | _with(wallet=st.just("FROZEN")),  # The item at that place, to the letter.
}
_KINDS["all"] = st.one_of(*_KINDS.values())


def _placed(drawn: list[Asked | int], earlier: list[tuple[str, Asked]]) -> list[tuple[str, Asked]]:
    """Return each item with the name of its place; one that is asked once more has the place that it had first."""
    items = [*earlier]
    for asked in drawn:
        items.append((f"place {len(items)}", asked) if isinstance(asked, Asked) else items[asked % len(items)])
    return items[len(earlier) :]


@pytest.fixture
def demanding(books: Books) -> Books:
    """Return books in which two services take one payment for each demand, and one allows a rebate."""
    books.as_owner(_SERVICES)
    return books


@pytest.mark.parametrize("besides", _KINDS)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), atomic=st.booleans())
def test_a_batch_leaves_the_rows_that_its_items_leave_one_by_one(
    demanding: Books, besides: str, data: st.DataObject, atomic: bool
) -> None:
    run, before = next(_RUNS), _with(wallet=st.sampled_from(("RICH", "FROZEN")), key=_few, ticket=_few)
    earlier = _placed(data.draw(st.lists(before | _DEMANDS, max_size=2)), [])
    others = data.draw(st.lists(_with() | _KINDS[besides], max_size=8))
    placed = _placed([data.draw(_with()), *others], earlier)
    together, apart = _side(demanding, f"RUN{run}A"), _side(demanding, f"RUN{run}B")
    for side in (together, apart):
        _one_by_one(demanding, [side.item(place, asked) for place, asked in earlier], atomic=False)

    batch = [together.item(place, asked) for place, asked in placed]
    key = demanding.key("batch", text=f"batch-{run}")
    answer = demanding.database.posting(lambda line: batches.pay_batch(line, batch, atomic=atomic, key=key))
    results = _one_by_one(demanding, [apart.item(place, asked) for place, asked in placed], atomic=atomic)

    assert together.told(answer.results) == apart.told(results)
    assert together.rows() == apart.rows()
