"""Planted: the list of defects that a search must find, and what finds each of them.

A defect is a file of `tests/planted` with a `change()` that alters the engine while it is open; its
scenario, shrunk, stands under the same name in `tests/planted/scenarios`. The mix is what a search
draws from when it looks for the defect.
"""

from pathlib import Path

from attrs import define, frozen

from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.scenarios.chaos import Run
from callboard.scenarios.workload import Workload

FOLDER = Path(__file__).parents[1] / "planted"
STANDARD = "standard"


@frozen
class Planted:
    """One defect; `found_by` is the invariant that must not hold while it is planted."""

    name: str
    found_by: str
    mix: str = STANDARD

    @property
    def file(self) -> Path:
        """The file with its `change()`."""
        return FOLDER / f"{self.name}.py"

    @property
    def scenario(self) -> Path:
        """The shrunk scenario in which it shows."""
        return FOLDER / "scenarios" / f"{self.name}.toml"


PLANTED = (
    Planted("blind_resend", "S12"),
    Planted("unknown_as_failed", "S7"),
    Planted("absent_at_once", "S12"),
    Planted("id_reused_after_fill", "S7"),
    Planted("redelivery_after_report", "S1"),
    Planted("bare_fill_counted_twice", "S8"),
    Planted("cancel_race", "S7"),
    Planted("algo_finished_as_filled", "S7"),
    Planted("approvals_not_counted", "S3"),
    Planted("entry_netted", "D10"),
    Planted("stale_signal_executed", "S4"),
    Planted("halt_lets_waiting_entry_through", "S4"),
    Planted("halt_blocks_exits", "L2"),
    Planted("bucket_as_large_as_the_limit", "S5", "scarce"),
    Planted("full_bucket_after_restart", "S5", "scarce"),
    Planted("permit_used_late", "S5"),
    Planted("ban_ignored", "S6"),
    Planted("clock_step", "D12"),
    Planted("stale_filters", "D13"),
    Planted("float_rounding", "S9"),
    Planted("gap_without_closed_orders", "D6"),
    Planted("late_answer_overwrites", "S3"),
    Planted("stop_after_full_fill", "D4"),
    Planted("stop_lost_when_exit_is_retried", "D4"),
    Planted("minus_4130_as_no_stop", "D3"),
    Planted("second_reduce_after_unknown", "S2"),
    Planted("close_dropped_after_refusal", "D10"),
    Planted("orphan_exits", "D5"),
    Planted("restart_flattens", "D9"),
    Planted("leak_per_order", "S13"),
    Planted("effects_leak", "S11"),
    Planted("redelivery_doubles", "S10"),
    Planted("timers_survive_restart", "S10"),
)


class Found(Exception):
    """What was looked for has been found."""


@define
class Lookout:
    """Ends a run at the first violation of one invariant."""

    run: Run
    invariant: str

    def watch(self) -> None:
        """Look after every step, beside the checker."""
        engine = self.run.engine
        check = engine.on_step
        assert check is not None

        def on_step(cell: Cell, envelope: Envelope) -> None:
            check(cell, envelope)
            if any(each.invariant == self.invariant for each in self.run.checker.violations):
                raise Found

        engine.on_step = on_step


def is_found(invariant: str, workload: Workload) -> bool:
    """Run a workload until an invariant is broken; say whether it was, or was not settled."""
    run = Run(workload, is_thorough=False)
    Lookout(run, invariant).watch()
    try:
        report = run.run()
    except Found:
        return True
    return any(text.startswith(f"{invariant}:") for text in report.unconverged)
