"""Plan lines: the `algorithm` of a signal, by the name of its plan and its own fields.

Owns which fields each plan has and how they are read; `signals.py` owns how a figure is spelled.
An unknown name or field is refused with what there is.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from ...messages.plans import Twap
from .signal_words import BadField

Read = Callable[[Mapping[str, Any], str], Any]


@frozen
class Reading:
    """How the figures of a line are read; each raises `BadField`."""

    whole: Read
    decimal: Read


@frozen
class _Form:
    """A plan's class and its fields, by the way in which each is read; optional ones are named."""

    plan: Callable[..., Twap]
    whole: tuple[str, ...] = ()
    decimal: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


FORMS: Mapping[str, _Form] = MappingProxyType(
    {
        "twap": _Form(
            Twap,
            whole=("duration_ms", "slices"),
            decimal=("jitter_pct",),
            optional=("jitter_pct",),
        ),
    }
)
"""Name of a plan -> its form."""


def plan_of(data: Any, reading: Reading) -> Twap:
    """Return the plan of a line's `algorithm`; raises `BadField`."""
    if not isinstance(data, Mapping):
        raise BadField("algorithm", "must be an object with its plan")
    line: Mapping[str, Any] = data  # pyright: ignore[reportUnknownVariableType] - a JSON object
    form = FORMS.get(str(line.get("plan")))
    if form is None:
        raise BadField("algorithm.plan", f"must be one of {', '.join(FORMS)}")
    known = (*form.whole, *form.decimal)
    for name in line:
        if name != "plan" and name not in known:
            raise BadField(f"algorithm.{name[:64]}", f"is none of {', '.join(known)}")
    for name in known:
        if name not in line and name not in form.optional:
            raise BadField(f"algorithm.{name}", "is missing")
    return form.plan(**{name: _field(line, name, form, reading) for name in known if name in line})


def _field(line: Mapping[str, Any], name: str, form: _Form, reading: Reading) -> Any:
    read = reading.whole if name in form.whole else reading.decimal
    try:
        return read(line, name)
    except BadField as bad:
        raise BadField(f"algorithm.{bad.name}", bad.reason) from None
