"""Who did what that moves no money: added, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection


def record(
    connection: Connection, *, by: str, act: str, subject: str, facts: Mapping[str, object] | None = None
) -> None:
    """Record an act in the caller's transaction: it is told if, and only if, it happened. *facts* hold no secret."""
    connection.exec_driver_sql(
        "INSERT INTO audit (by_whom, act, subject, facts) VALUES (%s, %s, %s, %s::jsonb)",
        (by, act, subject, json.dumps(facts or {}, ensure_ascii=False)),
    )
