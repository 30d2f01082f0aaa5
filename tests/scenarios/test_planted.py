"""Planted defects: each is found by its invariant, in a scenario that is clean without."""

from pathlib import Path

import pytest

from callboard.scenarios.scenario_file import read_scenario
from callboard.scenarios.search.changes import change_of
from callboard.scenarios.search.shrinking import choices_of
from callboard.scenarios.search.trial import trial_of
from support.planted import FOLDER, PLANTED, Planted, is_found

CHOICES_MAX = 10


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_defect_is_found_and_without_it_the_same_scenario_is_clean(
    planted: Planted,
) -> None:
    workload = read_scenario(planted.scenario)

    with change_of(planted.file)():
        is_broken = is_found(planted.found_by, workload)
    sound = trial_of(workload, is_thorough=False)

    assert is_broken
    assert () == sound.violations


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_defect_needs_few_choices(planted: Planted) -> None:
    assert choices_of(read_scenario(planted.scenario)) <= CHOICES_MAX


def test_every_file_of_a_defect_stands_in_the_list_and_has_a_scenario() -> None:
    names = sorted(planted.name for planted in PLANTED)

    assert names == sorted(names_of(FOLDER, "*.py") - {"__main__"})
    assert names == sorted(names_of(FOLDER / "scenarios", "*.toml"))


def names_of(folder: Path, pattern: str) -> set[str]:
    """Return the names of files without their endings."""
    return {path.stem for path in folder.glob(pattern)}
