"""Faults that somebody could make in the posting functions, planted in the books of one test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.servers import Servers

_SQL = Path(__file__).parents[2] / "migrations" / "sql"


@dataclass(frozen=True)
class Fault:
    """A fragment of a posting function and what stands there instead.

    *guards* drops the constraints that would stop it at the row, so that it is the machine that has to find it.
    """

    name: str
    function: str
    right: str
    wrong: str
    guards: str = ""

    def plant(self, servers: Servers) -> None:
        """Replace the function in this database, as its owner.

        Raises:
            AssertionError: the fragment does not stand in the function exactly once.
        """
        source = (_SQL / f"{self.function}.sql").read_text(encoding="utf-8")
        assert source.count(self.right) == 1, f"{self.function}.sql has no single place for the fault {self.name!r}"
        faulty = source.replace(self.right, self.wrong).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        with psycopg.connect(servers.owner_url, autocommit=True) as owner:
            owner.execute((self.guards + faulty).encode())


FAULTS = (
    Fault(
        "held is ignored in the check",
        "pay",
        right="current_paise - held_paise - p_amount >= floor_paise",
        wrong="current_paise - p_amount >= floor_paise",
        guards="DROP TRIGGER wallet_keeps_its_floor ON books;"
        " ALTER TABLE books DROP CONSTRAINT wallet_is_not_overdrawn;",
    ),
    Fault(
        "the refund cap is off by one",
        "refund",
        right="d.refunded_paise + p_amount > d.captured_paise",
        wrong="d.refunded_paise + p_amount > d.captured_paise + 1",
        guards="ALTER TABLE debits DROP CONSTRAINT refunds_stay_within_the_capture;",
    ),
    Fault(
        "the key is ignored by a payment",
        "pay",
        right=" AND NOT EXISTS (SELECT FROM keys WHERE client = p_client AND key = p_key)",
        wrong="",
        guards="ALTER TABLE keys DROP CONSTRAINT a_key_has_one_answer;",
    ),
    Fault(
        "the key is ignored on capture",
        "capture",
        right="IF k.key IS NOT NULL THEN",
        wrong="IF false THEN",
        guards="ALTER TABLE keys DROP CONSTRAINT a_key_has_one_answer;",
    ),
    Fault(
        "a hold is released twice",
        "void",
        right="IF d.state <> 'held' THEN",
        wrong="IF d.state = 'captured' THEN",
        guards="ALTER DOMAIN paise DROP CONSTRAINT paise_are_never_negative;"
        " ALTER DOMAIN amount DROP CONSTRAINT amount_is_above_zero;",
    ),
    Fault(
        "a refusal is not recorded",
        "pay",
        right="ELSE '{}' END;\n    PERFORM record_refusal(p_client, p_key, p_hash, a.outcome, a.facts);",
        wrong="ELSE '{}' END;",
    ),
    Fault(
        "a day goes back",
        "pay",
        right="open_day = greatest(open_day, india_today())\n      WHERE code",
        wrong="open_day = india_today()\n      WHERE code",
    ),
)
