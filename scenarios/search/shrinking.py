"""Shrinking: a failing workload made small, one kind of thing after the other.

Owns the order of the attempts: lists of things that happen become shorter, kinds of fault are
switched off, everything else is set to what is usual, times to round ones. It looks at the fields
of a `Workload`, so a new one is shrunk without a line here. The caller's `fails` holds the budget.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import attrs
from attrs import evolve

from ..drawn import TURBULENCES
from ..schedules import Schedule
from ..simulation import Delivery
from ..venue.faults import Fault, Faults
from ..workload import Workload
from .ddmin import fewest

Fails = Callable[[Workload], bool]
Record = TypeVar("Record")

KEPT = ("seed", "faults", "duration_ms", "schedule", "priority_changes")
"""Fields that are neither lists nor set to what is usual."""
GRAINS_MS = (10_000, 1_000, 100)
"""Times are tried at multiples of these, coarse ones first."""
SETTLING_MS = 5_000
ENOUGH = 1.0


def shrunk(workload: Workload, fails: Fails) -> Workload:
    """Return a smaller workload that still fails; `fails` runs one and says so."""
    while True:
        before = workload
        for smaller in (_shorter, _calmer, _plainer, _earlier_end, _plainer_records):
            workload = smaller(workload, fails)
        if workload == before:
            return workload


def choices_of(workload: Workload) -> int:
    """Count what happens in a workload: signals, commands, crashes, deferrals, kinds of fault."""
    lists = sum(len(_entries(workload, name)) for name in _lists(workload))
    return lists + len(_enabled(workload.faults)) + len(_unusual(workload.disk))


def _shorter(workload: Workload, fails: Fails) -> Workload:
    """Leave out entries of every list, the signals last."""
    for name in _lists(workload):
        workload = _with_fewest(workload, name, fails)
    return workload


def _with_fewest(workload: Workload, name: str, fails: Fails) -> Workload:
    entries = tuple(enumerate(_entries(workload, name)))
    return _having(
        workload, name, fewest(entries, lambda some: fails(_having(workload, name, some)))
    )


def _having(workload: Workload, name: str, kept: tuple[tuple[int, Any], ...]) -> Workload:
    """Return the workload with some entries of a list; who speaks of a signal still does."""
    entries: dict[str, Any] = {name: tuple(entry for _, entry in kept)}
    smaller = evolve(workload, **entries)
    if name != "signals":
        return smaller
    places = {before: after for after, (before, _) in enumerate(kept)}
    count = max(1, len(workload.signals))
    return evolve(
        smaller,
        commands=tuple(
            evolve(each, signal=places.get(each.signal % count, 0)) for each in smaller.commands
        ),
    )


def _calmer(workload: Workload, fails: Fails) -> Workload:
    """Switch kinds of fault off, set sizes to what is usual, and rates to always."""

    def having(faults: Faults) -> Workload:
        return evolve(workload, faults=faults)

    enabled = _enabled(workload.faults)
    quiet = workload.faults.having(dict.fromkeys(enabled, 0.0))
    kept = fewest(
        tuple(enabled),
        lambda some: fails(having(quiet.having({each: enabled[each] for each in some}))),
    )
    faults = quiet.having({each: enabled[each] for each in kept})
    faults = _usual(faults, lambda each: fails(having(each)), skip=tuple(Fault))
    for each in kept:
        always = faults.having({each: ENOUGH})
        if enabled[each] != ENOUGH and fails(having(always)):
            faults = always
    return having(faults)


def _plainer(workload: Workload, fails: Fails) -> Workload:
    """Set everything that is neither a list nor a fault to what is usual."""
    calm = evolve(workload, turbulence_ticks=TURBULENCES[0])
    if calm != workload and fails(calm):
        workload = calm
    skip = (*KEPT, "turbulence_ticks", *_lists(workload))
    workload = _usual(workload, fails, skip=skip)
    disk = _usual(workload.disk, lambda each: fails(evolve(workload, disk=each)))
    workload = evolve(workload, disk=disk)
    if workload.delivery is Delivery.FIFO:
        # Nothing is left to choose, so whatever the schedule was, it is the usual one.
        return evolve(workload, schedule=Schedule.RANDOM, priority_changes=0, deferrals=())
    return workload


def _earlier_end(workload: Workload, fails: Fails) -> Workload:
    """End soon after the last thing that happens."""
    entries = [entry for name in _lists(workload) for entry in _entries(workload, name)]
    moments = [getattr(entry, "at_ms", 0) for entry in entries]
    last_ms = max(moments, default=0)
    for spare_ms in (SETTLING_MS, 4 * SETTLING_MS):
        duration_ms = -(-(last_ms + spare_ms) // SETTLING_MS) * SETTLING_MS
        sooner = evolve(workload, duration_ms=duration_ms)
        if duration_ms < workload.duration_ms and fails(sooner):
            return sooner
    return workload


def _plainer_records(workload: Workload, fails: Fails) -> Workload:
    """Set what every entry of a list says to what is usual, and its time to a round one."""
    for name in _lists(workload):
        for place in range(len(_entries(workload, name))):
            workload = _plainer_record(workload, name, place, fails)
    return workload


def _plainer_record(workload: Workload, name: str, place: int, fails: Fails) -> Workload:
    entries = _entries(workload, name)

    def having(entry: Any) -> Workload:
        changed: dict[str, Any] = {name: (*entries[:place], entry, *entries[place + 1 :])}
        return evolve(workload, **changed)

    entry = _usual(entries[place], lambda each: fails(having(each)), skip=("at_ms",))
    rounder = (each for each in _rounder(entry) if fails(having(each)))
    return having(next(rounder, entry))


def _rounder(entry: Any) -> Iterator[Any]:
    at_ms = getattr(entry, "at_ms", 0)
    for grain_ms in GRAINS_MS:
        if at_ms > grain_ms and at_ms % grain_ms:
            yield evolve(entry, at_ms=at_ms // grain_ms * grain_ms)


def _usual(record: Record, fails: Callable[[Record], bool], skip: tuple[str, ...] = ()) -> Record:
    """Set fields of a record to their defaults, all at once or one by one."""
    usual = {name: default for name, default in _unusual(record).items() if name not in skip}
    if len(usual) > 1 and fails(_changed(record, usual)):
        return _changed(record, usual)
    for name, default in usual.items():
        plainer = _changed(record, {name: default})
        if fails(plainer):
            record = plainer
    return record


def _changed(record: Record, values: Mapping[str, Any]) -> Record:
    return attrs.evolve(record, **values)  # type: ignore[misc] # every record is of attrs


def _unusual(record: object) -> dict[str, Any]:
    """Return the defaults of the fields that have another value."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(type(record))  # type: ignore[arg-type]
    usual = {each.name: _default(each) for each in fields}
    return {
        name: default
        for name, default in usual.items()
        if default is not attrs.NOTHING and getattr(record, name) != default
    }


def _default(attribute: "attrs.Attribute[Any]") -> Any:
    factory = getattr(attribute.default, "factory", None)
    return attribute.default if factory is None else factory()


def _enabled(faults: Faults) -> dict[Fault, float]:
    return {fault: rate for fault in Fault if (rate := getattr(faults, fault.value))}


def _entries(workload: Workload, name: str) -> tuple[Any, ...]:
    entries: tuple[Any, ...] = getattr(workload, name)
    return entries


def _lists(workload: Workload) -> list[str]:
    """Name the lists of a workload, those of signals last."""
    found = [
        each.name
        for each in attrs.fields(Workload)
        if isinstance(getattr(workload, each.name), tuple) and each.name != "signals"
    ]
    return [*found, "signals"]
