"""An advice of settlement as a clerk hands it on: a page of text in 80 columns, and a file of its settlements."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterator

from wallet_service.dates import INDIA
from wallet_service.money import Paise, rupees, rupees_for_people
from wallet_service.payments.settlement_advices import Advice, AdvisedSettlement

WIDTH = 80
_LINE = "-" * WIDTH
_HEADER = (
    *("advice", "department", "service", "day", "payments", "collected", "refunded", "rebated", "brought_forward"),
    *("amount", "entry"),
)


def as_page(advice: Advice) -> str:
    """Return an advice as text: to whom, for which days and services, what is to be paid, and whether it was."""
    return "\n".join(line.rstrip() for line in _lines(advice)) + "\n"


def as_csv(advice: Advice) -> str:
    """Return an advice's settlements as CSV, amounts in rupees; no cell of it comes from outside."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(_HEADER)
    for each in advice.settlements:
        amounts = (each.collected, each.refunded, each.rebated, each.brought_forward, each.amount)
        rows.writerow(
            (
                *(advice.number, advice.department, each.service, each.day.isoformat(), each.payments),
                *(rupees(amount) for amount in amounts),
                each.entry or "",
            )
        )
    return written.getvalue()


def _lines(advice: Advice) -> Iterator[str]:
    advised = advice.advised_at.astimezone(INDIA)
    yield f"ADVICE OF SETTLEMENT {advice.number}".ljust(WIDTH - 20) + advice.state.upper().rjust(20)
    yield from textwrap.wrap(f"To {advice.department_name} ({advice.department})", WIDTH)
    at = f"on {advised:%d/%m/%Y} at {advised:%H:%M}"
    by = f"Proposed by {advice.proposed_by}, approved by {advice.approved_by} {at} (approval {advice.approval})"
    yield from textwrap.wrap(f"Advised {at}" if advice.approval is None else by, WIDTH)
    yield from ("", _row("Day", "Service", "Payments", "Collected", "Given back", "To be paid"), _LINE)
    for each in advice.settlements:
        given_back = Paise(each.refunded + each.rebated + each.brought_forward)
        yield _row(
            f"{each.day:%d/%m/%Y}",
            each.service,
            str(each.payments),
            rupees_for_people(each.collected),
            rupees_for_people(given_back),
            rupees_for_people(each.amount),
        )
    yield from (_LINE, _row("In all", "", _sum(advice.settlements), "", "", rupees_for_people(advice.amount)))
    yield from ("", *textwrap.wrap(_what_becomes_of_it(advice), WIDTH))
    yield from textwrap.wrap(
        "Given back: refunds, rebates, and the shortfall that a day before left. Amounts are rupees.", WIDTH
    )
    yield from ("", "", "Paid by ________________________________   Seen by _____________________________")


def _what_becomes_of_it(advice: Advice) -> str:
    if advice.state == "returned":
        return f"CAME BACK: paid on {advice.paid_on:%d/%m/%Y}{_utr(advice)}, and returned. It is due again."
    if advice.paid_on is not None:
        return f"Paid on {advice.paid_on:%d/%m/%Y}, bank line {advice.line}{_utr(advice)}."
    if advice.state == "called-off":
        return "CALLED OFF: it shall not be paid."
    if advice.words is not None or advice.state in {"short", "excess"}:
        return f"NOT PAID AS ADVISED: {advice.words or 'the bank shows another amount for it.'}"
    return f"To be paid under the number {advice.number}, by which the bank's line is found{_utr(advice)}."


def _utr(advice: Advice) -> str:
    return f", UTR {advice.utr}" if advice.utr else ""


def _row(day: str, service: str, payments: str, collected: str, given_back: str, amount: str) -> str:
    return f"{day:<10} {service:<7} {payments:>8} {collected:>17} {given_back:>16} {amount:>17}"


def _sum(taken: list[AdvisedSettlement]) -> str:
    return str(sum(each.payments for each in taken))
