"""A department's list over days: whatever a page holds, each payment comes once, in order, and none of another's."""

from __future__ import annotations

from datetime import timedelta

from tests.books import Books, set_clock
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.payments import department_payments
from wallet_service.payments.department_payments import Place, Placed

POD = DepartmentCode("POD")


def test_pages_of_any_size_make_up_the_days_between_which_there_may_be_none(books: Books) -> None:
    wallets, shift, began = [books.wallet("100.00") for _ in range(3)], set_clock(books), books.today()
    paid: list[str] = []
    for days, payers in ((0, (2, 0, 0)), (1, (1,)), (4, (0, 1, 2, 1)), (9, (2, 2))):
        shift(f"{days} days")
        of_the_day = [books.pay(wallets[payer], "1.00", service=f"00{payer % 2 + 1}").debit for payer in payers]
        books.pay(wallets[0], "1.00", department="LND")
        paid += [debit.id for debit in sorted(of_the_day, key=lambda debit: (debit.wallet, debit.id))]
    held = books.hold(wallets[0], "1.00").debit.id

    def whole(limit: int, first: int = 0, last: int = 20, service: str | None = None) -> list[str]:
        found: list[Placed] = []
        after: Place | None = None
        while True:
            with books.database.statement() as connection:
                page = department_payments.find(
                    connection,
                    POD,
                    first=began + timedelta(first),
                    last=began + timedelta(last),
                    service=ServiceCode(service) if service else None,
                    after=after,
                    limit=limit,
                )
            found += page
            if len(page) < limit:
                return [each.payment.id for each in found]
            after = page[-1].place

    assert [whole(limit) for limit in range(1, 12)] == [paid] * 11
    assert whole(2, 1, 4) == paid[3:8]
    assert whole(2, 5, 8) == []
    assert sorted(whole(1, service="001") + whole(3, service="002")) == sorted(paid)
    books.capture(held)
    assert whole(3, 9, 9) == [held, *paid[8:]]
