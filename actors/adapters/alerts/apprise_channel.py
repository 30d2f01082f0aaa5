"""AppriseChannel: notices to Telegram, Slack, mail and others, by the library Apprise.

It comes with the extra `callboard[alerts]` and is imported when `APPRISE_URLS` names somebody. Each
address gets every notice; Apprise says only whether all of them took it, so that one that failed
lets all be told again.
"""

import re
from importlib import import_module
from typing import Any

from attrs import field, frozen

from ....messages.values import Severity
from ...errors import ConfigurationError
from ..secret import Secret
from .channels import APPRISE_URLS, DeliveryFailed
from .notices import Notice, State

KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}


@frozen(eq=False)
class AppriseChannel:
    """Tells all addresses of one setting."""

    address: str
    """How many they are, and their schemes."""
    _library: Any = field(alias="library", repr=False)
    name: str = "apprise"

    @classmethod
    def at(cls, urls: Secret) -> "AppriseChannel":
        """Return the channel to some addresses, with commas, spaces or lines between them.

        Raises:
            ConfigurationError: The extra is not installed, or an address is none.
        """
        try:
            library = import_module("apprise")
        except ImportError:
            remedy = "pip install 'callboard[alerts]'"
            raise ConfigurationError(f"{APPRISE_URLS}: needs the extra alerts: {remedy}") from None
        told = library.Apprise()
        names = [each for each in re.split(r"[\s,]+", urls.reveal()) if each]
        for number, each in enumerate(names, start=1):
            if not told.add(each):
                raise ConfigurationError(f"{APPRISE_URLS}: address {number} is none of Apprise's")
        schemes = ", ".join(sorted({each.partition("://")[0] for each in names}))
        return cls(f"{len(names)} by {schemes}", told)

    def deliver(self, notice: Notice) -> None:
        """Tell every address, and wait until all have answered."""
        kind = "success" if notice.state is State.RESOLVED else KINDS[notice.severity]
        body = "\n".join(each for each in (notice.text, notice.limit, notice.engine) if each)
        if not self._library.notify(title=notice.headline, body=body or "-", notify_type=kind):
            raise DeliveryFailed("one of the addresses did not take it")
