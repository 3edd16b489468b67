"""Breaks and approvals at a terminal: one person proposes, another decides, and the system user is written down."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tests.api.portal import application, caller
from tests.books import Books
from tests.cli.terminal import WHO, Terminal
from tests.payments.desk import Finance
from wallet_service.__main__ import main

SAME_PERSON = "a second person must look"
BY_MITA = ("--reason", "as the bank says", "--by", "mita")


@pytest.fixture
def finance(books: Books) -> Finance:
    return Finance(books)


def test_breaks_are_listed_under_their_counts_and_taken(terminal: Terminal, finance: Finance) -> None:
    assert "nothing is open" in terminal.says("breaks")
    about = [finance.about(finance.parked(money)) for money in ("10.00", "2.50")]

    taken = terminal.tells("take", about[0], "--by", "mita")
    told = terminal.tells("breaks")
    said = terminal.says("breaks", "--kind", "unmatched-credit")

    assert (taken["owner"], taken["amount"]) == ("mita", "10.00")
    assert [(each["kind"], each["count"], each["amount"]) for each in told["by_kind"]] == [
        ("unmatched-credit", 2, "12.50")
    ]
    assert [(each["id"], each["owner"]) for each in told["breaks"]] == [(about[0], "mita"), (about[1], None)]
    assert all(each["words"] and each["next_step"] for each in told["breaks"])
    assert "₹12.50" in said
    assert [each["id"] for each in terminal.tells("breaks", "--nobodys")["breaks"]] == about[1:]
    assert "rahim works on it" in terminal.says("take", about[0], "--by", "mita", "--to", "rahim")
    assert [each["id"] for each in terminal.tells("breaks", "--owner", "rahim")["breaks"]] == about[:1]
    assert "nobody works on it" in terminal.says("take", about[0], "--by", "mita", "--give-back")


def test_one_proposes_and_another_approves_what_was_read(terminal: Terminal, finance: Finance, books: Books) -> None:
    howrah, about = books.wallet(), finance.about(finance.parked("10.00"))

    made = terminal.tells("resolve", about, "--as", "credit-wallet", "--wallet", howrah, "--amount", "4.00", *BY_MITA)
    (waiting,) = terminal.tells("breaks")["breaks"]
    assert "waits for a" in terminal.says("breaks")
    same = terminal.refuses("approve", str(made["id"]), "--by", "MITA", "--sha256", made["payload_sha256"])
    other = terminal.refuses("approve", str(made["id"]), "--by", "kamal", "--sha256", "0" * 64)
    approved = terminal.tells("approve", str(made["id"]), "--by", "kamal", "--sha256", made["payload_sha256"])
    again = terminal.refuses("approve", str(made["id"]), "--by", "kamal", "--sha256", made["payload_sha256"])

    assert (made["state"], made["payload"]["amount"]) == ("proposed", "4.00")
    assert waiting["proposals"] == [made["id"]]
    assert SAME_PERSON in same
    assert "another payload was looked at" in other
    assert (approved["state"], approved["entries"], approved["decided_by"]) == (
        "approved",
        [f"{howrah}-000001"],
        "kamal",
    )
    assert "decided on already" in again
    assert books.current(howrah) == "4.00"
    with books.database.statement() as connection:
        kept = connection.exec_driver_sql(
            "SELECT by_whom, act, facts ->> 'by' FROM audit WHERE subject = %s ORDER BY act", (str(made["id"]),)
        ).all()
    assert sorted(tuple(each) for each in kept) == [(WHO, "proposal-approve", "kamal"), (WHO, "propose", "mita")]


def test_a_persons_token_and_the_command_line_are_one_person(
    terminal: Terminal, finance: Finance, books: Books
) -> None:
    abouts = [finance.about(finance.parked("10.00")) for _ in range(2)]
    by_line = terminal.tells("resolve", abouts[0], "--as", "return-to-sender", *BY_MITA)
    with application(books.servers) as app:
        maker, checker = caller(app, "finance:make", person="mita"), caller(app, "finance:check", person="Mita")
        asked = {"resolution": "return-to-sender", "reason": "as the bank says"}
        by_token = maker.post(f"/v1/breaks/{abouts[1]}/resolutions", asked).json
        shown = {"payload_sha256": by_line["payload_sha256"]}
        over_http = checker.post(f"/v1/approvals/{by_line['id']}/approve", shown)
    at_terminal = terminal.refuses(
        "approve", str(by_token["id"]), "--by", "mita", "--sha256", by_token["payload_sha256"]
    )

    assert (over_http.status_code, over_http.json["type"]) == (422, "/problems/same-person")
    assert SAME_PERSON in at_terminal
    assert {each["state"] for each in terminal.tells("approvals")} == {"proposed"}


def test_who_decides_without_the_hash_is_shown_the_payload_and_asked(terminal: Terminal, finance: Finance) -> None:
    made = terminal.tells("resolve", finance.about(finance.parked("10.00")), "--as", "return-to-sender", *BY_MITA)
    asked = ["approve", str(made["id"]), "--by", "kamal"]

    no = CliRunner().invoke(main, asked, env=terminal.environment, input="n\n")
    unasked = terminal.refuses(*asked, "--json", status=2)
    yes = CliRunner().invoke(main, asked, env=terminal.environment, input="y\n")

    assert (no.exit_code, yes.exit_code) == (1, 0)
    assert made["payload_sha256"] in no.stderr
    assert "as the bank says" in no.stderr
    assert "--sha256" in unasked
    assert "approved by kamal" in yes.stdout


def test_several_breaks_are_one_proposal(terminal: Terminal, finance: Finance, books: Books) -> None:
    abouts = [finance.about(finance.parked(f"{rupees}.00")) for rupees in (1, 2, 3)]

    made = terminal.tells("resolve", *abouts, "--as", "write-to-differences", *BY_MITA)
    decided = terminal.says("approve", str(made["id"]), "--by", "kamal", "--sha256", made["payload_sha256"])

    assert (made["parts"], [each["about"] for each in made["payload"]["parts"]]) == (3, abouts)
    assert "approved by kamal" in decided
    assert [each["state"] for each in terminal.tells("approvals", "--part-of", str(made["id"]))] == ["approved"] * 3
    assert "3 breaks" in terminal.says("approvals")
    assert books.account("suspense:differences") == "-6.00"


def test_a_proposal_is_rejected_or_withdrawn_and_what_is_stale_ends_with_1(
    terminal: Terminal, finance: Finance, books: Books
) -> None:
    about = finance.about(finance.parked("10.00", reference="SBIN400000000001"))
    made = [terminal.tells("resolve", about, "--as", "return-to-sender", *BY_MITA) for _ in range(3)]
    sha256 = made[0]["payload_sha256"]

    foreign = terminal.refuses("withdraw", str(made[1]["id"]), "--by", "kamal", "--reason", "mine")
    rejected = terminal.tells("reject", str(made[0]["id"]), "--by", "kamal", "--reason", "not so", "--sha256", sha256)
    withdrawn = terminal.tells("withdraw", str(made[1]["id"]), "--by", "mita", "--reason", "call 9830012345")
    books.advise(books.wallet(), "10.00", reference="SBIN400000000001")
    stale = terminal.run("approve", str(made[2]["id"]), "--by", "kamal", "--sha256", sha256)

    assert "Only who proposed" in foreign
    assert (rejected["state"], withdrawn["state"], withdrawn["reason"]) == (
        "rejected",
        "withdrawn",
        "call XXXXXXXXXX",
    )
    assert (stale.exit_code, "stale by kamal" in stale.stdout) == (1, True)


def test_what_is_beside_any_break_is_proposed_at_a_terminal_too(terminal: Terminal, books: Books) -> None:
    howrah, bally = books.wallet("500.00"), books.wallet()
    paid = books.pay(howrah, "300.00").debit.id
    order = ("--cause", "paid", "--order", "POD/2026/17")
    asked = (
        ("refund", paid, "--amount", "300.00", *order),
        ("balance", bally, "--amount", "20.00"),
        ("reversal", f"{howrah}-000001"),
        ("limit", "advice", "--to", "60000.00"),
    )

    for each in asked:
        made = terminal.tells("propose", *each, *BY_MITA)
        terminal.tells("approve", str(made["id"]), "--by", "kamal", "--sha256", made["payload_sha256"])

    assert (books.current(howrah), books.current(bally)) == ("0.00", "20.00")
    assert books.advise(bally, "60000.00").credit.state == "credited"
    assert "no such debit" in terminal.refuses(
        "propose", "refund", "NOBODY1-D000001", "--amount", "1.00", *order, *BY_MITA
    )
    assert books.faults() == {}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--as", "write-off", "--amount", "1"), "1250.00"),
        (("--as", "write-off", "--wallet", "lower"), "an operator's code"),
        (("--as", "write-off", "--reason", "\u202e"), "printable"),
    ],
)
def test_what_is_not_understood_is_a_usage_error(terminal: Terminal, asked: tuple[str, ...], says: str) -> None:
    assert says in terminal.refuses("resolve", "x", *BY_MITA, *asked, status=2)
