"""CommandSpool: lets people command a running engine through its data directory.

Owns the thread that looks into the spool ten times a second and writes the answers there. A folder
that cannot be read is logged once and looked at again; it never stops the engine.
"""

from typing import Any, assert_never

from attrs import frozen

from ..ports import Clock
from ..runtime.actor import Context, EdgeActor
from .operator_desk import OperatorDesk, Post
from .spool import Order, Spool

SECOND_NS = 1_000_000_000
INTERVAL_SECONDS = 0.1
"""Of the wall: people do not get faster when the engine's time does."""
LOOK_KEY = "look"


@frozen
class _Look:
    """It is time to look into the spool."""


@frozen
class _Replied:
    """The core's reply for an order, brought to this actor's own thread."""

    order: Order
    reply: Any


Inbox = _Look | _Replied


class CommandSpool(EdgeActor):
    """Looks into a folder, again and again."""

    def __init__(
        self, spool: Spool, post: Post, *, clock: Clock, name: str, symbols: tuple[str, ...] = ()
    ) -> None:
        self._desk = OperatorDesk(
            spool, post, lambda order, reply: post(name, _Replied(order, reply)), symbols
        )
        self._clock = clock
        self._is_unreadable = False

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case _Look():
                self._look(ctx)
            case _Replied():
                self._desk.on_reply(message.order, message.reply)
            case _:
                assert_never(message)

    def resume(self, ctx: Context) -> None:
        """Look at once: a HALT may lie there from before."""
        self._look(ctx)

    def _look(self, ctx: Context) -> None:
        ctx.after(self._interval_ns(), _Look(), key=LOOK_KEY)
        try:
            self._desk.look()
        except OSError as error:
            if not self._is_unreadable:
                ctx.log("spool_unreadable", error=str(error))
            self._is_unreadable = True
        else:
            self._is_unreadable = False

    def _interval_ns(self) -> int:
        """Return the engine time that passes while people wait `INTERVAL_SECONDS`."""
        second = self._clock.wall_seconds(SECOND_NS)
        return int(INTERVAL_SECONDS / second * SECOND_NS)
