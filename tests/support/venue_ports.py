"""Venue ports: `callboard venue --port` as a process, and a hand on its control port.

The hand has the words of the one on a Unix socket, so that the same campaign leads either. Every
wait ends with a named signal, or fails after its limit.
"""

import http.client
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import asdict, frozen

from callboard.scenarios.venue.faults import Fault, Faults
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.talk import Activity, LedgerTaken, talk_codec

HOST = "127.0.0.1"
LISTENS = re.compile(r"venue: .* at (http://\S+:\d+), control at http://\S+:(\d+)")
TIMEOUT_SECONDS = 30.0
LOOK_SECONDS = 0.02
LEDGER_TAKEN = "TalkLedgerTaken.v1"
ACCOUNT = "account-1"
"""The server's name of the one account that a run has."""


@frozen
class PortControl:
    """What a test does to a venue on a port."""

    url: str
    """Base of its REST."""
    port: int
    """Where it is led."""

    def ask(self, method: str, path: str, values: Mapping[str, Any] | None = None) -> Any:
        """Ask the control port; return what it answers."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, None if values is None else json.dumps(values))
            answer = connection.getresponse()
            body = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status == http.client.OK, (path, values, body)
        return body

    def ledger(self) -> VenueLedger:
        """Return the truth of the run's account."""
        told = self.ask("GET", f"/ledger?account={ACCOUNT}")
        taken = talk_codec().decode({"t": LEDGER_TAKEN, "number": 0, "ledger": told})
        assert isinstance(taken, LedgerTaken)
        return taken.ledger

    def set_faults(self, faults: Faults) -> None:
        """Replace the venue's drawn faults; those of the wire end with them."""
        self.lead({name: value for name, value in asdict(faults).items() if name != "streams"})

    def lead(self, values: Mapping[str, Any]) -> None:
        """Replace all faults, those of the wire too, by name."""
        self.ask("POST", "/faults", values)

    def fired(self) -> dict[str, int]:
        """Return how often each fault has fired."""
        fired: dict[str, int] = self.ask("GET", "/counts")["faults"]
        return fired

    def held(self) -> dict[str, Any]:
        """Return what the run's account has open right now."""
        held: dict[str, Any] = self.ask("GET", f"/held?account={ACCOUNT}")
        return held

    def strike(self, fault: Fault, size_ms: int | None) -> None:
        """Let an incident befall the account's exchange now."""
        size = {} if size_ms is None else {"size_ms": size_ms}
        self.ask("POST", "/strike", {"fault": fault.value, "account": ACCOUNT} | size)

    def activity(self) -> Activity:
        """Return how many requests have come; what they changed is in the ledger."""
        return Activity(requests=self.ask("GET", "/counts")["requests"])

    def await_activity(self, least: Activity, *, timeout_seconds: float) -> Activity:
        """Wait until so many requests have come, or for so long, and return how many."""
        pause, until = threading.Event(), time.monotonic() + timeout_seconds
        while (now := self.activity()).requests < least.requests and time.monotonic() < until:
            pause.wait(LOOK_SECONDS)
        return now


@contextmanager
def venue_on_port(*options: str) -> Generator[PortControl]:
    """Run `callboard venue --port` until the end of the context; it listens when this yields."""
    command = [sys.executable, "-m", "callboard", "venue", "--port=0", "--control-port=0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = LISTENS.match(process.stdout.readline())
            assert found is not None
            yield PortControl(found[1], int(found[2]))
        finally:
            if process.poll() is None:
                process.kill()
