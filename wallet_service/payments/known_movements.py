"""Which kinds of entry there are between which kinds of account: those of the known movements, and no others. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wallet_service.identifiers import AccountCode
from wallet_service.ledger.accounts import (
    CHARGES,
    DIFFERENCES,
    INTEREST,
    OPENING,
    POOL,
    SUSPENSE,
    TRANSIT,
    AccountKind,
)
from wallet_service.ledger.entries import Entry
from wallet_service.money import Paise
from wallet_service.payments import movements

_WALLET, _DEPARTMENT = AccountCode("wallet:OPERATOR"), AccountCode("department:POD:001")
_RECEIVABLE = AccountCode("receivable:OPERATOR")


def examples() -> Iterator[Entry]:
    """Yield every entry that may stand in the books, once, between accounts that stand for their kind."""
    amount = Paise(1)
    yield movements.top_up_advised(_WALLET, amount=amount)
    yield movements.top_up_seen(POOL, amount=amount)
    yield movements.bank_credit(POOL, _WALLET, amount=amount)
    yield movements.parked_in_suspense(POOL, amount=amount)
    yield movements.suspense_cleared(_WALLET, amount=amount)
    yield movements.parts_seen(amount=amount)
    yield movements.sent_back(POOL, amount=amount)
    yield from movements.rebated_payment(_WALLET, _DEPARTMENT, demand=amount, rebate=amount)
    yield movements.refund(_DEPARTMENT, _WALLET, amount=amount)
    yield movements.bank_charge(POOL, amount=amount)
    yield movements.bank_interest(POOL, amount=amount)
    yield movements.unexplained_debit(POOL, amount=amount)
    yield movements.difference_explained(POOL, amount=amount)
    yield movements.return_explained(amount=amount)
    yield movements.written_to_differences(amount=amount)
    yield movements.surplus_credited(_WALLET, amount=amount)
    yield movements.surplus_back_in_suspense(amount=amount)
    yield movements.surplus_written_off(amount=amount)
    yield movements.written_off(amount=amount)
    yield movements.settled(_DEPARTMENT, POOL, amount=amount)
    yield movements.settlement_explained(_DEPARTMENT, amount=amount)
    yield movements.payout_returned(_DEPARTMENT, amount=amount)
    yield movements.bank_balance_brought_in(POOL, amount=amount)
    yield movements.bank_overdraft_brought_in(POOL, amount=amount)
    yield movements.wallet_balance_brought_in(_WALLET, amount=amount)
    yield movements.wallet_balance_reversed(_WALLET, amount=amount)
    for other in (POOL, TRANSIT, DIFFERENCES):
        yield movements.returned(_WALLET, other, amount=amount)
    for other in (POOL, TRANSIT, DIFFERENCES, OPENING):
        yield movements.owed_by_operator(_RECEIVABLE, other, amount=amount)
    yield movements.recovered(_WALLET, _RECEIVABLE, amount=amount)


_OWN_ACCOUNTS = {
    CHARGES: AccountKind.CHARGES,
    INTEREST: AccountKind.INTEREST,
    TRANSIT: AccountKind.TRANSIT,
    SUSPENSE: AccountKind.SUSPENSE,
    DIFFERENCES: AccountKind.DIFFERENCES,
    OPENING: AccountKind.OPENING,
}


def kind_of(account: AccountCode) -> AccountKind:
    """Return the kind of an account by its code."""
    return _OWN_ACCOUNTS.get(account) or AccountKind(account.partition(":")[0])


def allowed() -> list[tuple[str, str, str]]:
    """Return every entry kind with the kinds of the accounts that it debits and credits."""
    return sorted({(entry.kind.value, kind_of(entry.debit).value, kind_of(entry.credit).value) for entry in examples()})
