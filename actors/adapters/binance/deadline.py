"""Deadline: waiting for a socket that never blocks, until a moment of the monotonic clock.

One call of the system for each wait. A socket with a timeout of its own takes three where one is
enough, and each gives the interpreter's lock away: a thread that computes then keeps it for as long
as it is let.
"""

import math
import select
import socket
import time

READABLE, WRITABLE = select.POLLIN, select.POLLOUT
MS = 1_000


def seconds_left(until: float) -> float:
    """Return how many seconds are left; raises `TimeoutError` when none is."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def wait_for(connection: socket.socket, events: int, until: float) -> None:
    """Return once a socket is readable or writable, or has broken; raises `TimeoutError`."""
    poller = select.poll()
    poller.register(connection, events)
    if not poller.poll(math.ceil(seconds_left(until) * MS)):
        raise TimeoutError("timed out")
