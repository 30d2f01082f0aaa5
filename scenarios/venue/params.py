"""Params: the text parameters of one request, read with the venue's refusals.

Owns parsing and nothing else. Numbers are plain notation only: an exponent, a sign or a blank is
an illegal character (-1100). A missing or empty mandatory parameter is -1102.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from .refusal import VenueRefusal

_NUMBER = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_INTEGER = re.compile(r"[0-9]{1,20}")
_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_NUMBER_RANGE = "^([0-9]{1,20})(\\.[0-9]{1,20})?$"
_INTEGER_RANGE = "^[0-9]{1,20}$"
_CLIENT_ID_RANGE = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$"
CLIENT_ID_LENGTH_MAX = 36


class Params:
    """One request's parameters."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def renamed(self, names: Mapping[str, str]) -> "Params":
        """Return the same with other names for some."""
        return Params({names.get(name, name): value for name, value in self._values.items()})

    def text(self, name: str) -> str:
        """Return a mandatory parameter."""
        found = self._values.get(name, "")
        if not found:
            raise VenueRefusal(-1102, name)
        return found

    def optional(self, name: str, default: str = "") -> str:
        """Return a parameter, or the default when it is missing or empty."""
        return self._values.get(name, "") or default

    def number(self, name: str) -> Decimal:
        """Return a mandatory decimal number."""
        return _number(name, self.text(name))

    def integer(self, name: str) -> int:
        """Return a mandatory whole number."""
        found = self.text(name)
        if _INTEGER.fullmatch(found) is None:
            raise VenueRefusal(-1100, name, _INTEGER_RANGE)
        return int(found)

    def optional_integer(self, name: str) -> int | None:
        """Return a whole number, None when it is missing."""
        return self.integer(name) if self._values.get(name, "") else None

    def flag(self, name: str) -> bool:
        """Return a boolean given as text; False when it is missing."""
        found = self._values.get(name, "")
        if found.lower() not in ("", "true", "false"):
            raise VenueRefusal(-1102, name)
        return found.lower() == "true"

    def choice(self, name: str, allowed: tuple[str, ...], *, code: int, default: str = "") -> str:
        """Return one of the allowed words, or refuse with `code`."""
        found = self.optional(name, default) if default else self.text(name)
        if found not in allowed:
            raise VenueRefusal(code)
        return found

    def client_id(self, name: str) -> str:
        """Return a client id, checked for length and letters; "" when it is missing."""
        found = self._values.get(name, "")
        if not found:
            return ""
        if len(found) > CLIENT_ID_LENGTH_MAX:
            raise VenueRefusal(-4015)
        if _CLIENT_ID.fullmatch(found) is None:
            raise VenueRefusal(-1100, name, _CLIENT_ID_RANGE)
        return found


def _number(name: str, found: str) -> Decimal:
    if _NUMBER.fullmatch(found) is None:
        raise VenueRefusal(-1100, name, _NUMBER_RANGE)
    return Decimal(found)
