"""The day and the next morning, chapter by chapter."""

from __future__ import annotations

import json
import os
import shlex
from datetime import date
from pathlib import Path

from wallet_service.demo import (
    afternoon,
    bank,
    counters,
    department,
    deposits,
    evening,
    morning,
    moved_files,
    proofs,
    week,
)
from wallet_service.demo.callers import Caller
from wallet_service.demo.own_service import ELSEWHERE, OwnService, command_line, printed
from wallet_service.demo.telling import again, blank, heading, must, say

_CLIENTS = {
    "portal": (
        "the BSK portal: wallets, debits, credits, claims",
        ("wallets:read", "wallets:write", "debits:read", "debits:write", "credits:write", "claims:write"),
    ),
    "mita": ("finance maker: takes bank files in, proposes payouts", ("finance:make", "wallets:read", "reports:read")),
    "kamal": ("finance checker: releases and approves them", ("finance:check", "reports:read")),
    "reports": ("the auditor: reads every report", ("reports:read", "wallets:read")),
}


def play(service: OwnService, today: date) -> None:
    """Play the day and the morning after it, and tell them.

    Raises:
        DemoFailed: anything is not as it must be.
    """
    statement = service.directory / f"sbi-pool-{today.isoformat()}.xls"
    statement.write_bytes(moved_files.statement(today))
    later = service.directory / f"sbi-pool-{today.isoformat()}-evening.xls"
    later.write_bytes(moved_files.statement_of_the_evening(today))
    callers = _hand_out_tokens(service, today, statement)
    portal, mita, kamal, reports = (callers[name] for name in _CLIENTS)
    counters.open_counters(portal)
    counters.top_up(portal, today)
    counters.pay_departments(portal)
    counters.replay(portal)
    counters.hold_and_capture(portal)
    counters.refund(portal)
    counters.refuse(portal, today)
    file_id = bank.take_in(mita, kamal, service, statement)
    bank.refuse_again(mita, file_id, statement, today)
    afternoon.pay_many(portal)
    afternoon.capture_late(portal, service)
    deposits.claim(portal, today)
    deposits.take_in_evening(mita, kamal, later)
    deposits.tell_claims(portal)
    deposits.lose_a_credit(portal, reports)
    deposits.repay(portal, reports, today)
    week.take_in(mita, kamal, service)
    department.take_in(mita, kamal, service, today)
    evening.reconcile(reports, today.isoformat())
    next_day = morning.close(service, reports, today)
    advice = morning.advise(mita, kamal, service)
    morning.pay(mita, kamal, service, today=today, morning=next_day, advice=advice)
    proofs.balance(reports)
    proofs.check(service)
    proofs.tell_breaks(reports)


def _hand_out_tokens(service: OwnService, today: date, statement: Path) -> dict[str, Caller]:
    """Add the clients by the command line, and write their tokens into `demo.env` for whoever tries the calls."""
    heading("1. Four clients get their tokens, by the command line `wallet client add`")
    started = {
        name: service.begin("client", "add", name, *(part for scope in scopes for part in ("--scope", scope)))
        for name, (_, scopes) in _CLIENTS.items()
    }
    callers = {}
    for name, process in started.items():
        issued = json.loads(printed(process))
        must("the client", issued["client"], name)
        callers[name] = Caller(service.api, name.upper(), issued["token"])
        say(f"{name:<8} {_CLIENTS[name][0]}")
    environment = service.directory / "demo.env"
    _write_private(environment, _environment(service, today, statement, callers))
    blank()
    say("Lines that begin with $ show again what stands above them. First, in another terminal:")
    again(f"source {shlex.quote(str(environment))}")
    again("wallet client list")
    return callers


def _environment(service: OwnService, today: date, statement: Path, callers: dict[str, Caller]) -> str:
    facts = {
        "API": service.api,
        "WALLET_DIR": str(service.directory),
        "TODAY": today.isoformat(),
        "STATEMENT": str(statement),
        "JSON": "Content-Type: application/json",
        "BILL": json.dumps(counters.BILL),
        "METER": json.dumps(counters.METER),
        "BATCH": json.dumps(afternoon.BATCH),
        **{caller.variable: caller.header for caller in callers.values()},
    }
    lines = [f"export {name}={shlex.quote(value)}" for name, value in facts.items()]
    lines += [f"unset {' '.join(ELSEWHERE)}", f'wallet() {{ {shlex.join(command_line())} "$@"; }}']
    return "\n".join(["# The addresses and tokens of one `wallet demo`; worth nothing once it has ended.", *lines, ""])


def _write_private(path: Path, content: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
