"""StoryList: the stories of the package, found by name and imported only when used.

Owns the folder's names; a file's first line says what happened. A name that is none is a
`ConfigurationError` with the nearest ones.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..actors.errors import ConfigurationError
from .files.values import near

if TYPE_CHECKING:
    from .story import Story

FOLDER = Path(__file__).with_name("stories")


def story_names() -> tuple[str, ...]:
    """Return the names of all stories, in alphabetical order; nothing is imported."""
    files = (path for path in FOLDER.glob("*.py") if path.stem != "__init__")
    return tuple(sorted(path.stem for path in files))


def incident_of(name: str) -> str:
    """Return the story's own words: what happened, to whom, and where it is told."""
    source = (FOLDER / f"{_known(name)}.py").read_text(encoding="utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


def story_named(name: str) -> "Story":
    """Return a story, ready to be played."""
    module = import_module(f".stories.{_known(name)}", __package__)
    story: Story = module.STORY
    return story


def _known(name: str) -> str:
    names = story_names()
    if name not in names:
        raise ConfigurationError(f"{name}: is no story; {near(name, names)}")
    return name
