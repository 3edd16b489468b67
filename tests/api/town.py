"""A town with everything that the API speaks of: wallets with money, debits, deposits, bank files, days.

So that what is asked is often there, a request is made of the names by which the API calls things: `sound.py` says
what stands for a name.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import psycopg

from tests.api.described import JSON, Operation
from tests.api.past import SETTLED_DAYS_AGO, a_past, advice_of
from tests.api.portal import Caller, Told, advice, application, caller, claim, number, payment
from tests.api.sound import ASKED, BODIES, BY_NAME, DAY, LEFT_OUT, OF_AN_OPERATION, UNTIL
from tests.books import ALL_LAWS
from tests.servers import Servers
from wallet_service.api.connections import databases
from wallet_service.ledger import days, laws, outbox
from wallet_service.payments import clients
from wallet_service.recon import bank_accounts, posting, tying

MAKER = tuple(scope for scope in clients.SCOPES if scope not in {"finance:check", "debits:read"})
CHECKER = ("finance:check", "reports:read", "claims:write", "debits:read", "wallets:read")
_STATEMENT = """\
Account Name       :\tTEST POOL
Account Number     :\t_000000{account}
Account Description:\tCURRENT ACCOUNT
Currency           :\tINR
IFS Code           :\tSBIN0000091
Opening Balance    :\t{opening}
Start Date         :\t01/04/2026
End Date           :\t{last}

