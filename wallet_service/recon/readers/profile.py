"""Read a file by a profile: rows with typed fields, what does not count, what is refused by line, and totals. Pure.

A file without balances makes no places in a bank account's chain, whatever its profile says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from wallet_service.identifiers import OperatorCode, strong_reference
from wallet_service.money import Paise, rupees_for_people
from wallet_service.recon.readers import declared_rows, typed_cells
from wallet_service.recon.readers.cells import Unreadable
from wallet_service.recon.readers.confined import confined_cut
from wallet_service.recon.readers.declaration import Declaration, Kind, Layout
from wallet_service.recon.readers.declared_rows import Cut, Record
from wallet_service.recon.readers.declared_xml import Wanted
from wallet_service.recon.readers.kinds import LARGEST_FILE, LARGEST_SUM
from wallet_service.recon.readers.refusals import Refusals, unreadable
from wallet_service.recon.readers.typed_cells import Damaged, Value
from wallet_service.recon.statements import REJECT_TEXT, LineReject

__all__ = ["Aside", "Row", "Told", "read", "told"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row that counts: the line on which it starts, and its fields, amounts in paise; None where one is blank.

    *operator* is the code that its account or its own field tells; None where that can be no operator's.
    """

    number: int
    values: Mapping[str, Value | None]
    amount: Paise
    day: date
    operator: OperatorCode | None


@dataclass(frozen=True, slots=True)
class Aside:
    """A row that does not count, and why, in words. *amount* is in paise, None where it tells none."""

    number: int
    text: str
    reason: str
    amount: Paise | None


@dataclass(frozen=True, slots=True)
class Told:
    """What a file says. It can be relied on only if *rejected* is 0; *rejects* are up to 200 of those rows.

    *total* is the sum, in paise, of the rows that count. *file_identity* is what the file has in common. *failed* are
    those of the rows *aside* that say, with everything that a row says, that a payment was not taken.
    """

    profile: str
    encoding: str
    rows: tuple[Row, ...]
    aside: tuple[Aside, ...]
    rejects: tuple[LineReject, ...]
    rejected: int
    total: Paise
    stated_count: int | None
    stated_total: Paise | None
    file_identity: tuple[str, ...]
    failed: tuple[Row, ...] = ()

    @property
    def reason(self) -> str:
        """Return why the file is refused whole, in a sentence; empty where it is not."""
        if not self.rejected:
            return ""
        more = f" and {self.rejected - 1:,} more" if self.rejected > 1 else ""
        return f"Line {self.rejects[0].row}{more}: {self.rejects[0].reason}"


def read(content: bytes, profile: Declaration, *, today: date) -> Told:
    """Return what a file says to a profile. *today* is the business day; rows of a later one are refused.

    Raises:
        FileNotReadable: nothing of the file can be read by this profile; its ``reason`` says what to do.
    """
    if len(content) > LARGEST_FILE:
        raise unreadable(f"The file is larger than {LARGEST_FILE // 1_000_000} MB. Bring a shorter period.")
    if profile.layout is Layout.XML:
        return told(confined_cut(content, Wanted.by(profile)), profile, today=today)
    try:
        found = declared_rows.cut(content, profile)
    except Unreadable as error:
        raise unreadable(str(error)) from error
    return told(found, profile, today=today)


def told(found: Cut, profile: Declaration, *, today: date) -> Told:
    """Return what the records of a file say to a profile.

    Raises:
        FileNotReadable: there are none.
    """
    if not found.records:
        raise unreadable(f"There are no rows of the profile {profile.name} in it: is this the right file?")
    return _Reader(profile, found, today).told()


