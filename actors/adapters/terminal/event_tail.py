"""Event tail: the events that an engine's API streams, as lines, until the stream ends.

Reads server-sent events: `id`, `event` and `data` of each, comments passed over. A gap is told.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

import click
from attrs import frozen

from ..exits import say
from .client import Client
from .faults import Unreachable
from .place import Url
from .remote import API
from .show_verbs import clock

Json = Mapping[str, Any]
SILENCE_SECONDS = 60.0
"""The API says something every 15 s, be it nothing new."""
LINE_BYTES_MAX = 1 << 20
GAP = "gap"


@frozen
class Told:
    """One event of a stream."""

    event_id: str
    name: str
    data: Json


def show_events(
    url: Url,
    topics: tuple[str, ...],
    symbol: str,
    timeout_seconds: float,
    *,
    as_json: bool,
) -> None:
    """Print events as they come; raises `Unreachable` when the stream ends."""
    client = Client.of(url, max(timeout_seconds, SILENCE_SECONDS))
    for told in events_of(client):
        if told.name == GAP:
            say(f"{told.data.get('dropped', 'some')} events were missed here")
        elif (not topics or told.name in topics) and symbol in ("", _symbol(told)):
            click.echo(json.dumps(told.data) if as_json else line_of(told))


def events_of(client: Client, after_id: str = "") -> Iterator[Told]:
    """Yield the events of a stream, behind one where it is named.

    Raises:
        Unreachable: Nobody answers, or the stream has ended.
        ApiRefused: The API refuses.
    """
    headers = {"Accept": "text/event-stream", **({"Last-Event-ID": after_id} if after_id else {})}
    with client.opened("GET", f"{API}/events", headers=headers) as response:
        if response.status != HTTPStatus.OK:
            client.demand(response)
        fields: dict[str, str] = {}
        try:
            while line := response.readline(LINE_BYTES_MAX):
                name, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
                elif "data" in fields:
                    yield _told(fields)
                    fields = {}
        except (OSError, HTTPException) as error:
            raise Unreachable(str(client.url), "the stream broke off") from error
    raise Unreachable(str(client.url), "the stream has ended")


def line_of(told: Told) -> str:
    """Return an event for people."""
    at, topic = clock(told.data.get("at_ms")), str(told.data.get("topic", told.name))
    data: Json = told.data.get("data") or {}
    words = " ".join(f"{name}={each}" for name, each in data.items() if each not in ("", None))
    return f"{click.style(at, dim=True)}  {click.style(f'{topic:<24}', bold=True)}  {words}"


def _symbol(told: Told) -> str:
    data: Json = told.data.get("data") or {}
    return str(data.get("symbol", ""))


def _told(fields: Mapping[str, str]) -> Told:
    data: Json = {}
    with suppress(ValueError):
        data = json.loads(fields["data"])
    return Told(fields.get("id", ""), fields.get("event", ""), data)
