"""What a field may hold: hostile values are refused here, and here alone rupees become paise and paise rupees."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any, cast

from marshmallow import ValidationError, fields

from wallet_service.dates import wire
from wallet_service.identifiers import DEPARTMENT_PATTERN, OPERATOR_PATTERN, SERVICE_PATTERN
from wallet_service.money import RUPEES_PATTERN, Paise, paise, rupees

DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_JOINERS = "\u200c\u200d"  # Bengali is not spelt rightly without them.
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
TEXT_PATTERN = r"^[\p{Zs}\u200c\u200d]*[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]|[\u200c\u200d])*$"  # As ECMA-262 writes it.
_ABOVE_ZERO_PATTERN = r"^(0\.(0[1-9]|[1-9][0-9])|[1-9][0-9]{0,12}\.[0-9]{2})$"

_AADHAAR_LIKE = re.compile(r"(?<!\d)\d{4}[ -]?\d{4}[ -]?\d{4}(?!\d)")
_PAN_LIKE = re.compile(r"(?<![A-Z0-9])[A-Z]{5}\d{4}[A-Z](?![A-Z0-9])", re.IGNORECASE | re.ASCII)
_MOBILE_LIKE = re.compile(r"(?<!\d)[6-9৬-৯]\d{4}[ -]?\d{5}(?!\d)")


class Amount(fields.String):
    """Paise inside, a string of rupees with exactly two decimals on the wire."""

    def __init__(self, **options: Any) -> None:
        metadata = {"pattern": RUPEES_PATTERN, "example": "1250.00", **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return paise(value)
        except ValueError:
            raise ValidationError('Write rupees as a string with exactly two decimals: "1250.00".') from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else rupees(cast(Paise, value))


class SignedAmount(Amount):
    """An amount that may be below zero. Only ever told, never taken."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"pattern": RUPEES_PATTERN.replace("^", "^-?")}, **options)


class PositiveAmount(Amount):
    """An amount above zero."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"pattern": _ABOVE_ZERO_PATTERN, **options.pop("metadata", {})}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = super()._deserialize(value, attr, data, **kwargs)
        if found == 0:
            raise ValidationError("The amount must be above zero.")
        return found


class Text(fields.String):
    """Words of a person: NFC, visible, on one line, at most *longest* characters. Nothing that turns writing around."""

    def __init__(self, longest: int, **options: Any) -> None:
        self.longest = longest
        metadata = {"minLength": 1, "maxLength": longest, "pattern": TEXT_PATTERN, **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError("This must be a string.")
        if len(value) > 4 * self.longest:
            raise ValidationError(f"At most {self.longest} characters.")
        if any(unicodedata.category(c) in _REFUSED_CATEGORIES and c not in _JOINERS for c in value):
            raise ValidationError("Control characters and invisible characters are not taken.")
        words = unicodedata.normalize("NFC", value).strip()
        if not words.strip(_JOINERS) or len(words) > self.longest:
            raise ValidationError(f"1 to {self.longest} characters.")
        return words


class Narration(Text):
    """A remark on a payment. Numbers by which a person could be known are masked before anything keeps them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(80, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return masked(super()._deserialize(value, attr, data, **kwargs))


class Reason(Text):
    """Why a person did something. What is kept for good holds no number by which a person could be known."""

    def __init__(self, **options: Any) -> None:
        super().__init__(200, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return masked(super()._deserialize(value, attr, data, **kwargs))


class Code(fields.String):
    """A code that fits a pattern of ASCII characters from its first to its last."""

    def __init__(self, pattern: str, says: str, **options: Any) -> None:
        self.fits = re.compile(pattern.removeprefix("^").removesuffix("$"), re.ASCII)
        self.says = says
        super().__init__(metadata={"pattern": pattern, **options.pop("metadata", {})}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or len(value) > 200 or not self.fits.fullmatch(value):
            raise ValidationError(self.says)
        return value


class OneOf(fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **options: Any) -> None:
        self.words = words
        enum = [*words, None] if options.get("allow_none") else list(words)
        super().__init__(metadata={"enum": enum, **options.pop("metadata", {})}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or value not in self.words:
            raise ValidationError(f"One of: {', '.join(self.words)}.")
        return value


class Whole(fields.Integer):
    """A whole JSON number within bounds: no string, no fraction, no boolean."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(metadata={"minimum": least, "maximum": most, **options.pop("metadata", {})}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if type(value) is not int or not self.least <= value <= self.most:
            raise ValidationError(f"A whole number from {self.least} to {self.most}.")
        return value


class Count(Whole):
    """A whole number within bounds, written in the digits 0 to 9 in a query."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        digits = isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,8}|0", value, re.ASCII)
        return super()._deserialize(int(value) if digits else None, attr, data, **kwargs)


class Truth(fields.Boolean):
    """`true` or `false`, and nothing that resembles them."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value is not True and value is not False:
            raise ValidationError("true or false.")
        return value


class Day(fields.Date):
    """A calendar date, written YYYY-MM-DD."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(DAY_PATTERN.strip("^$"), value, re.ASCII):
            try:
                day = date.fromisoformat(value)
            except ValueError:
                raise ValidationError("There is no such day.") from None
            if _FIRST_DAY <= day <= _LAST_DAY:
                return day
        raise ValidationError("A day from 2000 to 2199, written YYYY-MM-DD.")

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else cast(date, value).isoformat()


class Instant(fields.DateTime):
    """An instant in UTC with microseconds. Only ever told, never taken."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else wire(cast(datetime, value))


def operator(**options: Any) -> Code:
    """Return a field for an operator's code."""
    return Code(OPERATOR_PATTERN, "4 to 20 capital letters and digits, a letter first.", **options)


def department(**options: Any) -> Code:
    """Return a field for a department's code."""
    return Code(DEPARTMENT_PATTERN, "Three capital letters.", **options)


def service(**options: Any) -> Code:
    """Return a field for a service's code."""
    return Code(SERVICE_PATTERN, "Three digits.", **options)


def login(**options: Any) -> Code:
    """Return a field for a person's login."""
    return Code(r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$", "1 to 64 letters, digits and . _ @ -", **options)


def number_of_theirs(**options: Any) -> Code:
    """Return a field for a number that another office gave: a service ticket, an application, a consumer."""
    return Code(
        r"^[A-Za-z0-9](?:[A-Za-z0-9 ./_-]{0,62}[A-Za-z0-9./_-])?$", "1 to 64 letters, digits and . / _ -", **options
    )


def masked(words: str) -> str:
    """Return *words* with every Aadhaar-, PAN- and mobile-like run replaced by as many X.

    Source: the design's rule for narrations; formats as UIDAI, the Income Tax Department and TRAI number them.
    """
    for like in (_AADHAAR_LIKE, _PAN_LIKE, _MOBILE_LIKE):
        words = like.sub(lambda found: re.sub(r"\w", "X", found[0]), words)
    return words
