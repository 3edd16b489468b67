"""The commands of whoever runs the service: schema, clients, services, jobs."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from click.testing import CliRunner

from tests.books import Books
from tests.cli.terminal import WHO, Terminal
from tests.servers import Servers
from wallet_service.__main__ import COMMANDS, main
from wallet_service.ledger import outbox
from wallet_service.payments import clients, departments


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])

    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    assert CliRunner().invoke(main, ["recieve"]).exit_code == 2


def test_migrate_brings_an_empty_database_to_head_with_the_departments(servers: Servers) -> None:
    name = f"{servers.database}_empty"
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER wallet_owner TEMPLATE template0".encode())
        try:
            empty = Terminal(
                replace(servers, service_url=_on(servers.service_url, name), owner_url=_on(servers.owner_url, name))
            )
            before = empty.refuses("client", "list")
            first = empty.tells("migrate")
            second = empty.says("migrate")
            loaded = psycopg.connect(_on(servers.owner_url, name)).execute("SELECT count(*) FROM services").fetchone()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    assert "Run `wallet migrate`" in before
    assert first["applied"][0] == "0001"
    assert second == "nothing to do: the schema is at head\n"
    assert loaded == (len(departments.package_services()),)


def test_migrate_needs_the_owners_login(terminal: Terminal) -> None:
    terminal.environment["DATABASE_OWNER_URL"] = ""

    assert "DATABASE_OWNER_URL is not set" in terminal.refuses("migrate")


def test_a_database_that_is_away_is_told_in_a_sentence(terminal: Terminal) -> None:
    terminal.environment["DATABASE_URL"] = "postgresql://wallet_service:x@127.0.0.1:1/wallet"

    assert "The database cannot be reached" in terminal.refuses("client", "list")
    assert "The database cannot be reached" in terminal.refuses("check", status=2)


def test_client_add_prints_a_token_that_is_good_and_nothing_else(terminal: Terminal, books: Books) -> None:
    told = terminal.tells("client", "add", "portal", "--scope", "debits:write", "--scope", "wallets:read")

    with books.database.statement() as connection:
        client = clients.authenticate(connection, told["token"])
    assert set(told) == {"client", "token", "expires_at"}
    assert client is not None
    assert (client.name, client.scopes) == (told["client"], frozenset({"debits:write", "wallets:read"}))


def test_what_a_client_may_not_be_is_told_in_a_sentence(terminal: Terminal) -> None:
    both = terminal.refuses("client", "add", "both", "--scope", "finance:check", "--scope", "debits:write")
    unknown = terminal.refuses("client", "add", "odd", "--scope", "everything")
    long = terminal.refuses("client", "add", "long", "--scope", "finance:check", "--days", "31")
    terminal.refuses("client", "add", "longer", "--scope", "debits:read", "--days", "366", status=2)
    terminal.refuses("client", "add", "none", status=2)

    assert "finance:check goes without" in both
    assert "excluded debits:write" in both
    assert "unknown everything" in unknown
    assert "days: 1 to 30" in long
    assert terminal.tells("client", "list") == []


def test_rotate_and_revoke_end_tokens_and_the_list_shows_it(terminal: Terminal, books: Books) -> None:
    first = terminal.tells("client", "add", "portal", "--scope", "debits:write", "--person", "asha")
    second = terminal.tells("client", "rotate", "portal")
    listed = terminal.tells("client", "list")
    ended = terminal.tells("client", "revoke", "portal")

    with books.database.statement() as connection:
        good = [clients.authenticate(connection, told["token"]) for told in (first, second)]
        acts = connection.exec_driver_sql("SELECT DISTINCT by_whom FROM audit").scalars().all()
    assert [(each["name"], each["person"], each["tokens"]) for each in listed] == [("portal", "asha", 1)]
    assert ended == {"client": "portal", "tokens_ended": 1}
    assert good == [None, None]
    assert acts == [WHO]
    assert "no good token" in terminal.says("client", "list")
    assert "There is no machine client of this name. (client nobody)" in terminal.refuses("client", "revoke", "nobody")


def test_the_environment_does_not_say_who_asks(terminal: Terminal, books: Books) -> None:
    terminal.environment |= {"USER": "somebody-else", "LOGNAME": "somebody-else"}

    terminal.says("client", "add", "portal", "--scope", "debits:write")

    with books.database.statement() as connection:
        assert connection.exec_driver_sql("SELECT by_whom FROM audit").scalar_one() == WHO


def test_services_are_imported_whole_or_not_at_all(terminal: Terminal, books: Books, tmp_path: Path) -> None:
    header = "department,code,name,name_bn,once_per\n"
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(f"{header}POD,042,Meter test,মিটার পরীক্ষা,application\n")
    bad.write_text(f"{header}POD,043,Fine,জরিমানা,\nPOD,4,Short,ছোট,\n")

    told = terminal.tells("services", "import", good)
    refused = terminal.refuses("services", "import", bad)

    with books.database.statement() as connection:
        found = [departments.find_service(connection, "POD", code) for code in ("042", "043")]
    assert told == {"departments": 0, "services": 1}
    assert "line 3: code: three digits." in refused
    assert found[0] is not None
    assert found[1] is None


@pytest.mark.parametrize(("content", "said"), [(b"\xff\xfe\x00", "not UTF-8"), (b"", "header must be")])
def test_what_is_no_list_of_services_is_told(terminal: Terminal, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "services.csv"
    file.write_bytes(content)

    assert said in terminal.refuses("services", "import", file)


def test_a_job_that_was_given_up_is_seen_and_tried_again(terminal: Terminal, books: Books) -> None:
    with books.database.transaction() as connection:
        job = outbox.enqueue(connection, "post-bank-file", "7")
        outbox.mark_failed(connection, job, "BankFileNotFound: no [such] file")

    listed = terminal.says("jobs", "list")
    told = terminal.tells("jobs", "list")
    terminal.says("jobs", "retry", f"job-{job}")

    assert "no [such] file" in listed
    assert [(each["id"], each["job"], each["subject"]) for each in told] == [(f"job-{job}", "post-bank-file", "7")]
    assert terminal.tells("jobs", "list") == []
    for unknown in ("job-4711", "4711", "night-2026-04-01", "job-x"):
        assert f"(job {unknown})" in terminal.refuses("jobs", "retry", unknown)


def test_a_bank_holiday_is_added_listed_and_removed(terminal: Terminal) -> None:
    terminal.says("holiday", "add", "2026-10-19", "--name", "Durga Puja", "--name-bn", "দুর্গাপূজা")
    listed = terminal.says("holiday", "list", "--year", "2026")
    added = terminal.tells("holiday", "list", "--year", "2026")
    again = terminal.refuses("holiday", "add", "2026-10-19", "--name", "Puja")
    unnamed = terminal.refuses("holiday", "add", "2026-10-20", "--name", " ", status=2)
    terminal.says("holiday", "remove", "2026-10-19")

    assert "Monday" in listed
    assert {"day": "2026-10-19", "name": "Durga Puja", "name_bn": "দুর্গাপূজা"} in added
    assert "holiday already" in again
    assert "has a name" in unnamed
    assert "2026-10-19" in terminal.refuses("holiday", "remove", "2026-10-19")


def test_a_rebate_is_set_listed_and_ended_by_the_owner(terminal: Terminal, books: Books) -> None:
    day = books.today()

    added = terminal.says("rebate", "add", "POD", "001", "--basis-points", "125", "--to", f"{day + timedelta(days=9)}")
    terminal.says("rebate", "add", "POD", "002", "--amount", "5.00", "--from", f"{day + timedelta(days=2)}")
    told = terminal.tells("rebate", "list")
    shown = terminal.says("rebate", "list")
    ended = terminal.says("rebate", "end", "POD", "001", f"{day - timedelta(days=1)}")

    assert added == f"POD 001 allows 1.25 % from {day} to {day + timedelta(days=9)}\n"
    assert ended == f"POD 001 allows 1.25 % from {day} to {day - timedelta(days=1)}\n"
    assert [(each["basis_points"], each["amount"], each["last_day"] is None) for each in told] == [
        (125, None, False),
        (None, "5.00", True),
    ]
    assert "₹5.00" in shown
    assert "another rebate" in terminal.refuses("rebate", "add", "POD", "002", "--amount", "1.00")
    assert "no such department or service" in terminal.refuses("rebate", "add", "POD", "999", "--amount", "1.00")
    assert "Either basis points or an amount" in terminal.refuses("rebate", "add", "LND", "001")
    assert "5.0" in terminal.refuses("rebate", "add", "LND", "001", "--amount", "5.0", status=2)
    with books.database.statement() as connection:
        acts = connection.exec_driver_sql("SELECT act, by_whom FROM audit ORDER BY id").all()
    assert [tuple(each) for each in acts] == [("rebate-add", WHO)] * 2 + [("rebate-end", WHO)]


def test_a_command_without_any_address_says_what_to_give(terminal: Terminal) -> None:
    terminal.environment["DATABASE_URL"] = ""

    assert "--dir or WALLET_DIR" in terminal.refuses("check", status=2)


def test_a_command_finds_the_database_of_a_running_directory(terminal: Terminal, tmp_path: Path) -> None:
    url = terminal.environment["DATABASE_URL"]
    (tmp_path / "endpoints.json").write_text(f'{{"database_url": "{url}"}}')
    terminal.environment["DATABASE_URL"] = ""

    by_option = terminal.tells("client", "list", "--dir", tmp_path)
    terminal.environment["WALLET_DIR"] = os.fspath(tmp_path)
    by_variable = terminal.tells("client", "list")

    assert by_option == by_variable == []


def _on(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))
