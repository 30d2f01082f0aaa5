"""Outcome: what one run came to, in sentences, whoever acted in it."""

from attrs import frozen


@frozen
class Outcome:
    """What came of a run."""

    violations: tuple[str, ...]
    """What did not hold, or was not settled; the name of an invariant leads."""
    trace: tuple[str, ...]
    """The last things that happened."""
    steps: int

    @property
    def is_clean(self) -> bool:
        """True when nothing was violated."""
        return not self.violations

    @property
    def broken(self) -> str:
        """The name of what did not hold first; empty for a clean run."""
        return self.violations[0].partition(":")[0] if self.violations else ""
