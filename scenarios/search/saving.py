"""Saving: the files that a search leaves: scoreboards and scenarios."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...actors.errors import ConfigurationError
from ..drawn import MIXES, drawn
from ..files.scenario_file import write_scenario
from ..workload import Workload
from .scoreboard import Scoreboard
from .trial import Trial


def save_scenario(path: Path, workload: Workload, trial: Trial) -> None:
    """Write a workload under a note of what it violates."""
    path.write_text(
        write_scenario(workload, note="\n".join(trial.violations[:1])), encoding="utf-8"
    )


def save_board(board: Scoreboard, path: Path | None) -> None:
    """Write a scoreboard as Markdown, and as JSON beside it."""
    if path is not None:
        path.write_text(board.as_markdown(), encoding="utf-8")
        path.with_suffix(".json").write_text(board.as_json() + "\n", encoding="utf-8")


def planted_results(path: Path | None) -> tuple[Mapping[str, Any], ...]:
    """Read what searches for planted defects took: a JSON list of objects with the same keys."""
    if path is None:
        return ()
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"--planted {path}: cannot be read: {error}") from None
    entries: list[Any] = told if isinstance(told, list) else [None]  # pyright: ignore[reportUnknownVariableType]
    if not all(isinstance(each, dict) for each in entries):
        raise ConfigurationError(f"--planted {path}: is no list of objects")
    return tuple(entries)


def save_failures(board: Scoreboard, folder: Path | None) -> None:
    """Write the failing seeds that the board keeps as scenario files."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for trial in board.failures:
        workload = drawn(trial.seed, MIXES[board.mix])
        save_scenario(folder / f"seed-{trial.seed}.toml", workload, trial)
