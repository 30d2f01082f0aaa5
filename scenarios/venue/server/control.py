"""Control: what a test does to the server beside its clients, as JSON on its own port.

Owns the paths: `/faults` (read, set by probability, clear) and `/faults/once`, `/counts`,
`/ledger`, `/held`, `/clock`, `/strike` (an incident now), `/listenKey/expire`, `/say` and
`/shutdown`. An account is named as the ledger names it; where one is wanted and none is named, the
first one is meant. What is wrong is 400 with `{"error": …}`. It stands on loopback and knows no
key: who reaches the port may do all of this.
"""

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import orjson
from aiohttp import web
from attrs import asdict

from ....actors.errors import ConfigurationError
from ..faults import Fault, Faults, ScriptedFault
from ..streams import MARKET, USER
from ..talk import LedgerTaken, talk_codec
from ..venue import Venue
from .fault_text import ServerFaults, fault_named, faults_of_values
from .floor import Floor
from .trouble import Plan
from .wire_faults import WireFault, WireFaults

STREAM = "STREAM"
"""The method under which a stream's frames are counted."""

PLANNED = ("fault", "method", "path", "symbol", "account", "nth", "executed", "size_ms")
"""What a planned fault may say."""

Values = dict[str, Any]
Act = Callable[[Values], Any]


class ControlError(Exception):
    """What was asked cannot be done; says why."""


class Control:
    """The control endpoint of one server."""

    def __init__(self, floor: Floor, end: Callable[[], None]) -> None:
        self._floor = floor
        self._end = end

    def app(self) -> web.Application:
        """Return the app with all of its paths."""
        app = web.Application()
        for method, path, fields, act in (
            ("GET", "/faults", (), self.faults),
            ("POST", "/faults", None, self.set_faults),
            ("DELETE", "/faults", (), self.clear),
            ("POST", "/faults/once", PLANNED, self.plan),
            ("GET", "/counts", (), self.counts),
            ("GET", "/ledger", ("account",), self.ledger),
            ("GET", "/held", ("account",), self.held),
            ("POST", "/clock", ("ahead_ms",), self.set_clock),
            ("POST", "/strike", ("fault", "account", "symbol", "size_ms"), self.strike),
            ("POST", "/listenKey/expire", ("account",), self.expire_listen_key),
            ("POST", "/say", ("account", "frame"), self.say),
            ("POST", "/shutdown", (), self.shutdown),
        ):
            app.router.add_route(method, path, _handler(act, fields))
        return app

    def faults(self, _values: Values) -> Any:
        """Return the probabilities in force that are not 0."""
        venue, wire = self._floor.venues.settings.faults, self._floor.trouble.faults
        drawn = {fault.value: chance for fault in Fault if (chance := venue.chance(fault))}
        return drawn | {fault.value: chance for fault, chance in wire.chances.items() if chance}

    def set_faults(self, values: Values) -> Any:
        """Replace all probabilities and sizes."""
        self._set(faults_of_values(values))
        return self.faults({})

    def clear(self, _values: Values) -> Any:
        """Let nothing go wrong any more, planned or drawn."""
        self._set(ServerFaults(Faults(), WireFaults()))
        self._floor.trouble.forget_planned()
        self._floor.venues.forget_planned()
        return {}

    def plan(self, values: Values) -> Any:
        """Let one fault fire at the nth request, connection or frame from now."""
        fault = fault_named(_text(values, "fault"))
        method, path = _text(values, "method", ""), _text(values, "path", "")
        nth, executed = _whole(values, "nth", 1), _flag(values, "executed", usual=True)
        size_ms = _whole(values, "size_ms", 0) if "size_ms" in values else None
        if nth < 1:
            raise ControlError("nth counts from 1")
        if isinstance(fault, Fault) and (fault.is_stream or method == STREAM):
            stream = path or USER
            venue = self._floor.venues.public if stream == MARKET else self._account(values)
            venue.plan_fault(ScriptedFault(STREAM, stream, nth, fault, executed, size_ms))
        else:
            symbol = _text(values, "symbol", "")
            self._floor.trouble.plan(Plan(fault, method, path, nth, executed, size_ms, symbol))
        return {}

    def counts(self, _values: Values) -> Any:
        """Return how often each fault has fired, and how many requests were answered."""
        fired = {
            fault.value: count
            for fault, count in self._floor.venues.fault_counts().items()
            if count
        }
        wire = {fault.value: count for fault, count in self._floor.trouble.counts.items() if count}
        return {"faults": fired | wire, "requests": self._floor.requests}

    def ledger(self, values: Values) -> Any:
        """Return the truth of one account, or of all."""
        venues = self._floor.now()
        if "account" in values:
            return _told(self._account(values))
        return {name: _told(venue) for name, venue in venues}

    def held(self, values: Values) -> Any:
        """Return what one account has open now, with or without a stop."""
        return asdict(self._account(values).held(), value_serializer=_plain)

    def set_clock(self, values: Values) -> Any:
        """Let the venue's clock run ahead of the machine's, or behind it."""
        self._floor.venues.set_clock_skew_ms(_whole(values, "ahead_ms", 0))
        return {"serverTime": self._floor.now().now_ms}

    def strike(self, values: Values) -> Any:
        """Let an incident befall an account's exchange now."""
        fault = fault_named(_text(values, "fault"))
        if isinstance(fault, WireFault) or not fault.is_incident:
            raise ControlError(f"{fault.value} is no incident; plan it by /faults/once")
        venue = self._account(values)
        symbol = _text(values, "symbol", next(iter(venue.core.books)))
        if symbol not in venue.core.books:
            raise ControlError(f"no symbol {symbol!r}; known: {', '.join(venue.core.books)}")
        size_ms = _whole(values, "size_ms", 0) if "size_ms" in values else None
        self._floor.run()
        venue.strike(fault, symbol, size_ms)
        self._floor.run()
        return {}

    def expire_listen_key(self, values: Values) -> Any:
        """End an account's listen key, as its time would."""
        self._account(values).core.listen_key.expire()
        self._floor.run()
        return {}

    def say(self, values: Values) -> Any:
        """Let an account's user stream say a frame of any type, as it stands; nothing follows."""
        frame = values.get("frame")
        if not isinstance(frame, dict) or "e" not in frame:
            raise ControlError('frame is an object with its type as "e"')
        feed = self._account(values).core.feed
        if feed.is_heard:
            feed.send(frame)  # pyright: ignore[reportUnknownArgumentType] - JSON is untyped
            self._floor.run()
        return {"heard": feed.is_heard}

    def shutdown(self, _values: Values) -> Any:
        """End the server in order."""
        self._end()
        return {}

    def _set(self, faults: ServerFaults) -> None:
        self._floor.venues.set_faults(faults.venue)
        self._floor.trouble.faults = faults.wire

    def _account(self, values: Values) -> Venue:
        accounts = dict(self._floor.now())
        name = _text(values, "account", next(iter(accounts), ""))
        if name not in accounts:
            known = ", ".join(accounts) or "none has been opened yet"
            raise ControlError(f"no account {name!r}; known: {known}")
        return accounts[name]


