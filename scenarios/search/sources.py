"""Sources: where a workload comes from on the command line, and how to name it again.

Owns the choice between a seed of a mix and a scenario file; both or neither is bad input.
"""

import shlex
from pathlib import Path

from attrs import frozen

from ...actors.errors import ConfigurationError
from ..drawn import MIXES, drawn
from ..scenario_file import read_scenario
from ..workload import Workload
from .trial import is_thorough

USUAL_MIX = "standard"


@frozen
class Source:
    """A workload, and the words of a command line that name it."""

    workload: Workload
    words: tuple[str, ...]
    is_thorough: bool = True

    def command(self, word: str, change: Path | None) -> str:
        """Return the command line that does something with this workload."""
        return command_line(word, self.words, change)


def source_of(name: str | None, seed: int | None, mix: str) -> Source:
    """Return the workload of a seed or of a file; raises `ConfigurationError` for neither."""
    if (name is None) == (seed is None):
        raise ConfigurationError("give either a scenario file or --seed")
    if seed is not None:
        workload = drawn(seed, MIXES[mix])
        return Source(workload, seed_words(seed, mix), is_thorough(seed))
    return Source(read_scenario(Path(str(name))), (str(name),))


def seed_words(seed: int, mix: str) -> tuple[str, ...]:
    """Return the words that name a seed."""
    return ("--seed", str(seed), *(() if mix == USUAL_MIX else ("--mix", mix)))


def command_line(word: str, words: tuple[str, ...], change: Path | None) -> str:
    """Return a command of the group for the words that name a workload."""
    changed = () if change is None else ("--change", str(change))
    return shlex.join(("callboard", "scenario", word, *words, *changed))
