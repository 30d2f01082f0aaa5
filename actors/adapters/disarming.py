"""Disarming: an orderly stop lets no countdown of the venue run on.

Owns the wait of whoever stops an engine: it tells Account to disarm, and asks until every symbol is
settled. Bound: `WAIT_SECONDS`, after which the engine stops all the same and the log says what may
still run. A wait of the wall, since a venue has to answer.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from ...messages.account import CountdownReported, DisarmCountdown, ReportCountdown
from ..names import ACCOUNT

WAIT_SECONDS = 6.0
"""One request takes five at most."""
LOOK_SECONDS = 0.02


class Post(Protocol):
    """The kernel's `post`."""

    def __call__(
        self, to: str, message: object, *, reply: Callable[[Any], None] | None = None
    ) -> None:
        """Send a message from outside the core."""
        ...


def disarm_countdown(post: Post, *, wait_seconds: float = WAIT_SECONDS) -> dict[str, str]:
    """Disarm every symbol's countdown; return those that may still run, with the reason."""
    post(ACCOUNT, DisarmCountdown())
    until = time.monotonic() + wait_seconds
    told = _ask(post, until)
    while (told is None or told.pending) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        told = _ask(post, until)
    if told is None:
        return {"all": "the account did not answer"}
    return {**dict.fromkeys(told.pending, "the venue did not answer"), **dict(told.left)}


def _ask(post: Post, until: float) -> CountdownReported | None:
    answers: list[Any] = []
    answered = threading.Event()

    def take(answer: Any) -> None:
        answers.append(answer)
        answered.set()

    post(ACCOUNT, ReportCountdown(), reply=take)
    answered.wait(max(0.0, until - time.monotonic()))
    told = answers[0] if answers else None
    return told if isinstance(told, CountdownReported) else None
