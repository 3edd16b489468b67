"""Holds that have lapsed by the database's clock, and the money they give back."""

from __future__ import annotations

from sqlalchemy import Connection

from wallet_service.money import Paise


def list_books(connection: Connection) -> list[int]:
    """Return the books with holds that have lapsed and still keep money, in order."""
    return list(connection.exec_driver_sql(_LIST_BOOKS).scalars())


def expire_holds(connection: Connection, book: int) -> Paise:
    """Expire a book's lapsed holds and return the paise they give back: 0 where that has happened already."""
    return Paise(int(connection.exec_driver_sql("SELECT expire_holds(%s)", (book,)).scalar_one()))


_LIST_BOOKS = "SELECT DISTINCT book FROM debits WHERE state = 'held' AND expires_at <= instant() ORDER BY book"
