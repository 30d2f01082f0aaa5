"""SocketBare: what the rows over sockets are measured against, run in a process of its own.

`sequential` is bare python-binance, `Client.futures_create_order` on its own session: market
orders of the same quantity, by turns bought and sold. `beside` is the naive design, a thread for
each actor of Pykka: strategy, risk, orders, gateway and back again, the gateway with that client,
while another thread computes. Takes the venue's URL and a JSON object of cases and how many orders;
prints one JSON object of their seconds.
"""

import json
import os
import queue
import sys
import time
from collections.abc import Callable
from typing import Any

import pykka
from binance.client import Client

from computing import computing

SYMBOL = "ETHUSDT"
QUANTITY = "0.010"
WARMING = 20
WAIT_SECONDS = 60.0

Send = Callable[[int], object]


class Hop(pykka.ThreadingActor):
    """Hands on what it is told: an actor of the naive chain without any work of its own."""

    def __init__(self, then: Callable[[int], object]) -> None:
        super().__init__()
        self._then = then

    def on_receive(self, message: int) -> None:
        """Hand on."""
        self._then(message)


def bare(url: str) -> Send:
    """Return what sends the order of a number with python-binance and waits for its answer."""
    client: Any = Client(f"bare-{os.getpid()}", "secret", ping=False)
    client.FUTURES_URL = f"{url}/fapi"

    def send(number: int) -> object:
        side = "SELL" if number % 2 else "BUY"
        return client.futures_create_order(
            symbol=SYMBOL, side=side, type="MARKET", quantity=QUANTITY
        )

    return send


def sequential(url: str, orders: int) -> list[float]:
    """Return the seconds of each order."""
    return timed(bare(url), orders)


def beside(url: str, orders: int) -> list[float]:
    """Return the seconds of each order through the naive chain, while a thread computes."""
    send = bare(url)
    answers = queue.SimpleQueue[int]()
    try:
        strategy = Hop.start(answers.put)
        done = Hop.start(strategy.tell)

        def exchange(number: int) -> None:
            send(number)
            done.tell(number)

        gateway = Hop.start(exchange)
        manager = Hop.start(gateway.tell)
        risk = Hop.start(manager.tell)

        def through(number: int) -> None:
            risk.tell(number)
            answers.get(timeout=WAIT_SECONDS)

        with computing():
            return timed(through, orders)
    finally:
        pykka.ActorRegistry.stop_all()


def timed(send: Send, orders: int) -> list[float]:
    """Send orders one after the other, the first ones uncounted; return the seconds of each."""
    seconds: list[float] = []
    warming = min(WARMING, orders)
    for number in range(warming + orders):
        begin = time.perf_counter()
        send(number)
        seconds.append(time.perf_counter() - begin)
    return seconds[warming:]


CASES: dict[str, Callable[[str, int], list[float]]] = {"sequential": sequential, "beside": beside}


if __name__ == "__main__":
    wanted: dict[str, int] = json.loads(sys.argv[2])
    print(json.dumps({case: CASES[case](sys.argv[1], orders) for case, orders in wanted.items()}))
