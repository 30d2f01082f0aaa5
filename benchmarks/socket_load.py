"""SocketLoad: what the venue's server alone can do, asked by raw sockets.

Owns raw keep-alive sockets with a request made once: a market order of a small quantity, by turns
bought and sold, dated by the venue at the start. Takes the venue's URL and how many; prints as JSON
the seconds of each, one after the other, and the requests a second with eight connections busy.
"""

import json
import os
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

CONNECTIONS = 8
HEAD_END = b"\r\n\r\n"
CHUNK = 65_536
TIMEOUT_SECONDS = 60
Requests = tuple[bytes, bytes]


def requests(netloc: str, at_ms: int) -> Requests:
    """Return the bytes of an order that buys and of one that sells."""
    key = f"load-{os.getpid()}"
    return (_request(netloc, "BUY", key, at_ms), _request(netloc, "SELL", key, at_ms))


def _request(netloc: str, side: str, key: str, at_ms: int) -> bytes:
    body = (
        f"symbol=ETHUSDT&side={side}&type=MARKET&quantity=0.010"
        f"&recvWindow=60000&timestamp={at_ms}&signature=none"
    )
    head = (
        f"POST /fapi/v1/order HTTP/1.1\r\nHost: {netloc}\r\nX-MBX-APIKEY: {key}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def read_answer(connection: socket.socket) -> None:
    """Read one answer whole; raises `RuntimeError` unless it says that all went well."""
    data = b""
    while HEAD_END not in data:
        data += _received(connection)
    head, _, body = data.partition(HEAD_END)
    if b" 20" not in head.split(b"\r\n", 1)[0]:
        raise RuntimeError(f"it was refused: {data!r}")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2])
    while len(body) < length:
        body += _received(connection)


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(CHUNK)
    if not data:
        raise RuntimeError("the other end hung up")
    return data


def one_by_one(address: tuple[str, int], pair: Requests, count: int) -> list[float]:
    """Return the seconds of each request."""
    seconds: list[float] = []
    with socket.create_connection(address, TIMEOUT_SECONDS) as connection:
        for number in range(count):
            begin = time.perf_counter()
            connection.sendall(pair[number % 2])
            read_answer(connection)
            seconds.append(time.perf_counter() - begin)
    return seconds


def at_once(address: tuple[str, int], pair: Requests, count: int) -> float:
    """Return the requests a second with every connection busy."""
    connections = [
        socket.create_connection(address, TIMEOUT_SECONDS) for _ in range(min(CONNECTIONS, count))
    ]
    with selectors.DefaultSelector() as selector:
        sent, answered, begin = 0, 0, time.perf_counter()
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ, connection)
            connection.sendall(pair[sent % 2])
            sent += 1
        while answered < count:
            for ready, _ in selector.select(TIMEOUT_SECONDS):
                read_answer(ready.data)
                answered += 1
                if sent < count:
                    ready.data.sendall(pair[sent % 2])
                    sent += 1
        rate = count / (time.perf_counter() - begin)
    for connection in connections:
        connection.close()
    return rate


def main(url: str, count: int) -> dict[str, object]:
    """Ask one by one and all at once."""
    where = urlsplit(url)
    assert where.hostname is not None
    assert where.port is not None
    address = (where.hostname, where.port)
    pair = requests(where.netloc, time.time_ns() // 1_000_000)
    return {
        "seconds": one_by_one(address, pair, count),
        "rate": at_once(address, pair, count),
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
