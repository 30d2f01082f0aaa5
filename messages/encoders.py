"""Encoders: the function of a class that writes its instances as JSON objects.

cattrs makes such functions too; these write a message's label first without copying the object,
and a field that may be missing costs no call: an order is some sixty messages with a hundred such
fields. What becomes of a field's value is up to the hook that cattrs has for its type.
"""

import types
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin

import attrs
from cattrs.fns import identity

Encoder = Callable[[Any], dict[str, Any]]
HookOf = Callable[[Any], Callable[[Any], Any]]


def encoder_of(cls: type, hook_of: HookOf, label: str = "") -> Encoder:
    """Return the encoder of an attrs class; with a label, its objects begin with it, as `t`."""
    attrs.resolve_types(cls)
    hooks: dict[str, Any] = {}
    items = [f"'t': {label!r}"] if label else []
    for field in written_fields(cls):
        hook = hook_of(_present(field.type))
        value = f"each.{field.name}"
        if hook is not identity:
            hooks[f"write_{field.name}"] = hook
            written = f"write_{field.name}({value})"
            may_miss = _present(field.type) is not field.type
            value = f"None if {value} is None else {written}" if may_miss else written
        items.append(f"{field.name!r}: {value}")
    # Of names and labels out of this package's own classes, as attrs makes their constructors.
    encoder: Encoder = eval(f"lambda each: {{{', '.join(items)}}}", hooks)  # noqa: S307
    return encoder


def written_fields(cls: type) -> list[Any]:
    """Return the fields that are written; what no constructor takes is derived, and is not."""
    return [attribute for attribute in attrs.fields(cls) if attribute.init]


def _present(annotation: Any) -> Any:
    """Return the type of a field when it is there: `X` for `X | None`, else the same."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    members = [member for member in get_args(annotation) if member is not types.NoneType]
    is_optional = len(members) == 1 and len(get_args(annotation)) == 2
    return members[0] if is_optional else annotation
