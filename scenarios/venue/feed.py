"""Feed: where the account's frames go.

Owns whether anybody listens: while nobody does, what would be told is not even built.
"""

from collections.abc import Callable

from .frames import Frame


class UserFeed:
    """The account's way to its user streams."""

    def __init__(self, send: Callable[[Frame], None]) -> None:
        self.send = send
        self.is_heard = False