Txn Date\tValue Date\tDescription\tRef No./Cheque No.\tBranch Code\tDebit\tCredit\tBalance
{last}\t{last}\tCASH DEPOSIT-CASH DEPOSIT {words}--\t \t91\t \t100.00\t{closing}
"""


@dataclass
class Request:
    """A request as it is sent: everything in it may be replaced, or spoilt."""

    caller: Caller
    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


class Town:
    """Everything that is there, and who asks."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.maker: Caller = caller(app, *MAKER)
        self.checker = caller(app, *CHECKER)
        self.single = {scope: caller(app, scope) for scope in clients.SCOPES}
        self.single[clients.ANY_DEPARTMENT] = caller(app, "department:POD")
        self.known: dict[str, list[str]] = {}
        self._idle_account = self._account()
        self._grow()

    def callers(self, operation: Operation) -> list[Caller]:
        """Return who may make this call: a client with many scopes, and for each scope one with no other."""
        every = [each for each, scopes in ((self.maker, MAKER), (self.checker, CHECKER)) if _any(operation, scopes)]
        return every + [self.single[scope] for scope in operation.scopes if scope in self.single]

    def request(self, operation: Operation, by: Caller | None = None) -> Request:
        """Return a request that is answered with yes, with every field that goes with the others."""
        made = Request(by or self.callers(operation)[0], headers={"Idempotency-Key": number(24)})
        made.path = {each.name: str(self.sound(operation, each.name, made.caller)) for each in operation.at("path")}
        made.query = {
            each.name: str(self.sound(operation, each.name, made.caller))
            for each in operation.at("query")
            if each.required or (operation.label, each.name) in ASKED
        }
        if operation.media_type == JSON:
            made.body = self._body(operation, made.caller)
        return made

    def says(self, operation: Operation, name: str) -> bool:
        """Return whether something is said of the field of that name."""
        return name in BY_NAME or (operation.label, name) in OF_AN_OPERATION

    def sound(self, operation: Operation, name: str, by: Caller, random: Random | None = None) -> Any:
        """Return something that is there, or as it should be, for the field of that name.

        Raises:
            KeyError: nothing is said of it.
        """
        maker = OF_AN_OPERATION.get((operation.label, name)) or BY_NAME[name]
        return maker(self, by, random or Random(0))

    def sent(self, operation: Operation, request: Request) -> Told:
        """Send a request, and return its answer."""
        address = operation.path.format(**request.path)
        query: dict[str, Any] = {"query_string": request.query} if request.query else {}
        content: dict[str, Any] = {"json": request.body} if operation.media_type == JSON else {}
        if operation.media_type == "multipart/form-data":
            content = {"data": {"file": (io.BytesIO(self.statement()), "statement.xls")}}
        return request.caller.call(operation.method, address, headers=request.headers, **query, **content)

    def hold(self, by: Caller, *, capture: bool = False, rupees: str = "5.00") -> str:
        """Return a fresh hold, or debit, of that caller, else one of the maker's."""
        payer = by if by in (self.maker, self.single["debits:write"]) else self.maker
        placed = payer.post("/v1/debits", payment(self.known["wallet"][0], rupees, capture=capture))
        assert placed.status_code == 201, placed.text
        return str(placed.json["id"])

    def unknown(self, by: Caller) -> str:
        """Return a fresh hold, as `hold` does, that is marked as unknown."""
        held = self.hold(by)
        payer = by if by == self.single["debits:write"] else self.maker
        assert payer.post(f"/v1/debits/{held}/unknown", {}).status_code == 200
        return held

    def wallet(self, state: str = "open") -> str:
        """Return a fresh wallet without money."""
        operator = self.maker.wallet()
        if state == "frozen":
            assert self.maker.post(f"/v1/wallets/{operator}/freeze", {"reason": "lost"}).status_code == 200
        return operator

    def statement(self, opening: int | None = None, account: str | None = None, last: str = "02/04/2026") -> bytes:
        """Return a bank's statement that nobody has brought, of an account of which no file is released."""
        account, opening = account or self._idle_account, opening or int(number(7))
        rest = {"opening": f"{opening:,}.00", "closing": f"{opening + 100:,}.00", "last": last}
        return _STATEMENT.format(account=account, words=self.known["wallet"][0], **rest).encode()

    def file(self, content: bytes | None = None) -> str:
        """Return a bank file that was read, by its id."""
        uploaded = self.maker.post(
            "/v1/bank-files", data={"file": (io.BytesIO(content or self._of_its_own()), "s.xls")}
        )
        assert uploaded.status_code == 201, uploaded.text
        return str(uploaded.json["id"])

    def export(self, by: Caller) -> str:
        """Return an export of that caller's own, by its id."""
        asked = {"report": "entries", "from": DAY, "to": DAY, "format": "csv", "purpose": "audit"}
        made = by.post("/v1/exports", asked)
        assert made.status_code == 202, made.text
        return str(made.json["id"])

    def proposal(self, by: Caller) -> str:
        """Return a fresh proposal of that caller, by its id; all of them have one payload."""
        asked = {"resolution": "wait", "until": UNTIL, "reason": "the bank is asked"}
        made = by.post(f"/v1/breaks/{self.known['break'][0]}/resolutions", asked)
        assert made.status_code == 201, made.text
        self.known["payload"] = [made.json["payload_sha256"]]
        return str(made.json["id"])

    def job(self) -> str:
        """Return a job that was given up, by its id in the list of what is stuck."""
        with databases(self.app).of_this_process().transaction() as connection:
            job = outbox.enqueue(connection, "expire-holds", "clock")
            outbox.mark_failed(connection, job, "the database was away")
        return f"job-{job}"

    def faults(self) -> dict[int, list[str]]:
        """Return the laws that do not hold, with the rows they name."""
        with databases(self.app).of_this_process().snapshot() as connection:
            return {each.law.number: each.rows for each in laws.check(connection, ALL_LAWS, None) if each.faults}

    def _body(self, operation: Operation, by: Caller) -> dict[str, Any]:
        if operation.label in BODIES:
            return BODIES[operation.label](self, by, Random(0))
        body: dict[str, Any] = {}
        for each in operation.at("body"):
            if (operation.label, each.name) not in LEFT_OUT and len(each.path) == 1:
                body[each.name] = self.sound(operation, each.name, by)
        return body

    def _of_its_own(self) -> bytes:
        """Return a statement of an account that has no other file, so that it may be released."""
        return self.statement(1_000, self._account())

    def _account(self) -> str:
        account = f"7{number(10)}"
        with databases(self.app).of_this_process().transaction() as connection:
            bank_accounts.add(connection, f"test:{number(12)}", account, by="tests")
        return account

    def _grow(self) -> None:
        rich = [self.maker.wallet("50000.00") for _ in range(3)]
        self.known["wallet"] = rich
        self.known["any wallet"] = [*rich, self.wallet(), self.wallet("frozen")]
        held, voided, taken, paid = (self.hold(self.maker) for _ in range(4))
        self.maker.post(f"/v1/debits/{voided}/void", {})
        self.maker.post(f"/v1/debits/{taken}/capture", {"amount": "2.00"})
        self.maker.post(f"/v1/debits/{paid}/capture", {})
        refunded = self.maker.post(f"/v1/debits/{paid}/refunds", {"amount": "1.00", "reason": "not taken"}).json
        self.known["debit"] = [held, voided, taken, paid]
        self.known["ticket"] = [self.maker.get(f"/v1/debits/{paid}").json["service_ticket_no"]]
        self.known["entry"] = [f"{rich[0]}-000001", refunded["id"]]
        bodies = [advice(rich[0], "9.00", channel=each) for each in ("upi", "cash")]
        advised = [self.maker.post("/v1/credits", body).json for body in bodies]
        self.known["credit"] = [each["id"] for each in advised]
        self.known["reference"] = [each["bank_reference"] for each in advised]
        self.known["claim"] = [self.maker.post("/v1/claims", claim(rich[0], "7.00")).json["id"]]
        self.known["key"] = ["known-key"]
        self.maker.post("/v1/debits", payment(rich[0], "1.00"), key="known-key")
        self._bring_files()
        with databases(self.app).of_this_process().statement() as connection:
            today = connection.exec_driver_sql("SELECT india_today()").scalar_one()
        yesterday = today - timedelta(days=1)
        days.close(databases(self.app).of_this_process(), yesterday)
        self.known["day"] = [DAY, today.isoformat()]
        self.known["open day"] = [today.isoformat()]
        self.known["business day"] = [yesterday.isoformat(), today.isoformat()]
        self.known["settled day"] = [(today - timedelta(days=SETTLED_DAYS_AGO)).isoformat()]
        self.known["advice"] = [advice_of(databases(self.app).of_this_process(), "LND")]

    def _bring_files(self) -> None:
        account = self._account()
        posted = self.file(self.statement(1_000, account))
        self.checker.post(f"/v1/bank-files/{posted}/release", {})
        posting.post_file(databases(self.app).of_this_process(), int(posted))
        waiting = self.file(self.statement(7_000, account, "09/04/2026"))
        rejected = self.file()
        self.checker.post(f"/v1/bank-files/{rejected}/reject", {"reason": "of the wrong branch"})
        self.known["file"] = [posted, waiting, rejected, self.file()]
        self.maker.post("/v1/reconciliations", {"day": DAY})
        self.known["break"] = [each["id"] for each in self.maker.get("/v1/breaks").json["items"]]
        self.proposal(self.maker)
        self.job()
        like = [{"id": self.known["break"][0], "until": UNTIL}]
        bulk = self.maker.post("/v1/approvals", {"kind": "wait", "breaks": like, "reason": "the bank is asked"})
        self.known["bulk"] = [str(bulk.json["id"])]
        self._bring_list()

    def _bring_list(self) -> None:
        """Let the power department send its list of today, with a payment that it has and one that it alone has."""
        with databases(self.app).of_this_process().statement() as connection:
            today = connection.exec_driver_sql("SELECT india_today()").scalar_one()
        told = "".join(
            f"POD|001|{ticket}|||5.00|R{number(9)}|{today} 00:00:01|SUCCESS\n"
            for ticket in (self.known["ticket"][0], f"T{number(12)}")
        )
        form = {"file": (io.BytesIO(told.encode()), "pod.txt"), "profile": "department-mis"}
        brought = self.maker.post("/v1/bank-files", data=form)
        assert brought.status_code == 201, brought.text
        released = self.checker.post(f"/v1/bank-files/{brought.json['id']}/release", {})
        assert released.status_code == 200, released.text
        tying.tie_file(databases(self.app).of_this_process(), brought.json["id"])
        self.known["list"] = [str(brought.json["id"])]


def _any(operation: Operation, scopes: tuple[str, ...]) -> bool:
    return not set(operation.scopes).isdisjoint(scopes)


def everything(servers: Servers) -> dict[str, tuple[int, int]]:
    """Return how many rows each table has and a sum over all that stands in them."""
    with psycopg.connect(servers.superuser_url) as connection:
        names = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        parts = [f"SELECT '{name}', count(*), coalesce(sum(hashtext(t::text)), 0) FROM {name} t" for name in names]
        rows = connection.execute(" UNION ALL ".join(sorted(parts)).encode()).fetchall()
    return {name: (count, digest) for name, count, digest in rows}


@contextmanager
def town(servers: Servers) -> Iterator[Town]:
    """Build a town on a database of its own."""
    a_past(servers)
    with application(servers) as app:
        yield Town(app)
