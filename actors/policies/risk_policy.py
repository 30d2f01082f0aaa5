"""Risk policy: single settings of the gate that a policy source changes while trading.

Pure. A change names a field of `RiskSettings` and gives its value as text; it applies to new
orders only. What is unknown, unreadable or impossible beside the other settings is refused with
its name, and nothing changes.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from attrs import evolve, fields

from ...messages.values import SignalType
from ..settings import RiskSettings
from .correlation import pairs_of
from .rounding import ZERO, plain
from .sizing import SizeBasis, Sizing
from .wish_rules import MARGIN_TYPES

POSITIVE = (
    "position_size_pct_default",
    "position_size_pct_max",
    "gross_exposure_pct_max",
    "stop_loss_pct_default",
    "risk_per_entry_pct",
    "order_notional_max",
    "correlated_exposure_pct_max",
    "conditional_orders_max",
    "drawdown_pct_max",
    "price_slippage_pct_max",
    "mark_distance_pct_max",
    "leverage",
    "leverage_max",
)
PAIRS = (
    ("position_size_pct_default", "position_size_pct_max"),
    ("position_size_pct_max", "gross_exposure_pct_max"),
    ("stop_loss_pct_default", "stop_loss_pct_max"),
    ("protection_distance_pct_min", "stop_loss_pct_default"),
    ("leverage", "leverage_max"),
)
"""(what must not be above, its bound)."""
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "actions": tuple(SignalType),
        "cooldown_exempt": tuple(signal for signal in SignalType if not signal.is_entry),
        "size_basis": tuple(SizeBasis),
        "sizing": tuple(Sizing),
        "margin_type": MARGIN_TYPES,
    }
)
"""What may stand in a setting that is a word, or a list of words."""


TABLES = ("strategies",)
POLICY_KEYS = tuple(
    attribute.name for attribute in fields(RiskSettings) if attribute.name not in TABLES
)
"""Settings that a policy source may change."""


Value = bool | int | str | Decimal | tuple[str, ...]


class PolicyError(ValueError):
    """A policy change names no setting, or gives it no possible value; says which and why."""

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
    values: dict[str, Any] = {key: _read(settings, key, text) for key, text in policy.items()}
    result = evolve(settings, **values)
    for key, most in PAIRS:
        if getattr(result, key) > getattr(result, most):
            bound = plain(Decimal(getattr(result, most)))
            raise PolicyError(key, f"would be above {most}, {bound}")
    return result


def value_text(settings: RiskSettings, key: str) -> str:
    """Return a setting as a policy source would write it."""
    value: Value = getattr(settings, key)
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value) if isinstance(value, Decimal) else str(value)


def _read(settings: RiskSettings, key: str, text: str) -> Value:
    if key not in {attribute.name for attribute in fields(RiskSettings)}:
        raise PolicyError(key, "is no setting of the risk gate")
    if key in TABLES:
        raise PolicyError(key, "is a table; only the settings of a start change it")
    try:
        value = _convert(getattr(settings, key), text)
    except (ValueError, InvalidOperation) as error:
        raise PolicyError(key, f"cannot be {text!r}") from error
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        if value < ZERO or (key in POSITIVE and value == ZERO):
            raise PolicyError(key, f"cannot be {text!r}, which is too small")
        return value
    if key == "correlations" and isinstance(value, tuple):
        _check_pairs(value)
    words = value if isinstance(value, tuple) else (value,)
    for word in words:
        if word not in WORDS.get(key, words):
            raise PolicyError(key, f"must be one of {', '.join(WORDS[key])}, not {word!r}")
    return value


def _check_pairs(texts: tuple[str, ...]) -> None:
    try:
        pairs_of(texts)
    except (ValueError, ArithmeticError) as error:
        raise PolicyError("correlations", "must be pairs as in BTCUSDT/ETHUSDT=0.8") from error


def _convert(current: Any, text: str) -> Value:
    if isinstance(current, bool):
        return _truth(text.lower())
    if isinstance(current, int):
        return int(text)
    if isinstance(current, Decimal):
        return _finite(Decimal(text))
    if isinstance(current, str):
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError
    return value
