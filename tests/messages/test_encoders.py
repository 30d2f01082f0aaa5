"""Encoders: what is written of a class, and in which order."""

from decimal import Decimal
from typing import Any

from attrs import field, frozen
from cattrs.preconf.orjson import make_converter

from callboard.messages.encoders import encoder_of


@frozen
class Leg:
    price: Decimal | None
    size: "Decimal"


@frozen
class Ticket:
    name: str
    leg: Leg | None = None
    other: int | str = 0
    seen: tuple[Decimal, ...] = ()
    length: int = field(init=False, default=3)


def write(value: object, label: str = "") -> dict[str, Any]:
    converter = make_converter()
    converter.register_unstructure_hook(Decimal, str)
    hook_of = converter.get_unstructure_hook
    converter.register_unstructure_hook(Leg, encoder_of(Leg, hook_of))
    return encoder_of(type(value), hook_of, label)(value)


def test_a_label_stands_first_and_neither_defaults_nor_what_is_derived_is_written() -> None:
    written = write(Ticket("a"), "Ticket.v1")

    assert {"t": "Ticket.v1", "name": "a"} == written
    assert "t" == next(iter(write(Ticket("a"), "Ticket.v1")))


def test_a_field_that_may_be_missing_is_written_as_its_type_says_when_it_is_there() -> None:
    ticket = Ticket("a", Leg(None, Decimal("1.50")), "x", (Decimal(2),))

    assert {
        "name": "a",
        "leg": {"price": None, "size": "1.50"},
        "other": "x",
        "seen": ["2"],
    } == write(ticket)


@frozen
class Fee:
    paid: Decimal = Decimal(0)
    notes: list[str] = field(factory=list[str])


def test_a_number_that_is_only_equal_to_its_default_is_written() -> None:
    assert {"paid": "0.00", "notes": []} == write(Fee(Decimal("0.00")))
    assert {"notes": []} == write(Fee(Decimal(0)))
