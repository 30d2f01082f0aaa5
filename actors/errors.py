"""Errors: whose fault it is and what now, one class for each answer.

Owns the engine's exception tree; data stands in attributes, the sentence is made by `__str__`.
A refusal by a limit or by the venue is usually a message, not an exception: these are for the
places where a caller waits for a return value, and for our own bugs. Exceptions of libraries
are translated to them once, at the adapter that calls the library.
"""


class EngineError(Exception):
    """Base of every exception that the engine raises on purpose."""


class Refused(EngineError):
    """The request is at fault and the answer is final: ours or the client's to correct."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"refused: {self.reason}"


class Transient(EngineError):
    """Nothing happened and it will pass: the same call may succeed after `retry_after_ms`."""

    def __init__(self, reason: str, retry_after_ms: int) -> None:
        super().__init__(reason, retry_after_ms)
        self.reason = reason
        self.retry_after_ms = retry_after_ms

    def __str__(self) -> str:
        return f"not now: {self.reason}; try again after {self.retry_after_ms} ms"


class OutcomeUnknown(EngineError):
    """The request may have been executed: only evidence of the venue settles it."""

    def __init__(self, client_order_id: str, reason: str) -> None:
        super().__init__(client_order_id, reason)
        self.client_order_id = client_order_id
        self.reason = reason

    def __str__(self) -> str:
        return f"outcome of {self.client_order_id} is unknown: {self.reason}"


class Halted(EngineError):
    """The circuit breaker allows no new risk; reducing orders still pass."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"trading is halted: {self.reason}"


class InvariantBroken(EngineError):
    """Our own bug: something that must be true is not, so the actor crashes."""

    def __init__(self, invariant: str) -> None:
        super().__init__(invariant)
        self.invariant = invariant

    def __str__(self) -> str:
        return f"invariant broken: {self.invariant}"


class ConfigurationError(EngineError):
    """The operator's settings are at fault: nothing was started; every fault is named at once."""

    def __init__(self, *faults: str) -> None:
        super().__init__(*faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(self.faults)
