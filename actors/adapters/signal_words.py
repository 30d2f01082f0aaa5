"""Signal words: other names for what a signal wishes, and what of them contradicts itself.

Owns the table of names (C-32). Words count in any case. `action` and `agent_action` stand for
`signal`, `decision_confidence` for `confidence`, `position_size_qty` and ccxt's `amount` for
`quantity`, its `type` for `order_type`, `mark_price` for the `price` that a market order is
measured from, `leverage` for `leverage_max`; `side` is that of the order, `direction` that of the
position. A wish may be named by its side or its direction alone; where two of them disagree the
line is refused. Pure.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...messages.values import Side, SignalType

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "action": "signal",
        "agent_action": "signal",
        "decision_confidence": "confidence",
        "position_size_qty": "quantity",
        "amount": "quantity",
        "type": "order_type",
        "mark_price": "price",
        "leverage": "leverage_max",
    }
)
"""Other name of a field -> the field."""
WORDS = ("signal", "order_type", "time_in_force", "position_side", "working_type", "price_match")
"""Fields whose words are spelled in capitals, and count in any case."""
SIDES: Mapping[str, Side] = MappingProxyType(
    {"BUY": Side.BUY, "LONG": Side.BUY, "SELL": Side.SELL, "SHORT": Side.SELL}
)
SHOWN_MAX = 80
DIRECTIONS = ("LONG", "SHORT")
ENTRIES: Mapping[str, SignalType] = MappingProxyType(
    {
        "LONG": SignalType.LONG_ENTRY,
        "BUY": SignalType.LONG_ENTRY,
        "SHORT": SignalType.SHORT_ENTRY,
        "SELL": SignalType.SHORT_ENTRY,
    }
)
CLOSE = "CLOSE"
CLOSED_BY: Mapping[str, str] = MappingProxyType({"SELL": "LONG", "BUY": "SHORT"})
"""Side of an order -> the position that it closes; a `side` of LONG may mean either."""
CLOSES: Mapping[str, SignalType] = MappingProxyType(
    {"LONG": SignalType.CLOSE_LONG, "SHORT": SignalType.CLOSE_SHORT}
)
MEANS: Mapping[SignalType, tuple[Side, str]] = MappingProxyType(
    {
        SignalType.LONG_ENTRY: (Side.BUY, "LONG"),
        SignalType.SHORT_ENTRY: (Side.SELL, "SHORT"),
        SignalType.CLOSE_LONG: (Side.SELL, "LONG"),
        SignalType.CLOSE_SHORT: (Side.BUY, "SHORT"),
    }
)
"""Wish -> the side of its order, and the position that it means; a half means either."""


class BadField(ValueError):
    """A line that says nothing usable: which field, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def in_our_words(data: Mapping[str, Any], faults: list[BadField]) -> dict[str, Any]:
    """Return a signal's fields under their own names and words; adds what is wrong to `faults`."""
    named = _named(data, faults)
    for name in WORDS:
        if isinstance(named.get(name), str):
            named[name] = named[name].upper()
    if isinstance(named.get("source"), str):
        named["source"] = named["source"].lower()
    side = _word(named, "side", SIDES, faults)
    direction = _word(named, "direction", DIRECTIONS, faults)
    if named.get("signal") == CLOSE and not direction:
        direction = CLOSED_BY.get(side, "")
        if not direction:
            faults.append(BadField("signal", "CLOSE needs a direction, LONG or SHORT"))
            del named["signal"]
            return named
    if "mark_price" in data and named.get("order_type") == "LIMIT":
        faults.append(BadField("mark_price", "is no limit price: say `price`"))
    wish = _wish(named.get("signal"), side, direction)
    if wish is not None:
        named["signal"] = wish.value
        _note_contradiction(wish, side, direction, faults)
    if direction and wish is SignalType.REDUCE_50:
        named.setdefault("position_side", direction)
    return named


def _named(data: Mapping[str, Any], faults: list[BadField]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, value in data.items():
        field = NAMES.get(name, name)
        if field in named:
            reason = f"stands for {field}, which the line names already"
            faults.append(BadField(name, reason))
        else:
            named[field] = value
    return named


def _word(
    named: dict[str, Any],
    name: str,
    words: Mapping[str, Side] | tuple[str, ...],
    faults: list[BadField],
) -> str:
    """Take a field that is no field of ours out of the line; empty where it says nothing."""
    if name not in named:
        return ""
    value = named.pop(name)
    word = value.upper() if isinstance(value, str) else ""
    if word not in words:
        shown = repr(value)[:SHOWN_MAX]
        faults.append(BadField(name, f"must be one of {', '.join(words)}, not {shown}"))
        return ""
    return word


def _wish(signal: Any, side: str, direction: str) -> SignalType | None:
    """Return what is wished for; None for a word that is nobody's, which its reader refuses."""
    if signal is None:
        return ENTRIES.get(side or direction)
    if signal == CLOSE:
        return CLOSES[direction]
    known = {each.value: each for each in SignalType}
    return known.get(signal) or ENTRIES.get(signal) if isinstance(signal, str) else None


def _note_contradiction(
    wish: SignalType, side: str, direction: str, faults: list[BadField]
) -> None:
    if wish not in MEANS:
        return
    own_side, own_direction = MEANS[wish]
    if side and SIDES[side] is not own_side:
        reason = f"{side} contradicts {wish.value}, whose order is a {own_side}"
        faults.append(BadField("side", reason))
    if direction not in ("", own_direction):
        faults.append(BadField("direction", f"{direction} contradicts {wish.value}"))
