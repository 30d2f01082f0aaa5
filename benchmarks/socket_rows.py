"""SocketRows: the shipped engine over real sockets, against clients of the same local venue.

Owns the method of these rows. The venue is `callboard venue`, a process of its own; so is every
side, in turn within a round, and a ratio is of one round. The engine's seconds are from the host's
tell until its subscriber hears of the venue's answer, bare python-binance's those of
`Client.futures_create_order` on its own session, both of market orders one after the other, by the
wall, since waiting for threads, the disk and the venue is what is measured. The venue answers at
once: a real one's round trip would hide most of what the engine adds. A note says how the CPU of an
order is spread over the engine's threads. Beside a host that computes, the interpreter's switch
interval is the 0.5 ms that README tells such hosts to set; the naive chain has Python's own, as it
would. Peers without a target are there to compare; one whose
package no environment has is absent.
"""

import json
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

from attrs import define, field

from measure import Absent, Row, Target, row_of
from venue_process import ENVIRONMENTS, python_with, say, venue

MS = 1_000.0
UNIT = "ms"
SHARES_SHOWN = 6
REST, WS = "rest", "ws"
ONE_LANE = "entries have one lane, with one request under way"

GROUP = Target("order placed over sockets, group commit / bare python-binance", UNIT, 0.55, False)
INTENT = Target("order placed over sockets, intent synced / bare python-binance", UNIT, 0.75, False)
FLOOD = Target("orders a second over sockets, 32 in flight / bare python-binance", "orders/s", 2.5)
WS_PLACED = Target(
    "order placed over ws-fapi, intent synced / bare python-binance", UNIT, 0.45, False
)
WS_FLOOD = Target("orders a second over ws-fapi, 32 in flight / bare python-binance", "orders/s", 5)
BESIDE = Target("order placed while the host computes / a naive Pykka chain", UNIT, 0.10, False)
PROTECT = Target("a fill to its stop acknowledged / bare python-binance's order", UNIT, None)
SERVER = Target("requests a second of the venue alone / bare python-binance", "requests/s", None)
PEERS = {
    "socket_ccxt.py": ("ccxt", Target("an order of ccxt async / bare python-binance", UNIT, None)),
    "socket_nautilus.py": (
        "nautilus_trader",
        Target("an order of NautilusTrader's HTTP client / bare python-binance", UNIT, None),
    ),
}
"""By program: the package that it needs, and its row."""
LIVE_PROGRAM, LIVE_PACKAGE = "socket_nautilus_live.py", "nautilus_trader"
LIVE = Target("an order of NautilusTrader's live pipeline / bare python-binance", UNIT, None)
LIVE_FLOOD = Target("orders a second of it, 32 in flight / bare python-binance", "orders/s", None)


@define
class Figures:
    """What the rounds found; the figures of one name are in the order of the rounds."""

    seconds: dict[str, list[list[float]]] = field(factory=dict[str, list[list[float]]])
    cpu: dict[str, list[dict[str, float]]] = field(factory=dict[str, list[dict[str, float]]])
    """CPU seconds of an order by thread, with the journal as it is by default."""
    rates: list[float] = field(factory=list[float])

    def add(self, name: str, seconds: list[float]) -> None:
        """Keep the seconds of one round."""
        self.seconds.setdefault(name, []).append(seconds)

    def add_case(self, name: str, said: dict[str, Any]) -> None:
        """Keep what the engine said of a case."""
        self.add(name, said["seconds"])
        self.cpu.setdefault(name, []).append(said["cpu"])

    def p50s(self, name: str) -> list[float]:
        """Return each round's median in milliseconds."""
        return [median(seconds) * MS for seconds in self.seconds[name]]

    def p99(self, name: str) -> float:
        """Return the 99th percentile of all rounds together, in milliseconds."""
        every = [each for seconds in self.seconds[name] for each in seconds]
        return quantiles(every, n=100, method="inclusive")[98] * MS


def rows(*, orders: int, rounds: int) -> list[Row | Absent]:
    """Measure the rows: so many sequential orders of each side in a round, a tenth with a stop."""
    found = Figures()
    with venue() as url:
        for _ in range(rounds):
            _round(found, url, orders)
    return list(_rows(found))


