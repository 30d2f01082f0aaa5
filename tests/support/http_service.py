"""HTTP service: the API's face around a link, and a client that says what it was answered."""

import http.client
import json
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from callboard import Settings
from callboard.actors.adapters.http.server import HttpApi
from callboard.actors.adapters.service.context import ServiceContext
from callboard.actors.adapters.service.feed import FeedHub
from callboard.actors.adapters.service.keeper import Board
from callboard.actors.adapters.service.link import EngineGone, EngineLink, Hearer, SocketLink
from callboard.actors.service_settings import ApiSettings
from callboard.actors.settings import RiskSettings
from callboard.actors.system import make_codec
from callboard.messages.intake import HostCommand
from callboard.messages.queries import Query
from callboard.scenarios import paper
from support.waiting import until

SECONDS = 30.0
JSON = {"Content-Type": "application/json"}
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
PATH = "/api/execution"
SAMPLE = (
    b'{"symbol": "BTCUSDT", "side": "long", "quantity": 0.001, "price": 50000,'
    b' "leverage": 10, "stop_loss": 49000, "take_profit": 52000}'
)
"""The manual order of the documents, byte for byte (S1-020)."""


@frozen
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Return the code of an error."""
        code: str = self.json["error"]["code"]
        return code

    @property
    def fields(self) -> dict[str, str]:
        """Return the fields at fault, each with what is wrong with it."""
        return {each["field"]: each["message"] for each in self.json["error"]["details"]}


@frozen
class Event:
    """One event of a stream."""

    event_id: str
    topic: str
    data: Any


def _event(answer: http.client.HTTPResponse) -> Event:
    """Read one event; comments and the retry are passed over."""
    fields: dict[str, str] = {}
    for raw in answer:
        line = raw.decode().rstrip("\n")
        if not line and "data" in fields:
            break
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value
    return Event(fields.get("id", ""), fields["event"], json.loads(fields["data"]))


@define(eq=False)
class Caller:
    """A client of one port."""

    port: int
    headers: Mapping[str, str] = field(factory=dict[str, str])

    def send(
        self,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] | None = None,
        **headers: str,
    ) -> Answer:
        """Send one request over a connection of its own."""
        content = json.dumps(body).encode() if isinstance(body, Mapping) else body
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = JSON if content is not None else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(method, path, content, {**kind, **self.headers, **named})
            answer = connection.getresponse()
            said = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, answer.read(), said)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        """Read."""
        return self.send("GET", path, None, **headers)

    def post(
        self, path: str, body: bytes | Mapping[str, Any] | None = None, **headers: str
    ) -> Answer:
        """Write."""
        return self.send("POST", path, body, **headers)

    def events(self, count: int, path: str = f"{PATH}/events", **headers: str) -> list[Event]:
        """Return the next so many events of a stream, gaps included."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request("GET", path, headers={**self.headers, **named})
            answer = connection.getresponse()
            assert answer.status == 200, answer.read()
            return [_event(answer) for _ in range(count)]
        finally:
            connection.close()

    def until_ready(self) -> None:
        """Wait until entries would be taken."""
        until(lambda: self.get("/ready").status == 200)

    def until_answer(self, path: str, **wanted: Any) -> Any:
        """Wait until an answer has these members; returns it."""
        end = time.monotonic() + SECONDS
        while True:
            told = self.get(path).json
            if all(told.get(name) == value for name, value in wanted.items()):
                return told
            assert time.monotonic() < end, told
            time.sleep(0.01)


@contextmanager
def context_of(
    link: EngineLink,
    data_dir: Path,
    settings: Settings,
    environ: Mapping[str, str],
    log: list[str] | None = None,
) -> Generator[ServiceContext]:
    """Make the surroundings of a face, with a feed of whatever journal is there."""
    lines = [] if log is None else log
    codec = make_codec()
    hub = FeedHub(data_dir, codec, interval_ms=10)
    try:
        yield ServiceContext(
            link,
            hub,
            data_dir,
            settings,
            codec,
            lambda who, event, fields: lines.append(f"{who} {event} {dict(fields)}"),
            Board(),
            dict(environ),
        )
    finally:
        hub.close()


@contextmanager
def served(
    link: EngineLink,
    data_dir: Path,
    settings: Settings | None = None,
    environ: Mapping[str, str] | None = None,
    log: list[str] | None = None,
) -> Generator[Caller]:
    """Serve a link over HTTP on a free port."""
    chosen = settings or Settings(api=ApiSettings(port=0))
    with context_of(link, data_dir, chosen, environ or {}, log) as context:
        face = HttpApi(context)
        try:
            face.open()
            yield Caller(int(face.address.rpartition(":")[2]))
        finally:
            face.close()


@contextmanager
def paper_service(data_dir: Path, settings: Settings) -> Generator[Caller]:
    """Run a paper engine with the API beside it, until entries would be taken."""
    engine = paper.start(settings, data_dir=data_dir)
    try:
        link = SocketLink(data_dir, make_codec())
        try:
            assert link.wait(SECONDS)
            with served(link, data_dir, settings) as caller:
                caller.until_ready()
                yield caller
        finally:
            link.close()
    finally:
        engine.stop(block=True, timeout=SECONDS)


def paper_settings() -> Settings:
    """Return the settings of a small paper engine whose API takes a free port."""
    return Settings(
        risk=RiskSettings(symbols=SYMBOLS, cooldown_ms=0),
        api=ApiSettings(port=0, client_requests_per_second=5_000, requests_per_second=5_000),
    )


@define(eq=False)
class ScriptedLink:
    """A link to no engine: gives prepared answers, and keeps what it is told."""

    answers: dict[type, Any] = field(factory=dict[type, Any])
    """Class of a query -> its answer, or the exception it raises."""
    told: list[Any] = field(factory=list[Any])

    def ask(self, query: Query, *_limits: object, **_named: object) -> Any:
        """Return the prepared answer; one that is missing is an engine gone."""
        answer = self.answers.get(type(query), EngineGone(Path("/nowhere"), "it has gone"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def tell(self, command: HostCommand, *_limits: object, **_named: object) -> None:
        """Keep a command; `answers` may hold what is raised instead."""
        self.told.append(command)
        fault = self.answers.get(type(command))
        if isinstance(fault, Exception):
            raise fault

    def subscribe(self, hearer: Hearer) -> None:
        """Nothing is ever told."""
