"""Accounts: the file that says which API keys open which accounts of the venue.

Owns its reading: TOML or JSON, a list `accounts` of tables with `key`, one of `secret` (HMAC),
`public_key` (PEM) and `public_key_file`, and, if wanted, `name`, `permissions` (read, trade,
withdraw) and `balance` in USDT. Two keys with one name open one account. All faults of a file are
told at once, in a `ConfigurationError` that names places and never a key or a secret.
"""

import json
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from attrs import define, field

from ....actors.errors import ConfigurationError
from .door import PERMISSIONS, READ, TRADE, Pass
from .signatures import SharedSecret, Verifier, public_key

LISTED = "accounts"
VERIFIERS = ("secret", "public_key", "public_key_file")
FIELDS = ("name", "key", *VERIFIERS, "permissions", "balance")


def read_accounts(path: Path) -> tuple[Pass, ...]:
    """Return the passes of a file; raises `ConfigurationError`."""
    reading = _Reading(path)
    listed = _document(path).get(LISTED)
    if not _is(list, listed) or not listed:
        raise ConfigurationError(f"{path}: has no list `{LISTED}` with at least one account")
    passes = [reading.account(number, row) for number, row in enumerate(listed, start=1)]
    reading.check_keys(passes)
    if reading.faults:
        raise ConfigurationError("; ".join(reading.faults))
    return tuple(passes)


def _document(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        document: Any = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8") from None
    except json.JSONDecodeError as error:
        # Its words without its text, which may hold a secret.
        raise ConfigurationError(f"{path}:{error.lineno}: is no JSON: {error.msg}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: is no TOML: {error}") from None
    return document if _is(dict, document) else {}


@define
class _Reading:
    """One file, account by account."""

    path: Path
    faults: list[str] = field(factory=list[str])
    where: str = ""

    def account(self, number: int, row: Any) -> Pass:
        """Read one account; what is wrong with it is noted."""
        self.where = f"{self.path}: account {number}"
        values: dict[str, Any] = {}
        if _is(dict, row):
            values = row
        else:
            self._wrong("is no table")
        for name in values:
            if name not in FIELDS:
                near = get_close_matches(name, FIELDS, n=1)
                self._wrong(f"has no field {name!r}" + (f"; near: {near[0]}" if near else ""))
        return Pass(
            account=self._text(values, "name", f"account-{number}"),
            key=self._text(values, "key", ""),
            verifier=self._verifier(values),
            permissions=self._permissions(values),
            balance=self._balance(values),
        )

    def check_keys(self, passes: list[Pass]) -> None:
        """Note a key that is missing or opens two accounts."""
        seen: dict[str, int] = {}
        for number, each in enumerate(passes, start=1):
            self.where = f"{self.path}: account {number}"
            if not each.key:
                self._wrong("has no `key`")
            elif each.key in seen:
                self._wrong(f"has the key of account {seen[each.key]}")
            seen.setdefault(each.key, number)

    def _wrong(self, what: str) -> None:
        self.faults.append(f"{self.where} {what}")

    def _text(self, values: Mapping[str, Any], name: str, usual: str) -> str:
        value = values.get(name, usual)
        if isinstance(value, str):
            return value
        self._wrong(f"`{name}` is no text")
        return usual

    def _verifier(self, values: Mapping[str, Any]) -> Verifier:
        given = [name for name in VERIFIERS if name in values]
        if len(given) != 1:
            self._wrong(f"needs exactly one of {', '.join(VERIFIERS)}")
            return SharedSecret(b"")
        text = self._text(values, given[0], "")
        if given[0] == "secret":
            return SharedSecret(text.encode())
        try:
            pem = (self.path.parent / text).read_text() if given[0] == "public_key_file" else text
            return public_key(pem)
        except (OSError, ValueError):
            self._wrong(f"`{given[0]}` is no public key of RSA or Ed25519 in PEM")
            return SharedSecret(b"")

    def _permissions(self, values: Mapping[str, Any]) -> frozenset[str]:
        found = values.get("permissions", [READ, TRADE])
        named = {str(each) for each in found} if _is(list, found) else {str(found)}
        if not named <= set(PERMISSIONS):
            self._wrong(f"`permissions` is a list of {', '.join(PERMISSIONS)}")
        return frozenset(named)

    def _balance(self, values: Mapping[str, Any]) -> Decimal | None:
        found = values.get("balance")
        if found is None:
            return None
        try:
            balance = Decimal(str(found))
        except InvalidOperation:
            balance = Decimal(-1)
        if not (balance.is_finite() and balance >= 0):
            self._wrong("`balance` is a number of USDT from 0 on")
        return balance


def _is(kind: type, value: object) -> bool:
    return isinstance(value, kind)
