"""Samples: one fixed example of every message class.

Owns no message: each is built from the field types, so that a new class needs no work here. A
fixed sample fills every field, defaults included, with a value that its name and type decide.
"""

import types
from decimal import Decimal
from enum import Enum
from typing import Any, Union, get_args, get_origin

import attrs

INTEGER = 1_790_000_000_123
DECIMAL = Decimal("1234.50")


def sample(cls: type) -> Any:
    """Return the fixed example of a class."""
    attrs.resolve_types(cls)
    fields = attrs.fields(cls)
    return cls(**{each.name: _sample_value(each.type, each.name) for each in fields})


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


def _members(annotation: Any) -> list[Any]:
    """Return the classes of a union without None; nothing for another type."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return []
    return [member for member in get_args(annotation) if member is not type(None)]
