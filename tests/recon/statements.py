"""Statements made up by hypothesis: of any shape that a bank account may have in a week."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from wallet_service.money import Paise
from wallet_service.recon.statements import Direction, Statement, StatementLine

_FIRST = date(2026, 3, 29)
_AMOUNTS = st.integers(min_value=1, max_value=50_000_00) | st.integers(min_value=1, max_value=10**13)
_WORDS = st.sampled_from(
    ["CASH DEPOSIT SELF", "NEFT*YESB0000001*YESAP60920012345*TEST REMITTER", "UPI/CR/609212345678/A/UTIB/a.b/TOP UP"]
) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/*", min_size=1, max_size=150)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Draw a statement of 1 to 12 lines over a week that crosses a financial year, with balances of either sign."""
    opening = balance = draw(st.integers(min_value=-(10**12), max_value=10**12))
    days = sorted(draw(st.lists(st.integers(min_value=0, max_value=6), min_size=1, max_size=12)))
    lines = []
    for row, day in enumerate(days, start=1):
        direction, amount = draw(st.sampled_from(Direction)), draw(_AMOUNTS)
        before = balance
        balance += amount if direction is Direction.INFLOW else -amount
        booked_on = _FIRST + timedelta(day)
        lines.append(
            StatementLine(
                row=row,
                booked_on=booked_on,
                value_date=booked_on - timedelta(draw(st.integers(min_value=0, max_value=3))),
                direction=direction,
                amount=Paise(amount),
                balance_before=Paise(before),
                balance_after=Paise(balance),
                description=draw(_WORDS),
                reference=draw(st.sampled_from(["", "YESAP60920012345", "00091J1234567"])),
                branch=None,
            )
        )
    return Statement(
        account_number="31234567890",
        period_first=lines[0].booked_on,
        period_last=_FIRST + timedelta(draw(st.integers(min_value=days[-1], max_value=6))),
        opening=Paise(opening),
        closing=Paise(balance),
        lines=tuple(lines),
        encoding="utf-8",
        form="made up",
    )
