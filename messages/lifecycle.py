"""Life cycle: what the runtime tells an actor about itself and about others.

Runtime -> actor (`ActorStarted`, `Terminated`) and runtime -> supervisor (`ActorFailed`); these
are delivered like any message and stand in the record.
"""

from attrs import frozen


@frozen
class ActorStarted:
    """The actor runs from now on, fresh or rebuilt; answered by its `resume`."""

    generation: int


@frozen
class ActorFailed:
    """A handler raised; nothing of it happened, and the actor waits for a directive."""

    actor: str
    generation: int
    message_id: str
    message: str
    error: str
    text: str


ENGINE_STOPS = "the engine stops"
"""Reason of an orderly end, which nobody needs to be alarmed about."""


@frozen
class Terminated:
    """A watched actor is gone for good."""

    actor: str
    reason: str


@frozen
class RestartActor:
    """Rebuild an actor from its facts; `redeliver` repeats the message that failed."""

    actor: str
    redeliver: bool


@frozen
class StopActor:
    """Stop an actor for good."""

    actor: str
    reason: str


@frozen
class HighWaterPassed:
    """The core's inbox is longer than its mark."""

    depth: int
    mark: int
