"""Venue streams: websockets of a venue's server, as a test holds them.

A frame is waited for by what it is, never by time; that nothing came is shown by the answer to a
question that was asked afterwards, since a websocket keeps its order.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import orjson
from websockets.sync.client import ClientConnection, connect

from callboard.scenarios.venue import api_config
from callboard.scenarios.venue.core import Core
from callboard.scenarios.venue.params import Params
from callboard.scenarios.venue.server.floor import Floor
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.venue import Venue

ACCOUNT = "listener"
WAIT_SECONDS_MAX = 20.0

Result = TypeVar("Result")


class Stream:
    """One websocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def next(self) -> Any:
        """Return the next message."""
        return orjson.loads(self.connection.recv(WAIT_SECONDS_MAX))

    def next_of(self, event: str) -> Any:
        """Return the next frame of a type, wrapped or not."""
        while True:
            frame = self.next()
            if event in (frame.get("e"), frame.get("data", {}).get("e")):
                return frame

    def ask(self, method: str, *params: Any) -> Any:
        """Return the answer to a word, skipping what comes before it."""
        self.connection.send(orjson.dumps({"method": method, "params": params, "id": 1}).decode())
        while True:
            message = self.next()
            if "id" in message:
                return message

    def is_mute(self) -> bool:
        """Return whether nothing came before the answer to a question asked now."""
        self.connection.send('{"method":"LIST_SUBSCRIPTIONS","id":2}')
        return "id" in self.next()


@contextmanager
def stream(server: VenueServer, path: str) -> Generator[Stream]:
    """Connect a websocket for the length of a block."""
    url = f"{server.ws_url}{path}"
    with connect(url, max_queue=None, compression=None, ping_interval=None) as connection:
        yield Stream(connection)


def account_of(floor: Floor) -> Venue:
    """Return the account that these tests listen to."""
    return floor.venues.of(ACCOUNT)


def act(server: VenueServer, action: Callable[[Core], Result]) -> Result:
    """Do something to the account's core on the server's thread."""

    def do(floor: Floor) -> Result:
        result = action(account_of(floor).core)
        floor.run()
        return result

    return server.call(do)


def listen_key(server: VenueServer) -> str:
    """Return the account's listen key, made if need be."""
    return act(server, lambda core: core.listen_key.open())


def change_leverage(server: VenueServer, leverage: int) -> None:
    """Let something happen that the user stream tells: one ACCOUNT_CONFIG_UPDATE."""
    params = Params({"symbol": "BTCUSDT", "leverage": str(leverage)})
    act(server, lambda core: api_config.change_leverage(core, params))