def _handler(
    act: Act, fields: tuple[str, ...] | None
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return what answers a path; it takes these fields, any for None."""

    async def handle(request: web.Request) -> web.Response:
        try:
            values = _values(await request.read()) | dict(request.query)
            if fields is not None:
                _refuse_unknown(values, fields)
            return _json(200, act(values))
        except (ControlError, ConfigurationError, ValueError) as error:
            return _json(400, {"error": str(error)})

    return handle


def _values(body: bytes) -> Values:
    if not body:
        return {}
    values: Any = orjson.loads(body)
    if type(values) is not dict:
        raise ControlError("a body is one JSON object")
    named: Values = values  # pyright: ignore[reportUnknownVariableType] - JSON is untyped
    return named


def _refuse_unknown(values: Values, fields: tuple[str, ...]) -> None:
    for name in values:
        if name not in fields:
            raise ControlError(f"no field {name!r}; known: {', '.join(fields) or 'none'}")


def _text(values: Values, name: str, usual: str | None = None) -> str:
    value = values.get(name, usual)
    if not isinstance(value, str):
        raise ControlError(f"{name} is text, and must be given")
    return value


def _whole(values: Values, name: str, usual: int) -> int:
    try:
        return int(values.get(name, usual))
    except (TypeError, ValueError, OverflowError):
        raise ControlError(f"{name} is a whole number") from None


def _flag(values: Values, name: str, *, usual: bool) -> bool:
    """Return a truth; in an address it is a word."""
    value = values.get(name, usual)
    if value not in (True, False, "true", "false"):
        raise ControlError(f"{name} is true or false")
    return value in (True, "true")


def _plain(_owner: Any, _field: Any, value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _told(venue: Venue) -> Any:
    return talk_codec().encode(LedgerTaken(0, venue.ledger()))["ledger"]


def _json(status: int, body: Any) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")
