"""Trail words: messages, facts and waits of an order's life in few words.

Pure, over JSON values, so that a class of another version can still be read by a person. What the
whole trail says already (its id, its symbol) is left out of every line.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from ....messages.codec import Json
from ...names import EXECUTION_SYSTEM, LANES
from ..record_lines import bare_tag, short, shortened

TEXT_MAX = 160
DULL = frozenset(
    {
        "t",
        "client_order_id",
        "intent_id",
        "signal_id",
        "symbol",
        "strategy",
        "working_type",
        "position_side",
        "source",
        "model_version",
        "permit",
        "permit_id",
        "token",
        "call_id",
        "by_symbol",
        "at_ns",
        "priority",
        "sent_at_ns",
        "sent_at_ms",
        "expires_at_ns",
    }
)
"""Fields that every line of a trail would repeat, or that no person reads."""
EMPTY: tuple[Any, ...] = ("", None, False, "0", 0, [], {}, -1)

WAITS: Mapping[str, str] = {
    "ActorStarted": "a restart",
    "ApprovalRenewed": "a new approval",
    "AttemptEnded": "the venue",
    "DeadlineDue": "its deadline",
    "DirectiveDue": "a directive",
    "Fenced": "the lane",
    "FillsDue": "fills",
    "OrderFrame": "the stream",
    "OrderReleased": "its turn",
    "OrderReported": "the stream",
    "PermitGranted": "a permit",
    "PermitRefused": "a permit",
    "QueryDue": "the next question",
    "RedeliverDue": "a backoff",
    "RetryDirective": "a directive",
    "RunNext": "the engine to be ready",
    "UnresolvedDue": "evidence",
}
"""Message -> what was waited for until it came."""


def name_of(message: Json) -> str:
    """Return a message's class without the actor that owns it."""
    return bare_tag(message).rpartition("/")[2]


def waited_for(message: str) -> str:
    """Return what a step waited for, empty where its message does not say."""
    return WAITS.get(message, "")


def message_text(message: Json) -> str:
    """Return what a message says, shortly."""
    return shortened(" ".join(_pairs(message)), TEXT_MAX)


def fact_text(fact: Json) -> str:
    """Return a fact's name, and its events, number or reason where it has them."""
    words = [name_of(fact), *fact.get("events", ())]
    words += [str(fact[key]) for key in ("attempt", "reason") if fact.get(key) not in EMPTY]
    return " ".join(words)


def sent_text(told: Json) -> str:
    """Return what left the core: an event, or a request with the lane that carries it."""
    message = told["msg"]
    name, to = name_of(message), str(told["to"])
    if to in LANES and "call" in message:
        return f"{name_of(message['call'])} over {to}"
    return name


def is_about_directly(message: Any, names: frozenset[str]) -> bool:
    """Tell whether a message names one of these outside of any list."""
    if isinstance(message, str):
        return message in names or message.rstrip("0123456789")[:-1] in names
    if _is_object(message):
        return any(is_about_directly(each, names) for each in message.values())
    return False


def speaker(record: Json) -> str:
    """Return who told a record's message, for people."""
    if record["from"]:
        return str(record["from"])
    return "host" if record["actor"] == EXECUTION_SYSTEM else ""


def _pairs(message: Json) -> Iterator[str]:
    for key, value in message.items():
        if key in DULL or value in EMPTY:
            continue
        if _is_object(value):
            inner = " ".join(_pairs(value))
            name = name_of(value) if "t" in value else key
            if inner:
                yield f"{name}({inner})"
        elif _is_list(value) and any(map(_is_object, value)):
            yield f"{key}=[{len(value)}]"
        else:
            yield f"{key}={short(value)}"


def _is_object(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
