"""Planted defects: each is found by its invariant, in a scenario that is clean without."""

from pathlib import Path

import pytest

from callboard.scenarios.files.scenario_file import read_scenario
from callboard.scenarios.search.changes import change_of
from callboard.scenarios.search.shrinking import choices_of
from callboard.scenarios.search.trial import trial_of
from support.planted import FOLDER, PLANTED, Planted, is_found
from support.planted_commands import command_of, fault_of, reproduced

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


def test_the_command_of_a_planted_defect_shows_it_in_a_process_of_its_own() -> None:
    planted = PLANTED[0]

    assert "" == reproduced(planted)
    assert (
        "callboard scenario run tests/planted/scenarios/blind_resend.toml"
        " --change tests/planted/blind_resend.py"
    ) == command_of(planted)


@pytest.mark.parametrize(
    ("code", "said", "fault"),
    [
        (1, "violated: 1 times\n  S12: sent again\n", ""),
        (1, "violated: 1 times\n  S1: S12: two orders\n", "S12 is not told"),
        (0, "clean: 9 steps\nagain: run\n", "exit 0 instead of 1: again: run"),
    ],
)
def test_a_command_shows_a_defect_when_it_fails_and_tells_its_invariant(
    code: int, said: str, fault: str
) -> None:
    assert fault == fault_of(PLANTED[0], code, said)


def test_every_file_of_a_defect_stands_in_the_list_and_has_a_scenario() -> None:
    names = sorted(planted.name for planted in PLANTED)

    assert names == sorted(names_of(FOLDER, "*.py") - {"__main__"})
    assert names == sorted(names_of(FOLDER / "scenarios", "*.toml"))


def names_of(folder: Path, pattern: str) -> set[str]:
    """Return the names of files without their endings."""
    return {path.stem for path in folder.glob(pattern)}
