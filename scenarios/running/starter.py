"""Starter: whoever started a run, and what it is told of its life.

Owns when it is told: that the run is ready with the first moment at which commands are carried out,
that it stops with the first signal. Its pid file lasts as long as the process does.
"""

from collections.abc import Callable
from pathlib import Path

from attrs import define, field

from ...actors.adapters.notify import Notify, remove_pid
from ..paper import Progress
from .stopping import Stop

DRAINING = (
    "stopping in order: no new signals, what is on its way is finished; once more ends at once"
)


@define(eq=False)
class Starter:
    """Who started this process."""

    notify: Notify = field(factory=Notify)
    pid_file: Path | None = None
    _is_told: bool = field(init=False, default=False)

    def stop(self, text: str = DRAINING) -> Stop:
        """Return what takes the signals of a run; `text` is said at the first."""
        return Stop(
            text,
            ends_at_once=True,
            on_first=lambda: self.notify.stopping("what is on its way is finished"),
            on_last=lambda: remove_pid(self.pid_file),
        )

    def heard(self, show: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """Return what shows the progress of a run, and tells its starter once it is ready."""

        def on_progress(progress: Progress) -> None:
            if progress.tally.is_ready and not self._is_told:
                self._is_told = True
                self.notify.ready("commands are carried out")
            show(progress)

        return on_progress
