"""Plan lines: the `algorithm` of a signal, by the name of its plan and its own fields.

Owns which fields each plan has and how they are read; `signals.py` owns how a figure is spelled.
An unknown name or field is refused with what there is.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import frozen

from ...messages.plans import Bracket, Chase, Iceberg, Oco, Plan, Twap, Vwap
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

    plan: Callable[..., Plan]
    whole: tuple[str, ...] = ()
    decimal: tuple[str, ...] = ()
    decimals: tuple[str, ...] = ()
    """Lists of figures."""
    switch: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.whole, *self.decimals, *self.decimal, *self.switch)


FORMS: Mapping[str, _Form] = MappingProxyType(
    {
        "twap": _Form(
            Twap,
            whole=("duration_ms", "slices"),
            decimal=("jitter_pct",),
            optional=("jitter_pct",),
        ),
        "vwap": _Form(
            Vwap,
            whole=("duration_ms",),
            decimals=("curve",),
            decimal=("participation_pct_max",),
        ),
        "iceberg": _Form(Iceberg, decimal=("show", "variance_pct"), optional=("variance_pct",)),
        "bracket": _Form(Bracket),
        "chase": _Form(
            Chase,
            whole=("moves_max",),
            decimal=("distance_bps_max",),
            switch=("takes",),
            optional=("takes",),
        ),
        "oco": _Form(Oco, decimal=("stop_price",)),
    }
)
"""Name of a plan -> its form."""


def plan_of(data: Any, reading: Reading) -> Plan:
    """Return the plan of a line's `algorithm`; raises `BadField`."""
    if not isinstance(data, Mapping):
        raise BadField("algorithm", "must be an object with its plan")
    line: Mapping[str, Any] = data  # pyright: ignore[reportUnknownVariableType] - a JSON object
    form = FORMS.get(str(line.get("plan")))
    if form is None:
        raise BadField("algorithm.plan", f"must be one of {', '.join(FORMS)}")
    known = form.fields
    for name in line:
        if name != "plan" and name not in known:
            raise BadField(f"algorithm.{name[:64]}", _no_field(known))
    for name in known:
        if name not in line and name not in form.optional:
            raise BadField(f"algorithm.{name}", "is missing")
    return form.plan(**{name: _field(line, name, form, reading) for name in known if name in line})


def _field(line: Mapping[str, Any], name: str, form: _Form, reading: Reading) -> Any:
    try:
        if name in form.switch:
            return _switch(line, name)
        if name in form.decimals:
            return _figures(line, name, reading)
        return reading.whole(line, name) if name in form.whole else reading.decimal(line, name)
    except BadField as bad:
        raise BadField(f"algorithm.{bad.name}", bad.reason) from None


def _switch(line: Mapping[str, Any], name: str) -> bool:
    value = line[name]
    if not isinstance(value, bool):
        raise BadField(name, "must be true or false")
    return value


def _no_field(known: tuple[str, ...]) -> str:
    return f"is none of {', '.join(known)}" if known else "a plan without fields"


def _figures(line: Mapping[str, Any], name: str, reading: Reading) -> tuple[Any, ...]:
    value: Any = line[name]
    if not isinstance(value, list):
        raise BadField(name, "must be a list of figures")
    figures: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - a JSON list
    return tuple(reading.decimal({name: each}, name) for each in figures)
