"""GuestFamily: the plays of one guest system, as a hunt wants them."""

from pathlib import Path

from attrs import frozen

from ..outcome import Outcome
from ..schedules import Deferral, Recorder
from .drawing import drawn_play
from .play import Play
from .saved import read_play, write_play
from .shrinking import smallest
from .stage import Stage
from .system import ActorSystem


@frozen
class GuestFamily:
    """Every play of a system."""

    system: ActorSystem
    seeds_default: int = 500

    def drawn(self, seed: int) -> Play:
        """Return the play of a seed."""
        return drawn_play(self.system, seed)

    def run(self, case: Play) -> Outcome:
        """Play it."""
        return Stage(self.system, case).run()

    def smallest(self, case: Play, outcome: Outcome) -> Play:
        """Return a small play that breaks the same invariant."""
        return smallest(case, lambda less: self.run(less).broken == outcome.broken, self._recorded)

    def choices(self, case: Play) -> int:
        """Count sends, troubles and deferrals."""
        return case.choices

    def write(self, case: Play, note: str) -> str:
        """Return a play as the text of a file."""
        return write_play(self.system, case, note=note)

    def read(self, path: Path) -> Play:
        """Return the play of a file."""
        return read_play(self.system, path)

    def _recorded(self, play: Play) -> tuple[Deferral, ...]:
        """Return which channels the play's own schedule held, and when."""
        recorder = Recorder(Stage(self.system, play).chooser)
        Stage(self.system, play, recorder).run()
        return recorder.all()
