"""Planted search: how many seeds a planted defect takes, and how small its scenario becomes.

Owns what is kept of a search: one `Result` a defect, in `results.json` beside the defects and as a
table in `docs/planted.md`. A search of one defect ends at the first seed in which its own
invariant breaks; what else breaks on the way does not count.
"""

import json
import time
from pathlib import Path

from attrs import asdict, evolve, field, frozen

from callboard.scenarios.drawn import MIXES, drawn
from callboard.scenarios.files.scenario_file import read_scenario, write_scenario
from callboard.scenarios.search.changes import change_of
from callboard.scenarios.search.shrinking import choices_of, shrunk
from callboard.scenarios.workload import Workload
from support.planted import FOLDER, PLANTED, Planted, is_found

RESULTS = FOLDER / "results.json"
TABLE = FOLDER.parents[1] / "docs" / "planted.md"
RUNS_MAX = 300
"""Runs that a shrinking may take."""
BEGINNINGS_MS = (2_500, 5_000, 8_000, 15_000, 30_000)
HEAD = """# Planted mistakes

Each line is a known mistake of execution engines: a small change of the real engine in
`tests/planted`, which the search must find by the invariant named and make small.
`callboard scenario run tests/planted/scenarios/NAME.toml --change tests/planted/NAME.py` shows one.
`python tests/planted reproduce` runs that command for each, in a process of its own.
`python tests/planted search` makes this table anew.

| mistake | found by | mix | seeds until found | CPU s | choices when small |
| --- | --- | --- | ---: | ---: | ---: |
"""


@frozen
class Result:
    """What the search for one defect took; `seeds` is 0 where it was not found."""

    name: str
    found_by: str
    mix: str
    seeds: int
    cpu_s: float
    choices: int = field(default=0)


def search(planted: Planted, seeds: int) -> tuple[Result, Workload | None]:
    """Search for one defect, and make what was found small."""
    began = time.process_time()
    with change_of(planted.file)():
        for seed in range(seeds):
            workload = drawn(seed, MIXES[planted.mix])
            if is_found(planted.found_by, workload):
                cpu_s = round(time.process_time() - began, 1)
                small = min(
                    (*_known(planted), smallest(planted, workload)),
                    key=choices_of,
                )
                result = Result(
                    planted.name, planted.found_by, planted.mix, seed + 1, cpu_s, choices_of(small)
                )
                return result, small
    cpu_s = round(time.process_time() - began, 1)
    return Result(planted.name, planted.found_by, planted.mix, 0, cpu_s), None


def smallest(planted: Planted, workload: Workload) -> Workload:
    """Return a smaller workload in which the defect shows; it begins soon, too."""
    runs = 0

    def fails(smaller: Workload) -> bool:
        nonlocal runs
        runs += 1
        return runs <= RUNS_MAX and is_found(planted.found_by, smaller)

    small = shrunk(workload, fails)
    sooner = (each for each in _sooner(small) if is_found(planted.found_by, each))
    return shrunk(next(sooner, small), fails)


def _known(planted: Planted) -> tuple[Workload, ...]:
    """Return the scenario that is kept already, if the defect still shows in it."""
    if not planted.scenario.is_file():
        return ()
    workload = read_scenario(planted.scenario)
    return (workload,) if is_found(planted.found_by, workload) else ()


def keep(results: dict[str, Result]) -> None:
    """Write the results for programs and for people, in the order of the list."""
    told = [results[planted.name] for planted in PLANTED if planted.name in results]
    RESULTS.write_text(json.dumps([asdict(each) for each in told], indent=2) + "\n")
    TABLE.write_text(HEAD + "".join(map(_row, told)))


def kept() -> dict[str, Result]:
    """Return the results of earlier searches."""
    if not RESULTS.is_file():
        return {}
    return {each["name"]: Result(**each) for each in json.loads(RESULTS.read_text())}


def save(planted: Planted, small: Workload) -> None:
    """Keep a shrunk scenario, with the sentence that says what is wrong."""
    planted.scenario.parent.mkdir(exist_ok=True)
    planted.scenario.write_text(write_scenario(small, note=sentence(planted.file)))


def sentence(file: Path) -> str:
    """Return the first line of a defect's docstring."""
    return file.read_text().partition("\n")[0].strip('"')


def _row(result: Result) -> str:
    planted = next(each for each in PLANTED if each.name == result.name)
    words = (
        sentence(planted.file).replace("|", "\\|"),
        result.found_by,
        result.mix,
        f"{result.seeds:,}" if result.seeds else "not found",
        f"{result.cpu_s:,}",
        str(result.choices),
    )
    return f"| {' | '.join(words)} |\n"


def _sooner(workload: Workload) -> list[Workload]:
    """Return the workload with everything moved towards its beginning, most first."""
    moments = [each.at_ms for each in workload.signals]
    moments += [each.at_ms for each in workload.commands]
    moments += [each.at_ms for each in workload.engine_crashes]
    sooner = [min(moments, default=0) - beginning_ms for beginning_ms in BEGINNINGS_MS]
    return [
        evolve(
            workload,
            signals=tuple(evolve(each, at_ms=each.at_ms - by_ms) for each in workload.signals),
            commands=tuple(evolve(each, at_ms=each.at_ms - by_ms) for each in workload.commands),
            engine_crashes=tuple(
                evolve(each, at_ms=each.at_ms - by_ms) for each in workload.engine_crashes
            ),
        )
        for by_ms in sooner
        if by_ms > 0
    ]
