"""New order: the options of `order new` become the message that the engine takes.

Owns the words of the options; their values are read as those of every other wish, by
`signal_fields`, so that a number never was a float. A person's order is MANUAL: every rule but the
scores of signals judges it.
"""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import click

from ....messages.codec import Codec, dumps
from ....messages.intake import SubmitSignal
from ....messages.values import SignalSource
from ..json_text import Number
from ..signal_fields import BadFields, wish_of

WHOLE = ("leverage_max", "expires_at_ms")
OPTIONS: Mapping[str, str] = {
    "symbol": "--symbol",
    "side": "--side",
    "direction": "--close",
    "signal": "--close",
    "quantity": "--quantity",
    "order_type": "--type",
    "price": "--price",
    "stop_loss": "--stop-loss",
    "take_profit": "--take-profit",
    "time_in_force": "--time-in-force",
    "leverage_max": "--leverage-max",
    "strategy": "--strategy",
    "signal_id": "--id",
    "client_tag": "--tag",
}
"""Field of a signal -> the option that says it."""


def wish(options: Mapping[str, Any]) -> SubmitSignal:
    """Return the message of options; raises a usage error with every fault."""
    given = {name: value for name, value in options.items() if value is not None}
    close = given.pop("close", None)
    if close is not None:
        given |= {"signal": "CLOSE", "direction": close}
    if "side" not in given and close is None:
        raise click.UsageError("say --side long or short to open, or --close long or short")
    if "side" in given and close is not None:
        raise click.UsageError("--side opens and --close closes; say one of them")
    line: dict[str, Any] = {
        "signal_id": new_signal_id(),
        "at_ms": Number(str(time.time_ns() // 1_000_000)),
        "source": SignalSource.MANUAL.value,
        **{name: Number(str(each)) if name in WHOLE else each for name, each in given.items()},
    }
    try:
        found = wish_of(line)
    except BadFields as bad:
        faults = [f"{OPTIONS.get(each.name, each.name)} {each.reason}" for each in bad.faults]
        raise click.UsageError("; ".join(faults)) from None
    assert isinstance(found, SubmitSignal)
    return found


def new_signal_id() -> str:
    """Return an id that sorts by time and is nobody else's."""
    return f"cli-{time.time_ns() // 1_000_000}-{uuid4().hex[:8]}"


def as_sent(codec: Codec, signal: SubmitSignal) -> str:
    """Return the exact message, as the engine takes and records it."""
    return dumps(codec.encode(signal)).decode()


def as_body(signal: SubmitSignal) -> dict[str, Any]:
    """Return the same wish as a body of the API."""
    import attrs

    from ..records.audit_lines import value_of

    default = {each.name: each.default for each in attrs.fields(SubmitSignal)}
    told = {name: getattr(signal, name) for name in default}
    return {name: value_of(each) for name, each in told.items() if each != default[name]}
