"""Samples: one fixed example of every message class, and a strategy for any.

Owns no message: both are built from the field types, so that a new class needs no work here. A
fixed sample fills every field, defaults included, with a value that its name and type decide.
"""

import types
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin

import attrs
from hypothesis import strategies as st

from callboard.messages.instruments import Filters

INTEGER = 1_790_000_000_123
DECIMAL = Decimal("1234.50")


def sample(cls: type) -> Any:
    """Return the fixed example of a class."""
    attrs.resolve_types(cls)
    fields = attrs.fields(cls)
    return cls(**{each.name: _sample_value(each.type, each.name) for each in fields})


def messages(cls: type) -> st.SearchStrategy[Any]:
    """Return a strategy for a class, with every field drawn by its type."""
    attrs.resolve_types(cls)
    fields = {
        each.name: _strategy(each.type) if each.validator is None else _bounded(each.name)
        for each in attrs.fields(cls)
    }
    return st.builds(cls, **fields)


def _bounded(name: str) -> st.SearchStrategy[Decimal]:
    """Draw for a field that checks its value: above zero, and every maximum above the rest."""
    low, high = (1000, 10**9) if name.endswith("_max") else (Decimal("1e-8"), 1000)
    return st.decimals(low, high, places=8)


def _sample_value(annotation: Any, name: str) -> Any:
    members = _members(annotation)
    if members:
        return _sample_value(members[0], name)
    if get_origin(annotation) is tuple:
        parts = get_args(annotation)
        kept = parts[:1] if parts[-1] is Ellipsis else parts
        return tuple(_sample_value(part, name) for part in kept)
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    if attrs.has(annotation):
        return sample(annotation)
    plain: dict[type, Any] = {str: name, int: INTEGER, bool: True, Decimal: DECIMAL}
    return plain[annotation]


_SCALARS: dict[type, st.SearchStrategy[Any]] = {
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, places=8),
    int: st.integers(-(1 << 63), (1 << 63) - 1),
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
}


def _strategy(annotation: Any) -> st.SearchStrategy[Any]:
    members = _members(annotation)
    if members:
        drawn = st.one_of([_strategy(member) for member in members])
        return st.none() | drawn if type(None) in get_args(annotation) else drawn
    if get_origin(annotation) is tuple:
        return _tuple_strategy(get_args(annotation))
    if attrs.has(annotation):
        # Filters refuse figures that contradict each other, so they are not drawn one by one.
        return st.just(sample(annotation)) if annotation is Filters else messages(annotation)
    if annotation in _SCALARS:
        return _SCALARS[annotation]
    return st.sampled_from(annotation) if issubclass(annotation, Enum) else st.booleans()


def _tuple_strategy(parts: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if parts[-1] is Ellipsis:
        return st.lists(_strategy(parts[0]), max_size=3).map(tuple)
    return st.tuples(*[_strategy(part) for part in parts])


def _members(annotation: Any) -> list[Any]:
    """Return the classes of a union without None; nothing for another type."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return []
    return [member for member in get_args(annotation) if member is not type(None)]
