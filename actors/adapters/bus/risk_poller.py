"""RiskPoller: asks the risk service again and again, and tells the engine what it says.

A face. Every answer about the emergency stop is told, since each is also a sign of life; a policy
is told when it is another than before, and one of them at every turn as a sign of life, where all
were answered. A silence is told to nobody: the gate counts the age of the last word, and refuses
entries after `emergency.ttl_ms` (C-09).
"""

import time

from ....messages.intake import EmergencyStateChanged, PolicyChanged
from ...errors import ConfigurationError, Refused
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from ..service.link import LinkFault
from .risk_service import RiskService, ServiceSilent

SOURCE = "risk_service"
MS_PER_SECOND = 1_000
NS_PER_MS = 1_000_000


class RiskPoller:
    """Asks one service."""

    name = SOURCE

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._settings = context.settings.emergency
        self._told: dict[str, str] = {}
        """Policy -> its value, as the engine was last told."""
        self._state = ""
        self._fault = "was not asked yet"

    def open(self) -> None:
        """Begin with nothing told; raises `ConfigurationError` without an address."""
        self._told = {}

    def look(self) -> float:
        """Ask for everything once; whatever does not answer is asked again at the next turn."""
        service = RiskService.of(self._settings)
        if service is None:
            raise ConfigurationError("emergency.url: is empty, there is nobody to ask")
        begun = time.monotonic()
        try:
            self._ask(service)
        except (ServiceSilent, LinkFault, Refused) as fault:
            self._note(str(fault))
        else:
            self._note("")
        left = self._settings.poll_ms / MS_PER_SECOND - (time.monotonic() - begun)
        return max(left, 0.0)

    def close(self) -> None:
        """Nothing is held."""
        self._state = ""

    def health(self) -> FaceHealth:
        """Say what the service said last, or why it does not."""
        text = self._fault or f"the emergency stop is {self._state}, {len(self._told)} policies"
        return FaceHealth(not self._fault, text)

    def _ask(self, service: RiskService) -> None:
        self._state = service.state()
        self._context.link.tell(EmergencyStateChanged(self._state, SOURCE, _now_ms()))
        silent = [key for key in self._settings.policy_keys if not self._ask_policy(service, key)]
        if silent:
            raise ServiceSilent(self._settings.url, f"does not tell {', '.join(silent)}")
        for key, value in tuple(self._told.items())[:1]:
            self._context.link.tell(PolicyChanged(key, value, SOURCE, _now_ms()))

    def _ask_policy(self, service: RiskService, key: str) -> bool:
        try:
            value = service.policy(key)
        except ServiceSilent:
            return False
        if self._told.get(key) != value:
            self._context.link.tell(PolicyChanged(key, value, SOURCE, _now_ms()))
            self._told[key] = value
        return True

    def _note(self, fault: str) -> None:
        if fault and fault != self._fault:
            self._context.log(self.name, "risk_service_silent", {"why": fault})
        self._fault = fault


def _now_ms() -> int:
    return time.time_ns() // NS_PER_MS
