"""Face: one of the things that stand around an engine, as its keeper sees it.

A face begins, is looked after again and again on a thread of its own, and gives everything back at
its end. It decides nothing, and whatever it raises costs nobody but its own users.
"""

from typing import Protocol

from attrs import frozen


@frozen
class FaceHealth:
    """How a face is, in words for people."""

    is_ok: bool
    text: str = ""


class Face(Protocol):
    """What the keeper starts, looks after and ends; all of it on one thread, but `health`."""

    @property
    def name(self) -> str:
        """Its name on the board, in the log and in the health."""
        ...

    def open(self) -> None:
        """Begin; raises whatever hinders, and is tried again later."""
        ...

    def look(self) -> float:
        """Do what is due; returns the seconds until the next look; raises when it is broken."""
        ...

    def close(self) -> None:
        """Give everything back, also after half an `open`; harmless twice."""
        ...

    def health(self) -> FaceHealth:
        """Say how it is; any thread."""
        ...
