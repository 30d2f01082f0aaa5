"""Posting: how an edge's own thread hands a message to an actor.

The kernel's `post` fits. A listener or an answer comes on a thread that is no actor's, so it may
not touch a context; what it has to say goes through an inbox like everything else.
"""

from typing import Protocol


class Post(Protocol):
    """Puts one message into the inbox of the actor `to`; any thread; never blocks."""

    def __call__(
        self,
        to: str,
        message: object,
        *,
        sender: str = "",
        correlation: str = "",
        cause: str = "",
    ) -> None:
        """Send `message`; `cause` is the id of the message that the edge was working on."""
        ...
