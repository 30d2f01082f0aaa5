"""Encoders: the function of a class that writes its instances as JSON objects.

cattrs makes such functions too; these write a message's label first without copying the object,
and leave out a field that is written as its default is: an order is some sixty messages, and most
of their fields say nothing. The schema's lock knows every default, so one that changes is another
version. What becomes of a field's value is up to the hook that cattrs has for its type.
"""

import types
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin

import attrs
from cattrs.fns import identity

Encoder = Callable[[Any], dict[str, Any]]
HookOf = Callable[[Any], Callable[[Any], Any]]


def encoder_of(cls: type, hook_of: HookOf, label: str = "", *, whole: bool = False) -> Encoder:
    """Return the encoder of an attrs class; with a label, its objects begin with it, as `t`.

    `whole` writes every field, for people.
    """
    attrs.resolve_types(cls)
    names: dict[str, Any] = {}
    always = [f"'t': {label!r}"] if label else []
    lines: list[str] = []
    for field in written_fields(cls):
        value = _written(field, hook_of, names)
        if _is_plain(field.default) and not whole:
            default = f"default_{field.name}"
            names[default] = _default(field, hook_of)
            lines += [f" value = {value}", f" if value != {default}: data[{field.name!r}] = value"]
        else:
            always.append(f"{field.name!r}: {value}")
    text = "\n".join(
        ["def encode(each):", f" data = {{{', '.join(always)}}}", *lines, " return data"]
    )
    # Of names and labels out of this package's own classes, as attrs makes their constructors.
    exec(text, names)  # noqa: S102
    encoder: Encoder = names["encode"]
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


def _written(field: Any, hook_of: HookOf, names: dict[str, Any]) -> str:
    """Return the text of an expression for what a field is written as; it may need names."""
    present = _present(field.type)
    hook = hook_of(present)
    value = f"each.{field.name}"
    if hook is identity:
        return value
    names[f"write_{field.name}"] = hook
    written = f"write_{field.name}({value})"
    return written if present is field.type else f"None if {value} is None else {written}"


def _is_plain(default: Any) -> bool:
    """True for a default that is a value, and no maker of one."""
    return default is not attrs.NOTHING and not hasattr(default, "takes_self")


def _default(field: Any, hook_of: HookOf) -> Any:
    return None if field.default is None else hook_of(_present(field.type))(field.default)
