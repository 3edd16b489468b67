"""What the service answers, as values. Amounts are Decimals of rupees, instants are UTC, days are days in India."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from .problems import Problem


@dataclass(frozen=True)
class Balance:
    """A wallet's three balances: available = current − held."""

    current: Decimal
    held: Decimal
    available: Decimal


@dataclass(frozen=True)
class Wallet:
    """A wallet, ``open``, ``frozen`` or ``closed``; *number* is that of the last entry in its book."""

    operator_code: str
    centre_code: str
    centre_name: str | None
    centre_name_bn: str | None
    district: str
    state: str
    floor: Decimal
    balance: Balance
    number: int


@dataclass(frozen=True)
class Line:
    """An entry as the passbook shows it: *debit* or *credit* is set, and *balance* is what stood after it."""

    number: int
    id: str
    posted_at: datetime
    business_day: date
    value_date: date
    kind: str
    narration: str | None
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal
    source: str | None


@dataclass(frozen=True)
class Passbook:
    """A wallet's entries of a period, with the balances before and after them."""

    opening: Decimal
    entries: tuple[Line, ...]
    closing: Decimal
    next_cursor: str | None = None


@dataclass(frozen=True)
class Unknown:
    """A debit's department has not answered, or the debit does not stand as it answered: nobody pays again.

    *advice* is for the operator, *tell_the_citizen* for the counter; *answer_due* is the day by which it answers.
    """

    since: datetime
    answer_due: date
    answer: str | None
    advice: str
    tell_the_citizen: str


@dataclass(frozen=True)
class Debit:
    """A debit, ``held``, ``captured``, ``voided`` or ``expired``; *entry* is the id of the payment's entry.

    *rebate* is what the department allowed on it: the wallet has paid captured less rebate and refunded. *unknown* and
    *certificate_no* are told where a debit is asked for, not in the answer to a payment.
    """

    id: str
    state: str
    wallet: str
    department: str
    service: str
    amount: Decimal
    captured: Decimal
    refunded: Decimal
    released: Decimal
    service_ticket_no: str
    application_no: str | None
    consumer_no: str | None
    narration: str | None
    placed_at: datetime
    business_day: date
    expires_at: datetime | None
    closed_at: datetime | None
    late: bool
    entry: str | None
    rebate: Decimal = field(default=Decimal("0.00"), kw_only=True)
    unknown: Unknown | None = field(default=None, kw_only=True)
    certificate_no: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Certificate:
    """The number of the certificate that a department issued for a debit."""

    debit: str
    certificate_no: str
    noted_at: datetime


@dataclass(frozen=True)
class DebitAnswer(Debit):
    """A debit as its request left it, the balance after it, and the other debits of the same service ticket.

    *replayed* says that the *key* had had this answer before.
    """

    same_ticket: tuple[str, ...]
    balance: Balance
    key: str
    replayed: bool


@dataclass(frozen=True)
class Refund:
    """A refund, by the id of its entry, and the balance after it."""

    id: str
    debit: str
    amount: Decimal
    cause: str
    reason: str
    posted_at: datetime
    business_day: date
    balance: Balance
    key: str
    replayed: bool


@dataclass(frozen=True)
class Fate:
    """What became of a key: ``posted`` (*debit*, if it was one), ``refused`` (*refusal*) or ``abandoned``."""

    state: str
    refusal: Problem | None = None
    debit: Debit | None = None


@dataclass(frozen=True)
class Abandoned:
    """A key by which nothing was posted and nothing will be; *refusal* names what it had been refused for before."""

    key: str
    refusal: str | None


@dataclass(frozen=True)
class BatchResult:
    """What became of one item of a batch, by its *key*: the *debit*, or the *refusal*."""

    key: str
    debit: DebitAnswer | None
    refusal: Problem | None


@dataclass(frozen=True)
class Credit:
    """An advised deposit: ``credited``, ``awaiting-bank`` and the *reason* why, ``tied`` or ``withdrawn``."""

    id: str
    state: str
    reason: str | None
    wallet: str
    amount: Decimal
    bank_reference: str
    booked_on: date
    channel: str
    advised_at: datetime
    business_day: date | None
    entry: str | None


@dataclass(frozen=True)
class CreditAnswer(Credit):
    """An advised deposit as its request left it, and the balance after it."""

    balance: Balance
    key: str
    replayed: bool


@dataclass(frozen=True)
class Claim:
    """An operator's claim of a deposit: ``open``, ``offered`` (a person decides), ``tied`` or ``withdrawn``.

    *offers* are the numbers of the bank lines that may be it, *line* the one that is.
    """

    id: str
    state: str
    reason: str | None
    wallet: str
    amount: Decimal
    deposited_on: date
    mode: str
    branch_code: str | None
    cdm_no: str | None
    slip_no: str | None
    claimed_at: datetime
    business_day: date
    offers: tuple[int, ...]
    line: int | None
    entry: str | None


@dataclass(frozen=True)
class ClaimAnswer(Claim):
    """A claim as its request left it, and the balance after it."""

    balance: Balance
    key: str
    replayed: bool


@dataclass(frozen=True)
class Entry:
    """An entry of the books: *debit* and *credit* are accounts; *balance* is the wallet's after it, if it moved one."""

    id: str
    book: str
    number: int
    kind: str
    debit: str
    credit: str
    amount: Decimal
    balance: Decimal | None
    posted_at: datetime
    business_day: date
    value_date: date
    source: str | None
    reverses: str | None
    reversed_by: str | None


@dataclass(frozen=True)
class AccountLine:
    """An account's balance, on the side where it stands."""

    account: str
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True)
class TrialBalance:
    """Every account's balance as of a day, and the proof that all debits equal all credits."""

    as_of: date
    lines: tuple[AccountLine, ...]
    debits: Decimal
    credits: Decimal
    difference: Decimal


@dataclass(frozen=True)
class LedgerLine:
    """An entry from one account's side: *debit* or *credit* is set; *balance* is told of a wallet."""

    id: str
    posted_at: datetime
    business_day: date
    value_date: date
    kind: str
    other_account: str
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal | None
    source: str | None


@dataclass(frozen=True)
class Ledger:
    """What moved an account in a period; the balances before and after it are positive on its *normal_side*."""

    account: str
    normal_side: str
    opening: Decimal
    entries: tuple[LedgerLine, ...]
    closing: Decimal
    next_cursor: str | None = None
