"""Hooks: where a simulation meets Pykka itself.

Four names of its actors: `_create_actor_inbox` and `_start_actor_loop`, which it documents for
implementors of new actor types, `_handle_receive` and `_handle_failure`, since what a handler
raises is seen nowhere else. Three public ones: `ThreadingFuture.get`, `ActorRef.tell` and `ask`.
A test names them all and fails when a release changes one. Source: Pykka 4.4.2 to 4.5.0.
"""

from collections.abc import Callable
from typing import Any, cast

import pykka
from attrs import define

from .fibers import Fibers
from .patches import Patches, Threads
from .post import Post, SimulatedInbox


class OutsideActor(RuntimeError):
    """A simulated program spoke to an actor that was started before it."""


@define(eq=False)
class Hooks:
    """The hooks of one run."""

    fibers: Fibers
    post: Post
    threads: Threads
    outside: frozenset[str]
    """URNs of the actors that live on real threads."""

    def patch(self, patches: Patches) -> None:
        """Put every hook in its place."""
        actor: Any = pykka.Actor
        threading_actor: Any = pykka.ThreadingActor
        future: Any = pykka.ThreadingFuture
        ref: Any = pykka.ActorRef
        create = self._creating(threading_actor._create_actor_inbox)  # noqa: SLF001
        loop = self._starting(threading_actor._start_actor_loop)  # noqa: SLF001
        receive = self._receiving(actor._handle_receive)  # noqa: SLF001
        fail = self._failing(actor._handle_failure)  # noqa: SLF001
        patches.put(threading_actor, "_create_actor_inbox", staticmethod(create))
        patches.put(threading_actor, "_start_actor_loop", loop)
        patches.put(actor, "_handle_receive", receive)
        patches.put(actor, "_handle_failure", fail)
        patches.put(future, "get", self._getting(future.get))
        patches.put(ref, "tell", self._sending(ref.tell))
        patches.put(ref, "ask", self._sending(ref.ask))

    def _creating(self, real: Callable[[], Any]) -> Callable[[], Any]:
        def create_actor_inbox() -> Any:
            return self.post.inbox() if self.fibers.is_here() else real()

        return create_actor_inbox

    def _starting(self, real: Callable[[pykka.Actor], None]) -> Callable[[pykka.Actor], None]:
        def start_actor_loop(actor: pykka.Actor) -> None:
            self.threads.begin_with(inbox_of(actor))
            real(actor)

        return start_actor_loop

    def _receiving(self, real: Callable[[pykka.Actor, Any], Any]) -> Callable[..., Any]:
        def handle_receive(actor: pykka.Actor, message: Any) -> Any:
            inbox = inbox_of(actor)
            fiber = self.fibers.current if self.fibers.is_here() else None
            if inbox is None or fiber is None:
                return real(actor, message)
            mail = self.post.begin(inbox, fiber)
            try:
                return real(actor, message)
            except Exception as error:
                if mail.is_asked:
                    self.post.answered_with(mail, fiber, error)
                raise
            except BaseException as error:
                # Pykka would stop every actor for it and leave its asker waiting for ever.
                if not self.fibers.is_over:
                    self.fibers.abort(error)
                raise

        return handle_receive

    def _failing(self, real: Callable[..., None]) -> Callable[..., None]:
        def handle_failure(actor: pykka.Actor, *error: Any) -> None:
            fiber = self.fibers.current if self.fibers.is_here() else None
            if fiber is not None and isinstance(error[1], Exception):
                self.post.failed(fiber, error[1])
            real(actor, *error)

        return handle_failure

    def _getting(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def get(future: pykka.Future[Any], *, timeout: float | None = None) -> Any:
            fiber = self.fibers.current if self.fibers.is_here() else None
            if fiber is None:
                return real(future, timeout=timeout)
            self.post.heard(future)
            fiber.futures.append(future)
            try:
                return real(future, timeout=timeout)
            finally:
                fiber.futures.pop()

        return get

    def _sending(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def send(ref: pykka.ActorRef[Any], message: Any, **more: Any) -> Any:
            if ref.actor_urn in self.outside and self.fibers.is_here():
                raise OutsideActor(f"{ref} was started before the simulation, on a real thread")
            return real(ref, message, **more)

        return send


def inbox_of(actor: pykka.Actor) -> SimulatedInbox | None:
    """Return an actor's inbox, if it is a simulated one; an actor may have one of its own."""
    inbox = cast("object", actor.actor_inbox)
    return inbox if isinstance(inbox, SimulatedInbox) else None
