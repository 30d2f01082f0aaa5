"""Risk policy: single settings of the gate that a policy source changes while trading.

Pure. A change names a field of `RiskSettings` and gives its value as text; it applies to new
orders only. What is unknown or unreadable is refused with its name, and nothing changes.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from attrs import evolve, fields

from ..settings import RiskSettings


class PolicyError(ValueError):
    """A policy change names no setting, or gives it no value; says which."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.key}: {self.reason}"


def changed(settings: RiskSettings, policy: Mapping[str, str]) -> RiskSettings:
    """Return the settings under a policy; raises `PolicyError` naming the first bad key."""
    if not policy:
        return settings
    return evolve(settings, **{key: _read(settings, key, text) for key, text in policy.items()})


def _read(settings: RiskSettings, key: str, text: str) -> Any:
    if key not in {attribute.name for attribute in fields(RiskSettings)}:
        raise PolicyError(key, "is no setting of the risk gate")
    current = getattr(settings, key)
    try:
        return _convert(current, text)
    except (ValueError, InvalidOperation) as error:
        raise PolicyError(key, f"cannot be {text!r}") from error


def _convert(current: Any, text: str) -> Any:
    if isinstance(current, bool):
        return {"true": True, "false": False}[text.lower()] if text.lower() in _BOOLS else _bad()
    if isinstance(current, int):
        return int(text)
    if isinstance(current, Decimal):
        return Decimal(text)
    return tuple(part.strip() for part in text.split(",") if part.strip())


_BOOLS = ("true", "false")


def _bad() -> Any:
    raise ValueError("true or false")
