"""Listing: what can be run, what may go wrong and what is watched, a line for each."""

from collections.abc import Iterator

from ..checks.machinery import StateIsFold
from ..drawn import MIXES
from ..invariants import CHECKS
from ..sometimes import NAMES
from ..story_list import incident_of, story_names
from ..venue.fault_words import words_of
from ..venue.faults import Fault


def listed() -> str:
    """Return every list, one below the other."""
    parts = {
        "Stories, for `scenario run NAME`": [(name, _claim(name)) for name in story_names()],
        "Mixes, for `--mix`": [(name, "") for name in MIXES],
        "Invariants, after every step": list(_invariants()),
        "Faults of the venue": [(fault.value, words_of(fault)) for fault in Fault],
        "Branches that are counted": [(name, "") for name in NAMES],
    }
    return "\n\n".join(f"{title}\n{_lines(rows)}" for title, rows in parts.items())


def _invariants() -> Iterator[tuple[str, str]]:
    for check in (*CHECKS, StateIsFold):
        said = _first(check.__doc__)
        name, _, claim = said.partition(": ")
        yield (name, claim) if claim else ("", said)


def _claim(story: str) -> str:
    return _first(incident_of(story)).partition(": ")[2]


def _lines(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"  {name:34} {words}".rstrip() for name, words in rows)


def _first(text: str | None) -> str:
    return (text or "").partition("\n")[0]
