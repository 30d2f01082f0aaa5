"""Codec: one converter between messages and JSON, for the journal, the bus and the wires.

Owns the catalogue: every message's stable tag and version. A tag is the name in the catalogue,
never a module path; fields are only added, with defaults; a change of meaning is a new message or
a new version with an upcaster (`upcasts.py`), and what is read is always of today's version.
Decimals travel as text and a JSON number is refused in their place, because a float near money is
a bug (cattrs has no Decimal hook of its own).
"""

import types
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from typing import Any, Union, get_args, get_origin

import attrs
import orjson
from cattrs.preconf.orjson import make_converter

from . import (
    account,
    algorithms,
    control,
    events,
    failure,
    instruments,
    intake,
    lifecycle,
    listen_key,
    market,
    orders,
    outcomes,
    plans,
    positions,
    queries,
    reconciliation,
    stream,
    venue,
    vitals,
)
from .encoders import Encoder, encoder_of, written_fields
from .upcasts import UPCASTERS, VERSIONS, Upcaster

Json = dict[str, Any]

STATE = "state"
"""Name of an actor's state among its tags; no message is called so."""

CATALOGUE: tuple[types.ModuleType, ...] = (
    intake,
    queries,
    vitals,
    events,
    outcomes,
    orders,
    venue,
    instruments,
    failure,
    control,
    market,
    stream,
    listen_key,
    account,
    positions,
    reconciliation,
    lifecycle,
    plans,
    algorithms,
)


class CodecError(ValueError):
    """A JSON object is not the message it claims to be; says which tag and why."""

    def __init__(self, tag: str, reason: str) -> None:
        super().__init__(tag, reason)
        self.tag = tag
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.tag}: {self.reason}"


class UnknownMessage(CodecError):
    """The label names a message or a version that this code lacks: a newer log's, mostly."""


def catalogue_classes() -> dict[str, type]:
    """Return every public message class by its tag."""
    return {
        name: value
        for module in CATALOGUE
        for name, value in vars(module).items()
        if isinstance(value, type) and attrs.has(value) and value.__module__ == module.__name__
    }


class Codec:
    """Messages to JSON objects and back; `private` adds an actor's own ticks and facts."""

    def __init__(
        self,
        private: Iterable[tuple[str, type]] = (),
        *,
        versions: Mapping[str, int] = VERSIONS,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    ) -> None:
        classes = catalogue_classes()
        for tag, cls in private:
            if tag in classes:
                raise CodecError(tag, "is in the catalogue twice")
            classes[tag] = cls
        self.classes: Mapping[str, type] = classes
        self._upcasters = upcasters
        self._state_versions = {tag: each for tag, each in versions.items() if _is_state(tag)}
        self._versions = {tag: versions.get(tag, 1) for tag in classes}
        self._labels = {cls: f"{tag}.v{self._versions[tag]}" for tag, cls in classes.items()}
        self._by_label = {self._labels[cls]: cls for cls in classes.values()}
        self._converter: Any = make_converter(detailed_validation=False, forbid_extra_keys=True)
        self._encoders: dict[type, Encoder] = {}
        _register_values(self._converter)
        self._converter.register_unstructure_hook_func(_is_message_union, self._encode_optional)
        self._converter.register_structure_hook_func(_is_message_union, self._decode_optional)

    def label(self, message: object) -> str:
        """Return the tag with its version, e.g. `SubmitSignal.v1`."""
        return self._labels[type(message)]

    def encode(self, message: object) -> Json:
        """Return the message as a JSON object whose first key `t` is its label.

        A field at its default is left out; the schema's lock keeps the defaults of each version.
        """
        encoder = self._encoders.get(type(message)) or self._encoder(type(message))
        return encoder(message)

    def decode(self, data: Json) -> Any:
        """Return the message of a JSON object; raises `CodecError` naming the tag."""
        label = str(data.get("t", ""))
        cls = self._by_label.get(label)
        fields = {key: value for key, value in data.items() if key != "t"}
        if cls is None:
            label, cls, fields = self._upcast(label, fields)
        try:
            message: Any = self._converter.structure(fields, cls)
        except Exception as error:
            raise CodecError(label, _explain(error)) from error
        return message

    def whole(self, value: object) -> Any:
        """Return a message or a state as JSON values with all its fields, for people."""
        return self._whole.unstructure(value)

    def encode_state(self, state: object) -> Any:
        """Return an actor's state as JSON values."""
        return self._converter.unstructure(state)

    def decode_state(self, data: Any, cls: type) -> Any:
        """Return an actor's state of class `cls`."""
        state: Any = self._converter.structure(data, cls)
        return state

    def state_version(self, actor: str) -> int:
        """Return the version of an actor's state, as it is written."""
        return self._state_versions.get(state_tag(actor), 1)

    def current_state(self, actor: str, data: Any, version: int) -> Any:
        """Return a state that was written at a version as today's has it; raises `CodecError`."""
        return self._lifted(state_tag(actor), data, version, self.state_version(actor))

    def fingerprints(self) -> dict[str, str]:
        """Return label -> the class's fields with types and defaults, for the schema lock."""
        return dict(self._fingerprints)

    @cached_property
    def _fingerprints(self) -> dict[str, str]:
        return {self._labels[cls]: _fingerprint(cls) for cls in self.classes.values()}

    def _encoder(self, cls: type) -> Encoder:
        if cls not in self._labels:
            raise CodecError(cls.__name__, "is not in the message catalogue")
        hook_of = self._converter.get_unstructure_hook
        encoder = self._encoders[cls] = encoder_of(cls, hook_of, self._labels[cls])
        return encoder

    def _upcast(self, label: str, fields: Json) -> tuple[str, type, Json]:
        tag, _, version_text = label.rpartition(".v")
        if tag not in self.classes or not version_text.isdigit():
            raise UnknownMessage(label or "(no tag)", "is unknown to this version of Callboard")
        today = self._versions[tag]
        fields = self._lifted(tag, fields, int(version_text), today)
        return f"{tag}.v{today}", self.classes[tag], fields

    def _lifted(self, tag: str, fields: Json, version: int, today: int) -> Json:
        label = f"{tag}.v{version}"
        if version > today:
            raise UnknownMessage(label, f"is newer than the version {today} known here")
        for step in range(version, today):
            upcaster = self._upcasters.get((tag, step))
            if upcaster is None:
                raise UnknownMessage(label, f"has no way up from version {step}")
            try:
                fields = upcaster(fields)
            except Exception as error:
                raise CodecError(label, f"cannot be brought up: {error!r}") from error
        return fields

    @cached_property
    def _whole(self) -> Any:
        converter: Any = make_converter(detailed_validation=False)
        _register_values(converter, whole=True)
        converter.register_unstructure_hook_func(_is_message_union, self._whole_optional)
        return converter

    def _whole_optional(self, value: Any) -> Any:
        return None if value is None else {"t": self.label(value), **self.whole(value)}

    def _encode_optional(self, value: Any) -> Any:
        return None if value is None else self.encode(value)

    def _decode_optional(self, value: Any, _cls: Any) -> Any:
        return None if value is None else self.decode(value)


