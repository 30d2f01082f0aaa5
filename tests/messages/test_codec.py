"""Codec: every message survives the journal, and what is no message is refused with its tag."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from callboard.messages.codec import (
    Codec,
    CodecError,
    UnknownMessage,
    catalogue_classes,
    decimal_from_text,
    dumps,
    loads,
)
from callboard.messages.intake import HaltTrading
from callboard.messages.upcasts import VERSIONS
from callboard.messages.values import PositionSide
from callboard.scenarios.strategies import messages
from support.samples import sample

CODEC = Codec()
CLASSES = sorted(catalogue_classes().items())


@pytest.mark.parametrize(("tag", "cls"), CLASSES, ids=[tag for tag, _ in CLASSES])
@given(data=st.data())
@settings(max_examples=8)
def test_every_message_comes_back_from_json_as_it_was(
    tag: str, cls: type[object], data: st.DataObject
) -> None:
    message = data.draw(messages(cls))

    line = dumps(CODEC.encode(message))
    back = CODEC.decode(loads(line))

    assert message == back
    assert type(message) is type(back)
    assert line == dumps(CODEC.encode(back))
    assert label_of(tag) == CODEC.label(message)


@pytest.mark.parametrize(("tag", "cls"), CLASSES, ids=[tag for tag, _ in CLASSES])
def test_the_first_key_of_every_message_is_its_label(tag: str, cls: type) -> None:
    assert ("t", label_of(tag)) == next(iter(CODEC.encode(sample(cls)).items()))


def label_of(tag: str) -> str:
    return f"{tag}.v{VERSIONS.get(tag, 1)}"


HALT: dict[str, Any] = {"t": "HaltTrading.v1", "command_id": "c1", "reason": "drill"}


def test_a_field_with_a_default_may_be_missing() -> None:
    assert HaltTrading("c1", "drill", "operator") == CODEC.decode(HALT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"t": "Nonsense.v1"}, "Nonsense.v1: is unknown to this version"),
        ({"t": "HaltTrading"}, "HaltTrading: is unknown to this version"),
        ({"t": "HaltTrading.vx"}, "HaltTrading.vx: is unknown to this version"),
        ({"t": ""}, r"\(no tag\): is unknown to this version"),
        ({"t": "HaltTrading.v2"}, "HaltTrading.v2: is newer than the version 1"),
        ({"t": "HaltTrading.v0"}, "HaltTrading.v0: has no way up from version 0"),
        ({"extra": 1}, "HaltTrading.v1: .*extra"),
        ({"reason": 5}, "HaltTrading.v1: .*must be text, not 5"),
        ({"reason": None}, "HaltTrading.v1: .*must be text, not None"),
    ],
)
def test_what_is_no_message_of_this_version_is_refused_with_its_tag(
    change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CodecError, match=reason):
        CODEC.decode({**HALT, **change})


def test_a_missing_field_is_refused_with_the_tag() -> None:
    with pytest.raises(CodecError, match=r"HaltTrading\.v1: "):
        CODEC.decode({"t": "HaltTrading.v1", "command_id": "c1"})


def test_an_object_without_a_tag_is_refused() -> None:
    with pytest.raises(CodecError, match="no tag"):
        CODEC.decode({"command_id": "c1"})


@frozen
class Priced:
    """A message with every plain type."""

    price: Decimal
    count: int
    is_open: bool
    side: PositionSide


PRICED: dict[str, Any] = {
    "t": "Priced.v1",
    "price": "1.50",
    "count": 3,
    "is_open": True,
    "side": "BOTH",
}
PLAIN = Codec([("Priced", Priced)])


def test_a_decimal_keeps_its_digits() -> None:
    message = PLAIN.decode(PRICED)

    assert "1.50" == str(message.price)
    assert PRICED == PLAIN.encode(message)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"price": 1.5}, r"must be text, not 1\.5"),
        ({"price": 1}, "must be text, not 1"),
        ({"price": "NaN"}, "must be finite"),
        ({"price": "Infinity"}, "must be finite"),
        ({"price": "one"}, "cannot read 'one'"),
        ({"count": 3.0}, "must be a whole number, not 3.0"),
        ({"count": "3"}, "must be a whole number, not '3'"),
        ({"count": True}, "must be a whole number, not True"),
        ({"is_open": 1}, "must be true or false, not 1"),
        ({"side": "UP"}, "UP"),
    ],
)
def test_a_value_of_another_type_is_refused_and_never_converted(
    change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CodecError, match=reason):
        PLAIN.decode({**PRICED, **change})


@pytest.mark.parametrize("number", [1.5, 1, None, b"1"])
def test_a_decimal_is_read_from_text_alone(number: object) -> None:
    with pytest.raises(CodecError, match="must be text"):
        decimal_from_text(number)


def test_a_class_outside_the_catalogue_cannot_be_encoded() -> None:
    with pytest.raises(CodecError, match="Priced: is not in the message catalogue"):
        CODEC.encode(Priced(Decimal(1), 1, is_open=True, side=PositionSide.BOTH))


def test_a_tag_is_given_once() -> None:
    with pytest.raises(CodecError, match="HaltTrading: is in the catalogue twice"):
        Codec([("HaltTrading", Priced)])


@frozen
class Moved:
    """Version 3 of a message that began as a single number."""

    meters: int
    direction: str
    by: str


UPCASTING = Codec(
    [("Moved", Moved)],
    versions={"Moved": 3},
    upcasters={
        ("Moved", 1): lambda old: {"meters": old["steps"] * 2, "direction": "north"},
        ("Moved", 2): lambda old: {**old, "by": "foot"},
    },
)


@pytest.mark.parametrize(
    "data",
    [
        {"t": "Moved.v1", "steps": 5},
        {"t": "Moved.v2", "meters": 10, "direction": "north"},
        {"t": "Moved.v3", "meters": 10, "direction": "north", "by": "foot"},
    ],
)
def test_an_old_version_is_brought_up_step_by_step(data: dict[str, Any]) -> None:
    assert Moved(10, "north", "foot") == UPCASTING.decode(data)


def test_what_is_written_has_the_version_of_today() -> None:
    assert "Moved.v3" == UPCASTING.encode(Moved(1, "east", "car"))["t"]


def test_a_version_without_an_upcaster_says_so() -> None:
    codec = Codec([("Moved", Moved)], versions={"Moved": 3})

    with pytest.raises(CodecError, match=r"Moved\.v1: has no way up from version 1"):
        codec.decode({"t": "Moved.v1", "steps": 5})


def test_old_fields_that_a_step_cannot_bring_up_are_refused_with_the_label() -> None:
    with pytest.raises(CodecError, match=r"Moved\.v1: cannot be brought up: KeyError\('steps'\)"):
        UPCASTING.decode({"t": "Moved.v1", "paces": 5})


@pytest.mark.parametrize("label", ["Moved.v4", "Nonsense.v1", "Moved"])
def test_a_label_that_this_version_lacks_is_an_unknown_message(label: str) -> None:
    with pytest.raises(UnknownMessage, match=label):
        UPCASTING.decode({"t": label})


def test_a_line_that_is_no_json_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="unexpected"):
        loads(b"{")


def test_a_state_comes_back_as_it_was() -> None:
    state = Priced(Decimal("0.10"), -1, is_open=False, side=PositionSide.LONG)

    assert state == PLAIN.decode_state(loads(dumps(PLAIN.encode_state(state))), Priced)


def test_an_older_state_is_brought_up_and_a_newer_one_is_refused() -> None:
    codec = Codec(
        versions={"keeper/state": 2},
        upcasters={("keeper/state", 1): lambda old: {"meters": old["steps"] * 2}},
    )

    assert (2, 1) == (codec.state_version("keeper"), codec.state_version("other"))
    assert {"meters": 10} == codec.current_state("keeper", {"steps": 5}, 1)
    assert {"meters": 5} == codec.current_state("keeper", {"meters": 5}, 2)
    with pytest.raises(UnknownMessage, match=r"keeper/state\.v3: is newer than the version 2"):
        codec.current_state("keeper", {}, 3)


def test_a_fingerprint_names_fields_types_and_defaults() -> None:
    assert (
        "command_id: str; reason: str; by: str = 'operator'"
        == (CODEC.fingerprints()["HaltTrading.v1"])
    )
