"""Departments, their services, and the districts: package data first, then whatever the office adds by a CSV file.

Source of the first ones: the 57 department codes that the State's BSK portal uses, and its 23 districts.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, text

from wallet_service.errors import InvalidRequest, ServiceNotFound
from wallet_service.identifiers import (
    DEPARTMENT_PATTERN,
    SERVICE_PATTERN,
    DepartmentCode,
    ServiceCode,
    department_account,
)
from wallet_service.ledger.accounts import open_account

ONCE_PER = ("ticket", "application")
_LONGEST_NAME = 120
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # Bengali is not spelt rightly without them.
_COLUMNS = ("department", "code", "name", "name_bn", "once_per")
_DEPARTMENT_NAMES = ("department_name", "department_name_bn")
_OPTIONAL_COLUMNS = (*_DEPARTMENT_NAMES, "answer_days")
_MOST_ANSWER_DAYS = 60


@dataclass(frozen=True)
class Department:
    """A department of the State, by the portal's three letters, with its name in English and Bengali."""

    code: DepartmentCode
    name: str
    name_bn: str


@dataclass(frozen=True)
class Service:
    """Something a department is paid for. *once_per* says by what a demand may be paid only once; None: by nothing.

    *answer_days* is its turn-around time: the calendar days after a payment by which the department answers for it.
    None, of a service that is to be recorded: as it was; 5 for a new one.
    """

    department: DepartmentCode
    code: ServiceCode
    name: str
    name_bn: str
    once_per: str | None = None
    answer_days: int | None = None


@dataclass(frozen=True)
class District:
    """A district, with its name in English and Bengali."""

    code: str
    name: str
    name_bn: str


@dataclass(frozen=True)
class Catalogue:
    """What a file of services adds: its services, and those departments of which it gives the names."""

    departments: tuple[Department, ...]
    services: tuple[Service, ...]


@cache
def package_departments() -> tuple[Department, ...]:
    """Return the departments that come with the service, in the order of their English names."""
    return tuple(
        Department(DepartmentCode(row["code"]), row["name"], row["name_bn"]) for row in _rows("departments.csv")
    )


@cache
def package_services() -> tuple[Service, ...]:
    """Return the services that come with the service."""
    return tuple(_service(row) for row in _rows("services.csv"))


@cache
def package_districts() -> Mapping[str, District]:
    """Return the districts by their three letters."""
    return {row["code"]: District(row["code"], row["name"], row["name_bn"]) for row in _rows("districts.csv")}


def load(connection: Connection, departments: Iterable[Department], services: Iterable[Service]) -> None:
    """Record departments and services, or the new names of known ones, and open an account for each service.

    Safe to repeat. A service is never taken away: its account has a history.

    Raises:
        ServiceNotFound: a service belongs to a department that is neither known nor among *departments*.
    """
    for department in departments:
        connection.execute(_RECORD_DEPARTMENT, vars(department))
    known = set(connection.execute(text("SELECT code FROM departments")).scalars())
    for service in services:
        if service.department not in known:
            raise ServiceNotFound(department=service.department, service=service.code)
        account = open_account(connection, department_account(service.department, service.code))
        connection.execute(_RECORD_SERVICE, {**vars(service), "account": account})


def find_service(connection: Connection, department: str, service: str) -> Service | None:
    """Return the service, or None where there is none."""
    row = connection.execute(
        text(f"{_SERVICES} WHERE department = :d AND code = :s"), {"d": department, "s": service}
    ).one_or_none()
    return Service(*row) if row else None


def list_services(connection: Connection) -> list[Service]:
    """Return every service, by department and code."""
    return [Service(*row) for row in connection.execute(text(f"{_SERVICES} ORDER BY department, code"))]


def read_services_csv(content: str) -> Catalogue:
    """Return what a file of services says. All of it is checked before any of it counts.

    The header names department, code, name, name_bn, once_per (``ticket``, ``application`` or empty), and for
    departments that are new also department_name and department_name_bn; answer_days (0 to 60) may be left out.

    Raises:
        InvalidRequest: with what is wrong, by line.
    """
    reader = csv.DictReader(io.StringIO(content.removeprefix("\ufeff")), strict=True)
    header = _header(reader)
    missing = [name for name in _COLUMNS if name not in header]
    unknown = [name for name in header if name not in _COLUMNS + _OPTIONAL_COLUMNS]
    if missing or unknown or len(set(header)) != len(header):
        raise InvalidRequest({"line 1": [f"The header must be {','.join(_COLUMNS)}, each once."]})
    departments: dict[str, Department] = {}
    services: dict[tuple[str, str], Service] = {}
    errors: dict[str, list[str]] = {}
    for line, row in _numbered(reader, errors):
        if faults := _faults(row, services):
            errors[f"line {line}"] = faults
            continue
        service = _service(row)
        services[service.department, service.code] = service
        if row.get("department_name"):
            names = (unicodedata.normalize("NFC", row[name]) for name in _DEPARTMENT_NAMES)
            departments[service.department] = Department(service.department, *names)
    if not services and not errors:
        errors["line 1"] = ["The file names no service."]
    if errors:
        raise InvalidRequest(errors)
    return Catalogue(tuple(departments.values()), tuple(services.values()))


