"""Place: which engine a command means, by its data directory or by the address of its API.

Owns how a place is written: `http://...` or `https://...` is an address, all else a directory. One
that is not named comes from `CALLBOARD_URL` or `CALLBOARD_DATA_DIR`. A secret in an address would
stand in the shell's history, so an address that holds one is refused.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
from attrs import frozen
from click.shell_completion import CompletionItem

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

VARIABLES = ("CALLBOARD_URL", "CALLBOARD_DATA_DIR")
"""In the order in which they count."""
SCHEMES = ("http://", "https://")
PORT_MAX = 65_535


@frozen
class Url:
    """The address of an engine's API."""

    scheme: str
    host: str
    port: int
    path: str = ""
    """Before the API's own paths, where a proxy puts it; without a slash at its end."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}{self.path}"


Place = Path | Url


class PlaceType(click.ParamType[Place]):
    """A data directory or an address."""

    name = "place"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Place:
        """Return the place of a text; anything that is none is a usage error."""
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]
        if value.lower().startswith(SCHEMES):
            try:
                return url_of(value)
            except ValueError as error:
                self.fail(str(error), param, ctx)
        path = Path(value)
        if path.exists() and not path.is_dir():
            self.fail(f"{value} is a file; name a data directory or a URL", param, ctx)
        return path

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell complete directories."""
        del ctx, param
        return [CompletionItem(incomplete, type="dir")]


def url_of(text: str) -> Url:
    """Return the address that a text names; raises `ValueError` with words for people."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{_bare(text)} is no address: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address holds no user or token; set CALLBOARD_API_TOKEN")
    if parts.query or parts.fragment:
        raise ValueError(f"{_bare(text)}: an address ends before ? and #")
    if not host:
        raise ValueError(f"{text} names no host")
    if port is None:
        port = 443 if parts.scheme == "https" else 80
    return Url(parts.scheme, host, port, parts.path.rstrip("/"))


def default_place() -> str | None:
    """Return the place that the environment names, None where it names none."""
    return next((os.environ[each] for each in VARIABLES if os.environ.get(each)), None)


def _demand(ctx: click.Context, param: click.Parameter, value: Place | None) -> Place:
    if value is None:
        raise click.UsageError(_missing("D or URL"), ctx)
    del param
    return value


PLACE = click.argument(
    "place",
    metavar="[D|URL]",
    required=False,
    default=default_place,
    type=PlaceType(),
    callback=_demand,
)
"""The engine that is meant."""


@frozen
class Named:
    """Something of an engine, by its id there."""

    place: Place
    name: str


def _split(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> Named:
    if len(words) > 2:
        raise click.UsageError(f"got unexpected extra argument ({words[2]})", ctx)
    named, name = words[:-1], words[len(words) - 1]
    place = named[0] if named else default_place()
    if place is None:
        raise click.UsageError(_missing("D or URL before the ID"), ctx)
    return Named(PlaceType()(place, param, ctx), name)


PLACE_AND_ID = click.argument(
    "named", metavar="[D|URL] ID", nargs=-1, required=True, callback=_split
)
"""The engine that is meant, and an id there."""


def _missing(what: str) -> str:
    return f"name {what}, or set {' or '.join(VARIABLES)}"


def _bare(text: str) -> str:
    """Return an address without what may be a secret."""
    return text.rpartition("@")[2].partition("?")[0]
