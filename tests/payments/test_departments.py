"""Departments, services and districts: what comes with the package, and what the office adds."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from tests.books import Books
from tests.servers import Servers
from wallet_service.errors import InvalidRequest, ServiceNotFound
from wallet_service.identifiers import DepartmentCode, ServiceCode
from wallet_service.payments import departments
from wallet_service.payments.departments import (
    Service,
    package_departments,
    package_districts,
    package_services,
    read_services_csv,
)

HEADER = "department,code,name,name_bn,once_per\n"


def test_the_states_departments_come_with_the_package_in_both_languages() -> None:
    found = package_departments()

    assert len({department.code for department in found}) == len(found) == 57
    assert all(department.name.isascii() for department in found)
    assert all("BENGALI" in unicodedata.name(department.name_bn[0]) for department in found)
    assert len({department.name_bn for department in found}) == 57


def test_every_service_of_the_package_is_a_known_departments() -> None:
    codes = {department.code for department in package_departments()}

    found = {(service.department, service.code) for service in package_services()}

    assert {department for department, _ in found} <= codes
    assert {("POD", "001"), ("LND", "002"), ("TRA", "002"), ("FIN", "002"), ("UDM", "002"), ("PRD", "001")} <= found


def test_there_are_twenty_three_districts() -> None:
    assert len(package_districts()) == 23
    assert package_districts()["HWH"].name == "Howrah"


@pytest.fixture
def books(servers: Servers) -> Books:
    return Books(servers)


def counts(connection: Connection) -> tuple[int, int, int]:
    """Return how many departments, services and accounts of services there are."""
    row = connection.exec_driver_sql(
        "SELECT (SELECT count(*) FROM departments), (SELECT count(*) FROM services),"
        " (SELECT count(*) FROM accounts WHERE kind = 'department')"
    ).one()
    return row[0], row[1], row[2]


def test_loading_them_twice_changes_nothing(books: Books) -> None:
    with books.database.transaction() as connection:
        departments.load(connection, package_departments(), package_services())
        once = counts(connection)

        departments.load(connection, package_departments(), package_services())

        assert counts(connection) == once
        connection.rollback()


def test_a_service_has_an_account_of_its_own(books: Books) -> None:
    added = read_services_csv(HEADER + "POD,777,Meter shifting,মিটার স্থানান্তর,ticket\n")

    with books.database.transaction() as connection:
        departments.load(connection, package_departments(), added.services)

        assert departments.find_service(connection, "POD", "777") == replace(added.services[0], answer_days=5)
        assert (
            connection.exec_driver_sql("SELECT kind::text FROM accounts WHERE code = 'department:POD:777'").scalar()
            == "department"
        )
        connection.rollback()


def test_a_service_of_an_unknown_department_is_refused(books: Books) -> None:
    stray = Service(DepartmentCode("ZZZ"), ServiceCode("001"), "Stray", "পথভ্রষ্ট")

    with books.database.transaction() as connection, pytest.raises(ServiceNotFound) as refusal:
        departments.load(connection, [], [stray])

    assert refusal.value.facts["department"] == "ZZZ"


def test_a_file_may_bring_a_new_department() -> None:
    content = (
        "department,code,name,name_bn,once_per,department_name,department_name_bn\n"
        "NEW,001,Fee,ফি,,New Department,নতুন দপ্তর\nPOD,009,Fee,ফি,,,\n"
    )

    found = read_services_csv("\ufeff" + content)

    assert [department.code for department in found.departments] == ["NEW"]
    assert [service.code for service in found.services] == ["001", "009"]


def test_a_service_says_by_when_its_department_answers_and_keeps_that_where_a_file_does_not(books: Books) -> None:
    named = "department,code,name,name_bn,once_per,answer_days\n"

    with books.database.transaction() as connection:
        for content in (named + "POD,778,Meter,মিটার,,1\n", HEADER + "POD,778,Meter test,মিটার,\n"):
            departments.load(connection, package_departments(), read_services_csv(content).services)
        found = departments.find_service(connection, "POD", "778")
        connection.rollback()

    assert found is not None
    assert (found.name, found.answer_days) == ("Meter test", 1)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("", ["line 1"]),
        (HEADER, ["line 1"]),
        ('"department', ["line 1"]),
        ("code,name\n001,x\n", ["line 1"]),
        (HEADER.replace("name_bn", "name"), ["line 1"]),
        (HEADER + "pod,001,Fee,ফি,\n", ["line 2"]),
        (HEADER + "POD,1,Fee,ফি,\n", ["line 2"]),
        (HEADER + "POD,০০১,Fee,ফি,\n", ["line 2"]),
        (HEADER + "POD,001,,ফি,\n", ["line 2"]),
        (HEADER + "POD,001,Fee,ফি,daily\n", ["line 2"]),
        (HEADER.replace("\n", ",answer_days\n") + "POD,001,Fee,ফি,,61\nPOD,002,Fee,ফি,,-1\n", ["line 2", "line 3"]),
        (HEADER + "POD,001,Fee\n", ["line 2"]),
        (HEADER + "POD,001,Fee,ফি,,more\n", ["line 2"]),
        (HEADER + "POD,001,Fee,ফি,\nPOD,001,Fee,ফি,\n", ["line 3"]),
        (HEADER + "POD,001,Fee,ফি,\nPOD,2,Fee,ফি,\nPOD,3,Fee,ফি,\n", ["line 3", "line 4"]),
        (HEADER + 'POD,001,"Fee,ফি,\n', ["line 2"]),
        (HEADER + "POD,001,F\x00ee,ফি,\n", ["line 2"]),
        (HEADER + "POD,001,\u202eFee,ফি,\n", ["line 2"]),
    ],
)
def test_a_file_with_a_fault_is_refused_whole_by_line(content: str, lines: list[str]) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_services_csv(content)

    assert list(refusal.value.facts["errors"]) == lines