class _Reader:
    """Reads the records of one file in their order."""

    def __init__(self, profile: Declaration, found: Cut, today: date) -> None:
        self._profile = profile
        self._found = found
        self._today = today
        self._refusals = Refusals()
        self._rows: list[Row] = []
        self._aside: list[Aside] = []
        self._failed: list[Row] = []
        self._seen: dict[tuple[Value | None, ...], int] = {}
        self._common: tuple[str, ...] | None = None

    def told(self) -> Told:
        """Return what all of it says."""
        for record in self._found.records:
            self._take(record)
        total = Paise(sum(row.amount for row in self._rows))
        if total >= LARGEST_SUM:
            self._refusals.add(self._rows[-1].number, "", "the rows come to more than any bank account holds")
        stated_count, stated_total = self._prove_totals(total)
        return Told(
            profile=self._profile.name,
            encoding=self._found.encoding,
            rows=tuple(self._rows),
            aside=tuple(self._aside),
            rejects=tuple(self._refusals.rejects),
            rejected=self._refusals.count,
            total=total,
            stated_count=stated_count,
            stated_total=stated_total,
            file_identity=self._common or (),
            failed=tuple(self._failed),
        )

    def _take(self, record: Record) -> None:
        try:
            if record.fault:
                raise Unreadable(record.fault)
            if (reason := self._why_aside(record)) is not None:
                self._put_aside(record, reason)
                self._note_failed(record)
                return
            values = self._values(record)
            self._same_file(values)
            self._once(record, values)
            self._keep(record, values)
        except Damaged as error:
            self._put_aside(record, str(error))
        except Unreadable as error:
            self._refusals.add(record.number, record.text, str(error))

    def _why_aside(self, record: Record) -> str | None:
        """Return why a row's status does not count; None where it does, or where there is none."""
        counting = self._profile.counting
        if counting is None:
            return None
        names = [each.name for each in self._profile.fields]
        status = typed_cells.text(record.cells[names.index(counting.field)]).upper()
        if status in counting.words:
            return None
        if status in counting.aside:
            return f"Its {counting.field} is {status}: it does not count."
        raise Unreadable(f"the {counting.field} “{status[:40]}” is none that the profile knows")

    def _put_aside(self, record: Record, reason: str) -> None:
        amount: Paise | None = None
        for field, cell in zip(self._profile.fields, record.cells, strict=True):
            if field.name == "amount":
                try:
                    read_amount = typed_cells.value(field, cell, today=self._today)
                except Unreadable:  # A row that does not count may lack it.
                    read_amount = None
                amount = Paise(read_amount) if isinstance(read_amount, int) else None
        self._aside.append(Aside(record.number, record.text[:REJECT_TEXT], reason, amount))

    def _note_failed(self, record: Record) -> None:
        """Keep what a row says whose status tells that the payment was not taken; nothing where it does not say all."""
        counting = self._profile.counting
        names = [each.name for each in self._profile.fields]
        status = typed_cells.text(record.cells[names.index(counting.field)]).upper() if counting else ""
        if counting is None or status not in counting.failed:
            return
        try:
            values = self._values(record)
            amount, day = values["amount"], values["day"]
        except Unreadable:  # It is listed apart as it stands.
            return
        if isinstance(amount, int) and isinstance(day, date):
            self._failed.append(Row(record.number, values, Paise(amount), day, None))

    def _values(self, record: Record) -> dict[str, Value | None]:
        told = {
            field.name: typed_cells.value(field, cell, today=self._today)
            for field, cell in zip(self._profile.fields, record.cells, strict=True)
        }
        reference = told.get("reference")
        if self._profile.kind is Kind.ANNOUNCEMENTS and strong_reference(str(reference)) is None:
            raise Damaged(f"Its reference “{reference}” is too short to tell one deposit from another.")
        return told

    def _same_file(self, values: Mapping[str, Value | None]) -> None:
        common = tuple(str(values[name]) for name in self._profile.file_identity)
        if self._common is not None and common != self._common:
            raise Unreadable(f"the row is of {' '.join(common)}, and the file of {' '.join(self._common)}")
        self._common = common

    def _once(self, record: Record, values: Mapping[str, Value | None]) -> None:
        if not self._profile.identity:
            return
        identity = tuple(values[name] for name in self._profile.identity)
        if (first := self._seen.get(identity)) is not None:
            raise Unreadable(f"the same row stands in line {first} already: same {', '.join(self._profile.identity)}")
        self._seen[identity] = record.number

    def _keep(self, record: Record, values: dict[str, Value | None]) -> None:
        amount, day = values["amount"], values["day"]
        if not isinstance(amount, int) or not isinstance(day, date):
            raise Unreadable("the row has no amount or no day")
        self._rows.append(Row(record.number, values, Paise(amount), day, self._operator(values)))

    def _operator(self, values: Mapping[str, Value | None]) -> OperatorCode | None:
        """Return whom a row names, whether or not there is such a wallet.

        Raises:
            Unreadable: its account is one of another client of the bank.
        """
        rule = self._profile.operator
        if rule is None:
            return typed_cells.operator(str(values.get("operator") or ""))
        account = typed_cells.text(str(values[rule.field] or "")).upper()
        if not account.startswith(rule.prefix):
            raise Unreadable(f"the account “{account[:40]}” does not begin with {rule.prefix}: it is not ours")
        behind = account.removeprefix(rule.prefix)
        part = behind if rule.characters is None else rule.characters.of(behind)
        whole = rule.characters is None or len(part) == rule.characters.last - rule.characters.first + 1
        return typed_cells.operator(rule.code.replace("{part}", part)) if whole else None

    def _prove_totals(self, total: Paise) -> tuple[int | None, Paise | None]:
        """Return what the file states, having refused it where that is not what its rows come to."""
        totals = self._profile.totals
        if totals is None:
            return None, None
        if not self._found.stated_on:
            last = self._found.records[-1].number
            self._refusals.add(
                last, "", f"the file has no row {totals.row} with its totals behind it: its end is missing"
            )
            return None, None
        with_aside = [*(row.amount for row in self._rows), *(each.amount or 0 for each in self._aside)]
        count = len(with_aside) if totals.of_all else len(self._rows)
        come_to = Paise(sum(with_aside)) if totals.of_all else total
        on, field = self._found.stated_on, self._profile.field("amount")
        stated_count: int | None = None
        stated_total: Paise | None = None
        if totals.count is not None:
            stated_count = self._refusals.attempt(on, "", lambda: typed_cells.number(self._found.count))
        if totals.amount is not None and field is not None:
            stated_total = self._refusals.attempt(on, "", lambda: typed_cells.money(self._found.amount, field.read))
        refused = self._refusals.count > 0
        if stated_count is not None and stated_count != count and not refused:
            self._refusals.add(on, "", f"the file states {stated_count:,} rows and has {count:,}: it is cut or changed")
        if stated_total is not None and stated_total != come_to and not refused:
            told, found = rupees_for_people(stated_total), rupees_for_people(come_to)
            self._refusals.add(on, "", f"the file states {told} and its rows come to {found}: it is cut or changed")
        return stated_count, stated_total
