"""Rule import: the host's own rules by the places of their functions, for a replay.

A journal names the rules that its run had, but holds no code: who replays it gives them again, as
`module:function`. A missing one is an error that names it, before the first record is replayed.
"""

import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from ..errors import ConfigurationError
from ..policies.host_rules import HostRule, NamedRule, named
from ..ports import FileSystem
from ..runtime.segment import ManifestDamaged, read_manifest, segment_numbers


def imported_rules(places: Iterable[str]) -> tuple[NamedRule, ...]:
    """Return the rules at these places, modules looked for in the working directory too.

    Raises:
        ConfigurationError: A place is none, or holds no rule.
    """
    try:
        return named(_imported(place) for place in places)
    except ValueError as error:
        raise ConfigurationError(f"--rule: {error}") from error


def rules_of_run(names: Iterable[str], given: Iterable[NamedRule]) -> tuple[NamedRule, ...]:
    """Return the rules that a run had, in its order.

    Raises:
        ConfigurationError: One of them was not given.
    """
    known = {each.name: each for each in given}
    missing = [name for name in names if name not in known]
    if missing:
        raise ConfigurationError(
            f"the run had rules of its host's own: {', '.join(missing)};"
            " give each with --rule MODULE:FUNCTION"
        )
    return tuple(known[name] for name in names)


def demand_rules(folder: FileSystem, given: tuple[NamedRule, ...]) -> None:
    """Look at every run of a journal before any of it is replayed; raises as `rules_of_run`."""
    for number in segment_numbers(folder):
        with suppress(ManifestDamaged):  # which the replay tells in its own words
            manifest = read_manifest(folder, number)
            if manifest is not None:
                rules_of_run(manifest.run.rules, given)


def _imported(place: str) -> HostRule:
    module, _, function = place.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        rule: HostRule = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"--rule {place}: {error}") from error
    return rule
