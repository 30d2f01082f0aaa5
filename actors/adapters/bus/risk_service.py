"""RiskService: a risk service over HTTP, its emergency state and its single policies.

One request a question, each with an end; no redirect is followed and no answer larger than
`BYTES_MAX` is read. No answer, or one that is not 200, is a silence: nobody knows. An answer that
says nothing readable is a word, and the worst one (C-09).
"""

import http.client
from urllib.parse import SplitResult, quote, urlsplit

from attrs import frozen

from ...errors import EngineError
from ...service_settings import EmergencySettings
from ..json_text import Json, json_object
from ..signal_words import BadField
from .incoming import MALFORMED, policy_text, read_emergency

BYTES_MAX = 64 * 1024
STATUS_PATH, POLICY_PATH = "/api/risk/ess/status", "/api/policy/"
OK = 200
MS_PER_SECOND = 1_000


class ServiceSilent(EngineError):
    """The risk service gave no answer that counts; says why."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(url, why)
        self.url = url
        self.why = why

    def __str__(self) -> str:
        return f"{self.url}: {self.why}"


@frozen
class RiskService:
    """Asks one service; any thread."""

    url: SplitResult
    timeout_ms: int

    @staticmethod
    def of(settings: EmergencySettings) -> "RiskService | None":
        """Return the service of the settings, None where none is configured."""
        if not settings.url:
            return None
        return RiskService(urlsplit(settings.url), settings.timeout_ms)

    def state(self) -> str:
        """Return the word of the emergency stop; raises `ServiceSilent`."""
        body = self._get(STATUS_PATH)
        try:
            return read_emergency(json_object(body))
        except BadField:
            return MALFORMED

    def policy(self, key: str) -> str:
        """Return a policy's value as text; raises `ServiceSilent`, also for one nobody can read."""
        path = POLICY_PATH + quote(key, safe="")
        try:
            return _value(json_object(self._get(path)), key)
        except BadField as bad:
            raise ServiceSilent(self._shown(path), str(bad)) from bad

    def _get(self, path: str) -> bytes:
        try:
            return self._answer(path)
        except (OSError, http.client.HTTPException) as error:
            raise ServiceSilent(self._shown(path), str(error) or type(error).__name__) from error

    def _answer(self, path: str) -> bytes:
        kind = (
            http.client.HTTPSConnection
            if self.url.scheme == "https"
            else http.client.HTTPConnection
        )
        connection = kind(
            self.url.hostname or "", self.url.port, timeout=self.timeout_ms / MS_PER_SECOND
        )
        try:
            connection.request(
                "GET", self.url.path.rstrip("/") + path, headers={"Accept": "application/json"}
            )
            answer = connection.getresponse()
            if answer.status != OK:
                raise ServiceSilent(self._shown(path), f"answered {answer.status}")
            return answer.read(BYTES_MAX)
        finally:
            connection.close()

    def _shown(self, path: str) -> str:
        return f"{self.url.geturl().rstrip('/')}{path}"


def _value(data: Json, key: str) -> str:
    said = data.get("key", key)
    if said != key:
        raise BadField("key", f"is {said!r}, which was not asked for")
    return policy_text(data)
