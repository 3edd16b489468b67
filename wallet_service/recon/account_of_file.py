"""Which of our bank accounts a file is of: the one whose number it states, or else the one its bringer says.

SBI's export of six columns names no account (domain facts A1.4). Then nothing is guessed: who brings it says which, or
there is only one account that it can be of, and the file proves it by joining what is known of that one.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from wallet_service.errors import BankAccountNotFound
from wallet_service.recon import bank_accounts, chain, places
from wallet_service.recon.bank_accounts import BankAccount
from wallet_service.recon.chain import Joining, Outcome
from wallet_service.recon.statements import Statement

_TOLD = {Outcome.OVERLAPS, Outcome.ALREADY_KNOWN}
_PROVES = {Outcome.CONTINUES, *_TOLD}


@dataclass(frozen=True)
class Owner:
    """The *account* that a file is of, or None; *reason* is what a clerk should know of that.

    *to_be_proved* says that neither the file nor its bringer names it: only the file's balances can.
    """

    account: BankAccount | None
    reason: str | None = None
    to_be_proved: bool = False

    def disproved(self, joining: Joining) -> str | None:
        """Return why a file whose account is to be proved cannot be taken for its, or None where it can."""
        if not self.to_be_proved or self.account is None or joining.outcome in _PROVES:
            return None
        name = self.account.name
        return (
            f"The file does not name its account, and its balances do not join those of {name}. "
            f"If it is of {name}, bring it again and say so: account {name}."
        )


def find(connection: Connection, statement: Statement, said: str | None) -> Owner:
    """Return the account that a statement is of; *said* is the name that its bringer gave, if any.

    Raises:
        BankAccountNotFound: there is no bank account of that name.
    """
    ours = bank_accounts.list_bank_accounts(connection)
    meant = next((each for each in ours if each.name == said), None)
    if said is not None and meant is None:
        raise BankAccountNotFound(bank_account=said)
    if statement.account_number is None:
        return _of_no_number(ours, meant)
    return _of_number(ours, meant, statement.account_number)


def belied(connection: Connection, statement: Statement, account: BankAccount) -> str | None:
    """Return why a statement that is to be of *account* is another account's; None where nothing speaks for another.

    Its number may have become another's since. Where it names none, an account that has its lines already owns them.
    """
    number = statement.account_number
    for other in bank_accounts.list_bank_accounts(connection):
        if other.id == account.id:
            continue
        if number is not None and other.number == number:
            return (
                f"The account ending {number[-4:]} is {other.name} now, and not {account.name}. Bring the file again."
            )
        if number is None:
            joining = chain.join(statement, places.known(connection, other, statement), other.begins_on)
            if joining.outcome in _TOLD:
                return (
                    f"{joining.known} of its lines are those that {other.name} has already, so it is not of "
                    f"{account.name}. If it is, bring the statement that names its account."
                )
    return None


def _of_no_number(ours: list[BankAccount], meant: BankAccount | None) -> Owner:
    if meant is not None:
        return Owner(meant)
    if len(ours) == 1:
        return Owner(ours[0], to_be_proved=True)
    names = ", ".join(each.name for each in ours)
    return Owner(None, f"The file does not name its account. Bring it again and say which it is of: {names}.")


def _of_number(ours: list[BankAccount], meant: BankAccount | None, number: str) -> Owner:
    ending = number[-4:]
    holder = next((each for each in ours if each.number == number), None)
    if meant is not None and meant != holder and (holder is not None or meant.number is not None):
        whose = "which is none of ours" if holder is None else f"which is {holder.name}"
        return Owner(
            None, f"The statement is of the account ending {ending}, {whose}; it was brought for {meant.name}."
        )
    if holder is not None:
        return Owner(holder)
    unbound = [each for each in ours if each.number is None and meant in {None, each}]
    if len(unbound) == 1:
        name = unbound[0].name
        return Owner(unbound[0], f"{name} has no number yet: releasing this file binds it to the one ending {ending}.")
    return Owner(
        None, f"The statement is of an account ending {ending}, which is none of ours. Upload it for the right account."
    )
