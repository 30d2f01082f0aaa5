"""Messages: Hypothesis strategies for any message, each field drawn by its type.

Owns no message: a new class needs no work here. What is drawn is valid by construction; filters,
whose figures depend on each other, are drawn as one.
"""

import types
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from ...messages.codec import catalogue_classes
from ...messages.instruments import Filters
from .venue import filters

Message = TypeVar("Message")

_SCALARS: dict[type, st.SearchStrategy[Any]] = {
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, places=8),
    int: st.integers(-(1 << 63), (1 << 63) - 1),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    bool: st.booleans(),
}


def messages(cls: type[Message]) -> st.SearchStrategy[Message]:
    """Draw messages of a class, or of any other attrs class that is made of such values."""
    if cls is Filters:
        return filters()  # type: ignore[return-value] # a message of this very class
    values = {each.name: _value(each.type) for each in _fields(cls)}
    make: Callable[..., Message] = cls
    return st.builds(make, **values)


def _fields(cls: Any) -> tuple["attrs.Attribute[Any]", ...]:
    attrs.resolve_types(cls)
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(cls)
    return fields


def any_message() -> st.SearchStrategy[Any]:
    """Draw a message of any class of the catalogue."""
    kinds: list[type[Any]] = list(catalogue_classes().values())
    return st.sampled_from(kinds).flatmap(messages)


def _value(annotation: Any) -> st.SearchStrategy[Any]:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        drawn: st.SearchStrategy[Any] = st.one_of(
            [_value(each) for each in inside if each is not types.NoneType]
        )
        return st.none() | drawn if types.NoneType in inside else drawn
    if origin is tuple:
        return _tuple(inside)
    if attrs.has(annotation):
        return messages(annotation)
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    assert issubclass(annotation, Enum), annotation
    members: list[Any] = list(annotation)
    return st.sampled_from(members)


def _tuple(inside: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if inside[-1] is Ellipsis:
        return st.lists(_value(inside[0]), max_size=3).map(tuple)
    return st.tuples(*[_value(each) for each in inside])
