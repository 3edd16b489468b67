"""What is said no to while departments ask, and answer."""

from __future__ import annotations

from wallet_service.errors.tree import Conflict, NotFound, Refused


class DepartmentNotFound(NotFound):
    """There is no such department, or it is not yours."""

    next_step = "Ask with the three letters of the department for which the token was given."


class ListsNotExpected(NotFound):
    """Nobody has said that the department sends lists."""

    next_step = "See whose lists are expected: wallet lists expected."


class FateKnown(Conflict):
    """What became of this debit is known: it was given back, or its department has answered."""

    next_step = "Look at the debit: its state and amounts say what became of it."


class CertificateRecorded(Conflict):
    """The debit has another certificate number already, or the number is another payment's."""

    next_step = (
        "Compare the number with the certificate; a payment has one, and a number is of one payment."
        " The department itself may replace what was noted."
    )


class NotUnknown(Refused):
    """Nobody has marked this debit as unknown, so no answer is awaited."""

    next_step = "Look at the debit. Mark it as unknown first if its department has not answered."


class CertificateOfAnotherService(Refused):
    """The certificate's number names another department or service than the debit's."""

    next_step = "Compare the number with the certificate, and the debit with the application."
