"""Fault options: faults as people write them on a command line, as in `http_429=0.01`.

Owns the reading of `name=figure,name=figure`: a fault's probability from 0 to 1, the size of one
that has a size, and which streams suffer. All faults of the text are told at once, in a
`ConfigurationError`. `help` in their place is `fault_help.py`'s.
"""

from difflib import get_close_matches
from typing import Any

import attrs

from ..actors.errors import ConfigurationError
from .venue.faults import Fault, Faults
from .venue.streams import MARKET, USER

PROBABILITIES = tuple(fault.value for fault in Fault)
SHARES = (*PROBABILITIES, "executed_share")
SIZES = tuple(each.name for each in attrs.fields(Faults) if each.type in (int, "int"))
STREAMS = "streams"


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


def _figure(name: str, figure: str, wrong: list[str]) -> float | int | tuple[str, ...]:
    if name in SHARES:
        return share_of(name, figure, wrong)
    if name in SIZES:
        return size_of(name, figure, wrong)
    if name == STREAMS:
        return _streams(figure, wrong)
    near = get_close_matches(name, (*SHARES, *SIZES, STREAMS), n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    wrong.append(f"{name}: is no fault{hint}; `--faults help` lists them")
    return 0


def share_of(name: str, figure: str, wrong: list[str]) -> float:
    """Return a share from 0 to 1; what is none is noted."""
    try:
        share = float(figure)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        wrong.append(f"{name}: is a share from 0 to 1, not {figure!r}")
    return share


def size_of(name: str, figure: str, wrong: list[str]) -> int:
    """Return a size in whole units; what is none is noted."""
    if not (figure.isascii() and figure.isdigit()):
        unit = name.rpartition("_")[2]
        wrong.append(f"{name}: is a whole number of {unit}, not {figure!r}")
        return 0
    return int(figure)


def _streams(figure: str, wrong: list[str]) -> tuple[str, ...]:
    named = tuple(figure.split("+"))
    if not set(named) <= {USER, MARKET}:
        wrong.append(f"{STREAMS}: is user, market or user+market, not {figure!r}")
    return named
