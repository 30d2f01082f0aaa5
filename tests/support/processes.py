"""Processes: who started whom on this machine, as a test sees it."""

from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def parent_of(process: int) -> int:
    """Return who started a process, 0 of one that has ended, whether or not it was fetched."""
    try:
        words = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
        return 0 if words[0] == "Z" else int(words[1])
    except (OSError, IndexError):
        return 0


def children_of(process: int) -> Iterator[int]:
    """Yield the processes that one has started and that run."""
    for each in PROC.iterdir():
        if each.name.isdigit() and parent_of(int(each.name)) == process:
            yield int(each.name)
