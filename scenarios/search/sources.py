"""Sources: where a scenario comes from on the command line, and how to name it again.

Owns the choice between a seed of a mix, a story by its name and a scenario file; two of them or
none is bad input.
"""

import shlex
from pathlib import Path

from attrs import frozen

from ...actors.errors import ConfigurationError
from ..drawn import MIXES, drawn
from ..files.scenario_file import read_story
from ..story import Story
from ..story_list import story_named
from ..workload import Workload
from .trial import is_thorough

USUAL_MIX = "standard"


@frozen
class Source:
    """A scenario, and the words of a command line that name it."""

    story: Story
    words: tuple[str, ...]
    is_thorough: bool = True

    @property
    def workload(self) -> Workload:
        """What happens in it."""
        return self.story.workload

    def command(self, word: str, change: Path | None) -> str:
        """Return the command line that does something with this workload."""
        return command_line(word, self.words, change)


def source_of(name: str | None, seed: int | None, mix: str) -> Source:
    """Return the scenario of a seed, a story or a file; raises `ConfigurationError`."""
    if (name is None) == (seed is None):
        raise ConfigurationError("give either a story, a scenario file or --seed")
    if seed is not None:
        story = Story(f"seed {seed}", drawn(seed, MIXES[mix]))
        return Source(story, seed_words(seed, mix), is_thorough(seed))
    assert name is not None
    return Source(_story(name), (name,))


def _story(name: str) -> Story:
    path = Path(name)
    is_file = path.suffix or path.parent != Path() or path.exists()
    return read_story(path) if is_file else story_named(name)


def seed_words(seed: int, mix: str) -> tuple[str, ...]:
    """Return the words that name a seed."""
    return ("--seed", str(seed), *(() if mix == USUAL_MIX else ("--mix", mix)))


def command_line(word: str, words: tuple[str, ...], change: Path | None) -> str:
    """Return a command of the group for the words that name a workload."""
    changed = () if change is None else ("--change", str(change))
    return shlex.join(("callboard", "scenario", word, *words, *changed))