def _header(reader: csv.DictReader[str]) -> tuple[str, ...]:
    """Return the header's names; none where the first line is no CSV."""
    try:
        return tuple(reader.fieldnames or ())
    except csv.Error:
        return ()


def _numbered(reader: csv.DictReader[str], errors: dict[str, list[str]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with its line; a file that is no CSV from some line on ends there, with the reason in *errors*."""
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        errors[f"line {reader.reader.line_num}"] = [f"This is not CSV: {error}."]


def _faults(row: Mapping[str, str | None], seen: Mapping[tuple[str, str], Service]) -> list[str]:
    if None in row or None in row.values():
        return ["It has not as many fields as the header."]
    cells = {name: cell or "" for name, cell in row.items()}
    faults = []
    if not re.fullmatch(DEPARTMENT_PATTERN, cells["department"], re.ASCII):
        faults.append("department: three capital letters.")
    if not re.fullmatch(SERVICE_PATTERN, cells["code"], re.ASCII):
        faults.append("code: three digits.")
    for name in ("name", "name_bn"):
        if not _is_name(cells[name]):
            faults.append(f"{name}: 1 to {_LONGEST_NAME} characters, none of them invisible.")
    if cells["once_per"] not in ("", *ONCE_PER):
        faults.append("once_per: ticket, application or empty.")
    given = [cells.get(name, "") for name in _DEPARTMENT_NAMES]
    if any(given) and not all(map(_is_name, given)):
        faults.append("department_name and department_name_bn: both or neither.")
    days = cells.get("answer_days", "")
    if days and not (re.fullmatch("[0-9]{1,2}", days, re.ASCII) and int(days) <= _MOST_ANSWER_DAYS):
        faults.append(f"answer_days: 0 to {_MOST_ANSWER_DAYS}, or empty.")
    if (cells["department"], cells["code"]) in seen:
        faults.append("The service stands in the file already.")
    return faults


def _is_name(name: str) -> bool:
    hidden = any(unicodedata.category(letter) in _INVISIBLE and letter not in _JOINERS for letter in name)
    return 1 <= len(name.strip()) <= _LONGEST_NAME and not hidden


def _service(row: Mapping[str, str]) -> Service:
    return Service(
        department=DepartmentCode(row["department"]),
        code=ServiceCode(row["code"]),
        name=unicodedata.normalize("NFC", row["name"].strip()),
        name_bn=unicodedata.normalize("NFC", row["name_bn"].strip()),
        once_per=row["once_per"] or None,
        answer_days=int(row["answer_days"]) if row.get("answer_days") else None,
    )


def _rows(name: str) -> list[dict[str, str]]:
    content = files("wallet_service").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(content)))


_RECORD_DEPARTMENT = text("""
    INSERT INTO departments (code, name, name_bn) VALUES (:code, :name, :name_bn)
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, name_bn = excluded.name_bn
    WHERE (departments.name, departments.name_bn) IS DISTINCT FROM (excluded.name, excluded.name_bn)
""")

_SERVICES = "SELECT department, code, name, name_bn, once_per, answer_days FROM services"
_RECORD_SERVICE = text("""
    INSERT INTO services (department, code, name, name_bn, once_per, account, answer_days)
    VALUES (:department, :code, :name, :name_bn, :once_per, :account, coalesce(:answer_days, 5))
    ON CONFLICT (department, code)
    DO UPDATE SET name = excluded.name, name_bn = excluded.name_bn, once_per = excluded.once_per,
      answer_days = coalesce(:answer_days, services.answer_days)
    WHERE (services.name, services.name_bn, services.once_per)
      IS DISTINCT FROM (excluded.name, excluded.name_bn, excluded.once_per)
      OR services.answer_days <> coalesce(:answer_days, services.answer_days)
""")
