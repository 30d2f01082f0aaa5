"""Fault options: faults as people write them on a command line, as in `http_429=0.01`.

Owns the reading of `name=figure,name=figure`: a fault's probability from 0 to 1, or the size of
one that has a size, in ms. All faults of the text are told at once, in a `ConfigurationError`.
"""

from typing import Any

import attrs

from ..actors.errors import ConfigurationError
from .venue.faults import Fault, Faults

PROBABILITIES = tuple(fault.value for fault in Fault)
SHARES = (*PROBABILITIES, "executed_share")
SIZES = tuple(each.name for each in attrs.fields(Faults) if each.name.endswith("_ms"))


def faults_of(text: str) -> Faults:
    """Return the faults that a text names; an empty one names none."""
    chosen: dict[str, Any] = {}
    wrong: list[str] = []
    for word in (word.strip() for word in text.split(",")):
        name, _, figure = word.partition("=")
        if name in chosen:
            wrong.append(f"{name}: is given twice")
        elif word:
            chosen[name] = _figure(name, figure, wrong)
    if wrong:
        raise ConfigurationError("; ".join(f"faults: {each}" for each in wrong))
    return Faults(**chosen)


def _figure(name: str, figure: str, wrong: list[str]) -> float | int:
    if name in SHARES:
        return _share(name, figure, wrong)
    if name in SIZES:
        return _size_ms(name, figure, wrong)
    wrong.append(f"{name}: is no fault; known: {', '.join((*SHARES, *SIZES))}")
    return 0


def _share(name: str, figure: str, wrong: list[str]) -> float:
    try:
        share = float(figure)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        wrong.append(f"{name}: is a share from 0 to 1, not {figure!r}")
    return share


def _size_ms(name: str, figure: str, wrong: list[str]) -> int:
    if not (figure.isascii() and figure.isdigit()):
        wrong.append(f"{name}: is a whole number of ms, not {figure!r}")
        return 0
    return int(figure)
