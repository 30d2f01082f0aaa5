"""Visitors: lets the service look at the demo's engine while its story is played.

Owns the engine's socket in the demo's folder. What visitors ask waits until the story's one thread
has a moment, and is then put to the engine at that virtual instant; the records of it stand in the
journal like any host's. Commands are refused, since the demo tells its own story. Trade store and
audit log follow at the same moments.
"""

import queue
from collections.abc import Callable
from typing import Any, Self, get_args

from attrs import define, field

from ...actors.adapters.engine_socket import FILE, EngineSocket
from ...actors.adapters.records.views import FollowedViews, views_of
from ...actors.adapters.vitals import actor_view
from ...actors.errors import Refused
from ...actors.runtime.front import RIM
from ...actors.system import ROUTES, VERSION
from ...messages.queries import Query
from ...messages.vitals import GetVitals, JournalView, VitalsView
from .stage import Stage
from .wire import MS_NS

OWN_STORY = "the demo tells its own story; `callboard run` takes commands"
WAITING_MAX = 1_000

Answer = Callable[[Any], None]


@define(eq=False)
class Visitors:
    """A context: visitors may ask inside it, and are answered by `attend`."""

    stage: Stage
    _socket: EngineSocket = field(init=False)
    _views: FollowedViews = field(init=False)
    _waiting: "queue.Queue[tuple[Any, Answer]]" = field(init=False)

    def __enter__(self) -> Self:
        stage = self.stage
        self._waiting = queue.Queue(WAITING_MAX)
        codec = stage.engine.codec
        records = stage.engine.settings.records
        self._views = FollowedViews(views_of(records, stage.data_dir, stage.disk, codec))
        self._socket = EngineSocket(stage.data_dir / FILE, self._enter, codec)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._views.finish()

    def attend(self) -> None:
        """Answer who has asked since the last time, at this virtual instant."""
        self._views.look()
        for _ in range(self._waiting.qsize()):
            message, answer = self._waiting.get_nowait()
            answer(self._answer(message))

    def _enter(self, message: Any, answer: Answer) -> None:
        if isinstance(message, RIM):
            answer(None)  # whatever the rim could tell stands in the journal of a demo
        elif not isinstance(message, get_args(Query)):
            answer(Refused(OWN_STORY))
        else:
            try:
                self._waiting.put_nowait((message, answer))
            except queue.Full:
                answer(Refused("queue_full"))

    def _answer(self, query: Any) -> Any:
        if isinstance(query, GetVitals):
            return self._vitals()
        return self.stage.engine.ask(query, ROUTES[type(query)])

    def _vitals(self) -> VitalsView:
        engine, watch = self.stage.engine, self.stage.watch
        kernel, counts = engine.kernel, engine.kernel.counts
        cells = tuple(kernel.cells.values())
        return VitalsView(
            at_ms=engine.simulation.now_ns // MS_NS,
            pid=0,
            version=VERSION,
            mode=engine.settings.mode,
            generation=1,
            started_at_ms=watch.start_ns // MS_NS,
            uptime_ms=watch.now_ms,
            ready=True,
            messages_sent=counts.sent,
            messages_delivered=counts.delivered,
            core_steps=counts.steps,
            failures=counts.failures,
            restarts=counts.restarts,
            dead_letters=counts.dead,
            actors=tuple(actor_view(cell, 0, None) for cell in cells),
            last_dead=(),
            # The story's disk takes every record before the step's effects leave.
            journal=JournalView(kernel.sequence, kernel.sequence, 0, 0, 0, 0, "", 0),
        )
