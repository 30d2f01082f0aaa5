"""FrameFaults: frames that a client was not made for, made out of those that it knows.

Pure: each function returns a new frame. They stand for what the venue adds without a word: an
event type, a status, a field that moved.
"""

from collections.abc import Mapping
from typing import Any

Frame = Mapping[str, Any]
UNKNOWN_EVENT, UNKNOWN_STATUS = "SOMETHING_NEW_UPDATE", "SOMETHING_NEW"
EXPIRED_KEY = "expired"
"""Stands for the living key, which only who owns it can name."""


def unknown_event(frame: Frame) -> dict[str, Any]:
    """Return an event of a type that no document names, of the same time."""
    at_ms = frame.get("E", 0)
    return {"e": UNKNOWN_EVENT, "E": at_ms, "T": at_ms, "n": {"s": "ETHUSDT", "v": "1"}}


def listen_key_expired(frame: Frame) -> dict[str, Any]:
    """Return the venue's word that the listen key of this stream is over."""
    return {"e": "listenKeyExpired", "E": frame.get("E", 0), "listenKey": EXPIRED_KEY}


def with_unknown_status(frame: Frame) -> dict[str, Any]:
    """Return an order's frame with a status that no document names; others as they are."""
    order = frame.get("o")
    if not isinstance(order, dict) or "X" not in order:
        return dict(frame)
    return {**frame, "o": {**order, "X": UNKNOWN_STATUS}}


def unreadable(frame: Frame) -> dict[str, Any]:
    """Return a frame of a known type whose fields are not where they were."""
    return {"e": frame.get("e"), "E": frame.get("E", 0), "data": "moved"}
