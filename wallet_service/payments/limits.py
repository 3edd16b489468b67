"""Limits on what is credited before the bank has shown it, and how much of them is used."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from wallet_service.money import Paise


@dataclass(frozen=True)
class Untied:
    """What is credited in all and not yet seen at the bank, and the limit on it; both in paise."""

    total: Paise
    limit: Paise


def untied_in_all(connection: Connection) -> Untied:
    """Return what of the limit on credits not yet seen at the bank is used."""
    row = connection.exec_driver_sql("SELECT used_paise, limit_paise FROM limits WHERE name = 'untied-in-all'").one()
    return Untied(Paise(row.used_paise), Paise(row.limit_paise))
