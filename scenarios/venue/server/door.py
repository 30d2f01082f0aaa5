"""Door: who may use which account of the venue, by API key.

Owns the passes. A closed door knows the keys of an accounts file and checks their signatures and
permissions; an open one lets any key have a funded account of its own and checks no signature.
Accounts are named, since a key must stand in no ledger or log. Refusals are the venue's own: no
key is -2014, an unknown one or one without the permission -2015, a wrong signature -1022.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Protocol

from attrs import field, frozen

from ..refusal import VenueRefusal
from .signatures import Verifier

READ, TRADE, WITHDRAW = "read", "trade", "withdraw"
PERMISSIONS = (READ, TRADE, WITHDRAW)


@frozen
class Pass:
    """What one API key opens."""

    account: str
    key: str = field(repr=False)
    verifier: Verifier | None = field(default=None, repr=False)
    """None for a key whose signatures nobody checks."""
    permissions: frozenset[str] = frozenset((READ, TRADE))
    balance: Decimal | None = None
    """First wallet balance of the account, the venue's usual one for None."""

    @property
    def terms(self) -> dict[str, Any]:
        """The settings in which its account differs from others, at its opening."""
        own: dict[str, Any] = {"permissions": self.permissions}
        return own if self.balance is None else own | {"wallet_balance": self.balance}

    def check(self, method: str) -> None:
        """Refuse a key that may not do this."""
        if (READ if method == "GET" else TRADE) not in self.permissions:
            raise VenueRefusal(-2015, status=401)

    def check_signature(self, payload: bytes, signature: str) -> None:
        """Refuse what the key's holder has not signed."""
        if self.verifier is None:
            return
        if not signature:
            raise VenueRefusal(-1102, "signature")
        if not self.verifier.accepts(payload, signature):
            raise VenueRefusal(-1022)


ACCOUNTS_MAX = 64
"""Accounts of one server: each takes its own look at every market event."""


class TooManyAccountsError(VenueRefusal):
    """No further account can be opened here; the exchange's word for a key that opens nothing."""

    def __init__(self) -> None:
        super().__init__(-2015, status=401)


class Door(Protocol):
    """Finds the pass of a key."""

    def admit(self, key: str) -> Pass:
        """Return a key's pass, or raise VenueRefusal."""
        ...


class OpenDoor:
    """Any key is as good as another."""

    def __init__(self) -> None:
        self._passes: dict[str, Pass] = {}

    def admit(self, key: str) -> Pass:
        """Return the pass of a key, with an account of its own from its first use on."""
        if not key:
            raise VenueRefusal(-2014, status=401)
        found = self._passes.get(key)
        if found is None:
            if len(self._passes) >= ACCOUNTS_MAX:
                raise TooManyAccountsError
            found = self._passes[key] = Pass(f"account-{len(self._passes) + 1}", key)
        return found


class ClosedDoor:
    """Only known keys, as the exchange has it."""

    def __init__(self, passes: Iterable[Pass]) -> None:
        self._passes = {each.key: each for each in passes}

    def admit(self, key: str) -> Pass:
        """Return the pass of a known key."""
        if not key:
            raise VenueRefusal(-2014, status=401)
        found = self._passes.get(key)
        if found is None:
            raise VenueRefusal(-2015, status=401)
        return found
