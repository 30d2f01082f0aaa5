"""Saved: a play as a TOML file that people can read and change.

Owns the form of the messages: the name of the class, then its fields as JSON. Classes are those
that the system names; whatever else a file says is told with its line and the nearest valid names.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attrs import frozen
from cattrs.preconf.json import make_converter

from ...actors.errors import ConfigurationError
from ..files.fields import Reading, Style
from ..files.texts import read_record, write_record
from ..files.values import near
from ..schedules import Deferral, Schedule
from ..simulation import Delivery
from .play import Play, Send, Trouble
from .system import ActorSystem


@frozen(kw_only=True)
class SavedSend:
    """A send as it stands in a file."""

    at_ms: int = 0
    to: str
    message: str


@frozen
class SavedPlay:
    """A play as it stands in a file."""

    seed: int
    delivery: Delivery = Delivery.FIFO
    sends: tuple[SavedSend, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    schedule: Schedule = Schedule.RANDOM
    deferrals: tuple[Deferral, ...] = ()


def write_play(system: ActorSystem, play: Play, *, note: str = "") -> str:
    """Return a play as the text of a file, under a note for people.

    Raises:
        ConfigurationError: A message is of no class that the system names.
    """
    classes = _classes(system)
    sends = tuple(
        SavedSend(at_ms=send.at_ms, to=send.to, message=_written(send.message, classes))
        for send in play.sends
    )
    saved = SavedPlay(play.seed, play.delivery, sends, play.troubles, play.schedule, play.deferrals)
    return write_record(saved, _style(system), note)


def read_play(system: ActorSystem, source: Path | str) -> Play:
    """Return the play of a file (a `Path`) or of a text (a `str`).

    Raises:
        ConfigurationError: All that is wrong in it, each with file and line.
    """
    classes = _classes(system)
    messages: list[Any] = []

    def look(saved: SavedPlay, reading: Reading) -> None:
        for number, send in enumerate(saved.sends):
            try:
                messages.append(_read(send.message, classes))
            except ValueError as error:
                reading.fault(("send", number, "message"), f"message: {error}")

    saved = read_record(SavedPlay, source, _style(system), look)
    sends = tuple(
        Send(send.at_ms, send.to, message)
        for send, message in zip(saved.sends, messages, strict=True)
    )
    return Play(saved.seed, saved.delivery, sends, saved.troubles, saved.schedule, saved.deferrals)


def _style(system: ActorSystem) -> Style:
    actors = tuple(system.actors)
    return Style(words=MappingProxyType({(SavedSend, "to"): actors, (Trouble, "actor"): actors}))


def _classes(system: ActorSystem) -> Mapping[str, type]:
    return {kind.__name__: kind for kind in system.message_classes}


def _written(message: object, classes: Mapping[str, type]) -> str:
    name = type(message).__name__
    if classes.get(name) is not type(message):
        raise ConfigurationError(
            f"{name}: is drawn and not named; give it as one of the system's `messages`"
        )
    return f"{name} {_converter().dumps(message)}"


def _read(text: str, classes: Mapping[str, type]) -> Any:
    name, _, fields = text.partition(" ")
    kind = classes.get(name)
    if kind is None:
        raise ValueError(f"{name!r} is no message; {near(name, classes)}")
    try:
        return _converter().structure(json.loads(fields or "{}"), kind)
    except json.JSONDecodeError as error:
        raise ValueError(f"the fields of {name} are no JSON: {error}") from None
    except Exception as error:  # noqa: BLE001 - whatever the guest's own class raises
        raise ValueError(f"is no {name}: {error}") from None


@cache
def _converter() -> Any:
    # Without detailed validation an error is one sentence instead of a group.
    converter: Any = make_converter(detailed_validation=False, forbid_extra_keys=True)
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, _decimal)
    return converter


def _decimal(value: Any, _kind: type) -> Decimal:
    return Decimal(value)
