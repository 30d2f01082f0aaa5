"""Subscriptions: what a websocket says to choose its streams, and what it is answered.

Owns the words SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY and GET_PROPERTY, and their
errors (websocket market streams page, read 2026-11). Bound: `STREAMS_MAX` streams a websocket.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson

STREAMS_MAX = 1024
INVALID_VALUE, INVALID_REQUEST, INVALID_JSON = 1, 2, 3


class Choice(Protocol):
    """The streams of one websocket."""

    is_combined: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The chosen streams, in the order of their choosing."""
        ...

    def add(self, name: str) -> None:
        """Choose a stream; once more changes nothing."""
        ...

    def remove(self, name: str) -> None:
        """Give a stream up; one that was not chosen changes nothing."""
        ...


class BadWordError(Exception):
    """What a websocket said makes no sense; has the code and says why."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


def obey(text: str, choice: Choice) -> bytes:
    """Do what a websocket says and return its answer."""
    said: Mapping[str, Any] = {}
    try:
        said = _parsed(text)
        result = _result(said, choice)
    except BadWordError as error:
        refused = {"error": {"code": error.code, "msg": error.reason}, "id": said.get("id")}
        return orjson.dumps(refused)
    return orjson.dumps({"result": result, "id": said.get("id")})


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        said: object = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadWordError(INVALID_JSON, f"Invalid JSON: {error}") from error
    if not isinstance(said, dict):
        raise BadWordError(INVALID_REQUEST, "Invalid request: no object")
    return said  # pyright: ignore[reportUnknownVariableType] - the wire has no types


def _result(said: Mapping[str, Any], choice: Choice) -> Any:
    match said.get("method"):
        case "SUBSCRIBE":
            _subscribe(choice, _names(said))
        case "UNSUBSCRIBE":
            for name in _names(said):
                choice.remove(name)
        case "LIST_SUBSCRIPTIONS":
            return list(choice.names)
        case "SET_PROPERTY":
            choice.is_combined = _combined(said.get("params"))
        case "GET_PROPERTY":
            return choice.is_combined
        case other:
            raise BadWordError(INVALID_REQUEST, f"Invalid request: unknown variant `{other}`")
    return None


def _subscribe(choice: Choice, names: list[str]) -> None:
    new = [name for name in names if name not in choice.names]
    if len(choice.names) + len(new) > STREAMS_MAX:
        raise BadWordError(INVALID_REQUEST, f"Invalid request: more than {STREAMS_MAX} streams")
    for name in new:
        choice.add(name)


def _names(said: Mapping[str, Any]) -> list[str]:
    names = said.get("params")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):  # pyright: ignore[reportUnknownVariableType] - the wire has no types
        raise BadWordError(INVALID_REQUEST, "Invalid request: params must be a list of strings")
    return names  # pyright: ignore[reportUnknownVariableType] - the wire has no types


def _combined(params: Any) -> bool:
    match params:
        case ["combined", bool(value)]:
            return value
        case ["combined", _]:
            raise BadWordError(INVALID_VALUE, "Invalid value type: expected Boolean")
        case _:
            raise BadWordError(INVALID_REQUEST, "Invalid request: unknown property")
