"""Amounts as the service takes them: rupees with exactly two decimals, never a float."""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, InvalidOperation

Amount = Decimal | str
"""An amount of rupees: ``Decimal("1250")`` or ``"1250.00"``."""

_WIRE = re.compile(r"(0|[1-9][0-9]{0,12})\.[0-9]{2}", re.ASCII)
_PAISA = Decimal("0.01")


def rupees(amount: Amount) -> str:
    """Return the wire form of an amount of rupees; nothing is ever rounded.

    Raises:
        TypeError: it is a float, or anything but a Decimal or a string.
        ValueError: it is below zero, has a fraction of a paisa, or is no amount.
    """
    if isinstance(amount, Decimal):
        try:
            text = str(amount.quantize(_PAISA, context=Context(prec=16, traps=[Inexact, InvalidOperation])))
        except (Inexact, InvalidOperation):
            raise ValueError(f"{amount!r} is not a whole number of paise") from None
    elif isinstance(amount, str):
        text = amount
    else:
        raise TypeError(f"an amount is a Decimal or a string of rupees, not {type(amount).__name__}")
    if not _WIRE.fullmatch(text):
        raise ValueError(f"{amount!r} is not an amount of rupees with two decimals, such as '1250.00'")
    return text
