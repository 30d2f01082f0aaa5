"""Differences: where two JSON values part, in words for people.

Owns the path to a first difference and the shortening of long values; pure.
"""

from typing import Any, TypeGuard

from ...messages.codec import Codec, CodecError, Json, dumps, loads

VALUE_CHARS_MAX = 400
MISSING = "none"


def first_difference(recorded: Any, computed: Any) -> tuple[str, Any, Any]:
    """Return the path to the first place where two JSON values differ, and both sides there."""
    pair: tuple[str, Any, Any] | None = None
    if _is_object(recorded) and _is_object(computed):
        pair = _differing_key(recorded, computed)
    elif _is_array(recorded) and _is_array(computed):
        pair = _differing_place(recorded, computed)
    if pair is None:
        return "", recorded, computed
    step, left, right = pair
    path, left, right = first_difference(left, right)
    return f"{step}{path}", left, right


def current(codec: Codec, value: Any) -> Any:
    """Return a recorded value with every message in it brought up to today's version."""
    if _is_array(value):
        return [current(codec, each) for each in value]
    if not _is_object(value):
        return value
    if "t" in value:
        return _current_message(codec, value)
    return {key: current(codec, each) for key, each in value.items()}


def as_text(value: object) -> str:
    """Return a value as JSON text, shortened."""
    text = value if isinstance(value, str) else dumps(value).decode()
    return text if len(text) <= VALUE_CHARS_MAX else text[:VALUE_CHARS_MAX] + "..."


def _is_object(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _is_array(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _differing_key(recorded: Json, computed: Json) -> tuple[str, Any, Any] | None:
    for key in {**recorded, **computed}:
        left, right = recorded.get(key, MISSING), computed.get(key, MISSING)
        if left != right:
            return f".{key}", left, right
    return None


def _differing_place(recorded: list[Any], computed: list[Any]) -> tuple[str, Any, Any] | None:
    for index in range(max(len(recorded), len(computed))):
        left = recorded[index] if index < len(recorded) else MISSING
        right = computed[index] if index < len(computed) else MISSING
        if left != right:
            return f"[{index}]", left, right
    return None


def _current_message(codec: Codec, value: Json) -> Json:
    try:
        upcast: Json = loads(dumps(codec.encode(codec.decode(value))))
    except CodecError:
        return value
    return upcast
