"""Faults: why an engine's API could not be used, with the address and never a token."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ...errors import EngineError

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Unreachable(EngineError):
    """Nobody answers at the address, or it is no Callboard that does."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(place, why)
        self.place = place
        self.why = why

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


class ApiRefused(EngineError):
    """The API has answered, and said no; `details` are (field, message)s."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: tuple[tuple[str, str], ...] = (),
        answer: Mapping[str, Any] = NOTHING,
    ) -> None:
        super().__init__(status, code, message, details)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.answer = answer
        """The whole of it, with what stands beside `error`."""

    def __str__(self) -> str:
        named = [f"{field}: {text}" for field, text in self.details]
        known = [each for each in named if each not in self.message]
        return "; ".join([f"{self.message} ({self.code}, {self.status})", *known])