def _round(found: Figures, url: str, orders: int) -> None:
    few = max(orders // 10, 2)
    bare = say("socket_bare.py", url, json.dumps({"sequential": orders, "beside": few}))
    found.add("bare", bare["sequential"])
    found.add("naive", bare["beside"])
    for program, (package, _) in PEERS.items():
        python = python_with(package)
        if python is not None:
            found.add(program, say(program, url, str(orders), python=python))
    python = python_with(LIVE_PACKAGE)
    if python is not None:
        live = say(LIVE_PROGRAM, url, str(orders), python=python)
        found.add("live", live["sequential"])
        found.add("live_flood", [live["flood"]])
    load = say("socket_load.py", url, str(orders))
    found.add("server", load["seconds"])
    found.rates.append(load["rate"])
    group = _engine(url, "group", REST, sequential=orders)
    found.add("group", group["sequential"]["seconds"])
    cases = {"flood": orders, "beside": few, "beside_short": few, "protect": few}
    for case, said in _engine(url, "intent", REST, sequential=orders, **cases).items():
        found.add_case(case, said)
    for case, said in _engine(url, "intent", WS, sequential=orders, flood=orders).items():
        found.add_case(f"ws_{case}", said)


def _engine(url: str, durability: str, entry: str, **cases: int) -> Any:
    return say("socket_engine.py", url, durability, entry, json.dumps(cases))


def _rows(found: Figures) -> Iterator[Row | Absent]:
    bare = found.p50s("bare")
    yield row_of(GROUP, found.p50s("group"), bare, f"p99 {found.p99('group'):.3g} ms")
    yield row_of(INTENT, found.p50s("sequential"), bare, _placed_note(found, "sequential"))
    yield row_of(FLOOD, _flood(found, "flood"), _rates(found), _flood_note(found, "flood"))
    ws_note = _placed_note(found, "ws_sequential")
    yield row_of(WS_PLACED, found.p50s("ws_sequential"), bare, ws_note)
    ws_rates = _flood(found, "ws_flood")
    yield row_of(WS_FLOOD, ws_rates, _rates(found), _flood_note(found, "ws_flood"))
    for program, (package, target) in PEERS.items():
        if program in found.seconds:
            yield row_of(target, found.p50s(program), bare)
        else:
            yield _absent(target, package)
    if "live" in found.seconds:
        yield row_of(LIVE, found.p50s("live"), bare)
        yield row_of(LIVE_FLOOD, _flood(found, "live_flood"), _rates(found))
    else:
        yield _absent(LIVE, LIVE_PACKAGE)
        yield _absent(LIVE_FLOOD, LIVE_PACKAGE)
    long = f"{median(found.p50s('beside')):.3g} ms where the host leaves the interval as it is"
    yield row_of(BESIDE, found.p50s("beside_short"), found.p50s("naive"), long)
    yield row_of(PROTECT, found.p50s("protect"), bare, f"p99 {found.p99('protect'):.3g} ms")
    server = f"one by one p50 {median(found.p50s('server')):.3g}, p99 {found.p99('server'):.3g} ms"
    yield row_of(SERVER, found.rates, _rates(found), server)


def _absent(target: Target, package: str) -> Absent:
    return Absent(target.name, f"{package} is in no environment that {ENVIRONMENTS} names")


def _flood(found: Figures, case: str) -> list[float]:
    """Return the orders a second of each round of a flood."""
    return [1 / seconds for (seconds,) in found.seconds[case]]


def _placed_note(found: Figures, case: str) -> str:
    return f"p99 {found.p99(case):.3g} ms; {_cpu(found.cpu[case])}"


def _flood_note(found: Figures, case: str) -> str:
    return f"{_cpu(found.cpu[case])}; {ONE_LANE}"


def _rates(found: Figures) -> list[float]:
    """Return bare python-binance's orders a second, one after the other, of each round."""
    return [len(seconds) / sum(seconds) for seconds in found.seconds["bare"]]


def _cpu(rounds: list[dict[str, float]]) -> str:
    """Return the CPU of an order and the threads that use most of it."""
    names = dict.fromkeys(name for used in rounds for name in used)
    used = {name: median(each.get(name, 0.0) for each in rounds) * MS for name in names}
    largest = sorted(used, key=lambda name: -used[name])[:SHARES_SHOWN]
    shares = ", ".join(f"{name.removeprefix('callboard-')} {used[name]:.2f}" for name in largest)
    return f"CPU {sum(used.values()):.2f} ms: {shares}"