def state_tag(actor: str) -> str:
    """Return the tag under which versions of an actor's state are counted."""
    return f"{actor}/{STATE}"


def _is_state(tag: str) -> bool:
    return tag.endswith(f"/{STATE}")


def deep_fingerprint(cls: type) -> str:
    """Return a class's fields, and those of every class of ours in them: what a state is."""
    seen: dict[type, str] = {}
    waiting = [cls]
    while waiting:
        each = waiting.pop()
        if each not in seen:
            seen[each] = _fingerprint(each)
            waiting += _classes_in(field.type for field in written_fields(each))
    inner = sorted(f"{each.__name__}({text})" for each, text in seen.items() if each is not cls)
    return "; ".join([seen[cls], *inner])


def dumps(data: Any) -> bytes:
    """Return one line of JSON without its end of line."""
    return orjson.dumps(data)


def loads(line: bytes | str) -> Any:
    """Return the value of one line of JSON; raises `ValueError` where it is none."""
    return orjson.loads(line)


def decimal_from_text(value: Any, _cls: Any = Decimal) -> Decimal:
    """Return the Decimal of a text; anything but text is refused, floats above all."""
    if not isinstance(value, str):
        raise CodecError("Decimal", f"must be text, not {value!r}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise CodecError("Decimal", f"cannot read {value!r}") from error
    if not number.is_finite():
        raise CodecError("Decimal", f"must be finite, not {value!r}")
    return number


def _register_values(converter: Any, *, whole: bool = False) -> None:
    def plain(cls: type) -> Encoder:
        return encoder_of(cls, converter.get_unstructure_hook, whole=whole)

    converter.register_unstructure_hook_factory(attrs.has, plain)
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, decimal_from_text)
    # As plain text: orjson asks a member for its `value`, which is a property written in Python.
    converter.register_unstructure_hook_func(_is_text_enum, str)
    # By class: cattrs asks its own converting hooks of int, str and bool before any predicate.
    # The hook of the nearest class counts, so text enumerations have theirs before that of str.
    converter.register_structure_hook(int, _integer)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _boolean)
    converter.register_structure_hook(StrEnum, _member)


def _integer(value: Any, _cls: Any) -> int:
    if type(value) is not int:
        raise CodecError("int", f"must be a whole number, not {value!r}")
    return value


def _text(value: Any, _cls: Any) -> str:
    if not isinstance(value, str):
        raise CodecError("str", f"must be text, not {value!r}")
    return value


def _boolean(value: Any, _cls: Any) -> bool:
    if not isinstance(value, bool):
        raise CodecError("bool", f"must be true or false, not {value!r}")
    return value


def _member(value: Any, cls: Any) -> StrEnum:
    try:
        member: StrEnum = cls(value)
    except ValueError as error:
        raise CodecError(cls.__name__, f"has no {value!r}") from error
    return member


def _is_text_enum(cls: Any) -> bool:
    return isinstance(cls, type) and issubclass(cls, StrEnum)


def _is_message_union(cls: Any) -> bool:
    if get_origin(cls) not in (Union, types.UnionType):
        return False
    members = [member for member in get_args(cls) if member is not type(None)]
    return len(members) > 1 and all(attrs.has(member) for member in members)


def _classes_in(annotations: Iterable[Any]) -> list[type]:
    found: list[type] = []
    for annotation in annotations:
        if isinstance(annotation, type) and attrs.has(annotation):
            found.append(annotation)
        else:
            found += _classes_in(get_args(annotation))
    return found


def _fingerprint(cls: type) -> str:
    attrs.resolve_types(cls)
    parts: list[str] = []
    for attribute in written_fields(cls):
        default = "" if attribute.default is attrs.NOTHING else f" = {attribute.default!r}"
        parts.append(f"{attribute.name}: {_type_name(attribute.type)}{default}")
    return "; ".join(parts)


def _type_name(annotation: Any) -> str:
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    text = str(annotation)
    for argument in get_args(annotation):
        if isinstance(argument, type):
            text = text.replace(f"{argument.__module__}.{argument.__qualname__}", argument.__name__)
    return text.replace("typing.", "").replace("callboard.messages.", "")


def _explain(error: Exception) -> str:
    return str(error) or type(error).__name__
