"""Channels: the ways on which notices leave: a signed webhook, Apprise, and the log.

Which there are is said by the environment alone, since their addresses are secrets. A channel that
cannot be made is a fault that the health shows; the others work without it.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from attrs import frozen

from ...errors import ConfigurationError
from ...runtime.hosting import LogSink
from ..secret import read_secret
from .notices import Notice

WEBHOOK_URL, WEBHOOK_SECRET = "CALLBOARD_ALERT_WEBHOOK_URL", "CALLBOARD_ALERT_WEBHOOK_SECRET"
APPRISE_URLS = "APPRISE_URLS"
MS_PER_SECOND = 1_000


class DeliveryFailed(Exception):
    """A notice was not taken; `is_final` where another attempt would end the same."""

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


class Channel(Protocol):
    """One way to people; for one thread."""

    @property
    def name(self) -> str:
        """Its name in the health."""
        ...

    @property
    def address(self) -> str:
        """Where it leads, without what is secret."""
        ...

    def deliver(self, notice: Notice) -> None:
        """Hand over a notice; may wait; raises `DeliveryFailed`."""
        ...


@frozen(eq=False)
class LogLine:
    """A line of the log for each notice; never waits."""

    log: LogSink
    name: str = "log"
    address: str = "a line of the log"

    def deliver(self, notice: Notice) -> None:
        """Write the line."""
        fields = {
            "rule": notice.rule,
            "subject": notice.subject,
            "severity": notice.severity.value,
            "value": notice.value,
            "text": notice.text,
        }
        self.log("alerts", f"alert_{notice.state.value}", fields)


@frozen
class Opened:
    """The channels that there are, and what is wrong with those that there are not."""

    channels: tuple[Channel, ...]
    faults: tuple[str, ...] = ()


def open_channels(environ: Mapping[str, str], *, timeout_ms: int) -> Opened:
    """Return the channels that the environment names; none of them has sent anything yet."""
    channels: list[Channel] = []
    faults: list[str] = []
    seconds = timeout_ms / MS_PER_SECOND
    makers: tuple[Callable[[], Channel | None], ...] = (
        lambda: _webhook(environ, seconds),
        lambda: _apprise(environ),
    )
    for make in makers:
        try:
            channel = make()
        except ConfigurationError as error:
            faults.append(str(error))
        else:
            channels += () if channel is None else (channel,)
    return Opened(tuple(channels), tuple(faults))


def _webhook(environ: Mapping[str, str], seconds: float) -> Channel | None:
    from .webhook import Webhook

    url, secret = read_secret(WEBHOOK_URL, environ), read_secret(WEBHOOK_SECRET, environ)
    if url is None:
        return None
    if secret is None:
        raise ConfigurationError(f"{WEBHOOK_SECRET}: is not set, and the webhook must be signed")
    return Webhook.at(url, secret, seconds)


def _apprise(environ: Mapping[str, str]) -> Channel | None:
    from .apprise_channel import AppriseChannel

    urls = read_secret(APPRISE_URLS, environ)
    return None if urls is None else AppriseChannel.at(urls)
